import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { mkdir, open, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ProbeOutcome } from "../ffmpeg/probing.ts";
import { noteEncoder } from "../process/orphans.ts";
import { type Exit, runSubprocess } from "../process/subprocess.ts";

/** What a standing-by ffprobe is started with. */
export type StandbyOptions = {
  readonly ffprobe: string;
  /** All arguments but those that say what is read and where it is written. */
  readonly args: readonly string[];
  readonly graceMs: number;
  /** Absolute path of a folder of its own: its note, the name of the source and the gate lie there. */
  readonly folder: string;
};

/**
 * One ffprobe, started before it is needed.
 *
 * Debian's ffprobe links some 200 libraries before it does anything, which takes longer than most probes; a task shall not
 * wait for that. ffprobe opens its output (`-o`) before its input, and to open a named pipe it waits for a reader: so it stands
 * ready until the name of the source has been put in place and the pipe is opened here.
 */
export class StandbyProbe {
  readonly #folder: string;
  readonly #abort = new AbortController();
  readonly #exit: Promise<Exit>;
  #hasEnded = false;

  private constructor({ ffprobe, args, graceMs, folder }: StandbyOptions) {
    this.#folder = folder;
    let forget = () => {};
    const run = {
      // A ffprobe that nobody can open the gate for any more would wait for ever: it goes when its service does.
      command: "setpriv",
      args: [
        ...["--pdeathsig", "KILL", ffprobe],
        ...[...args, "-o", gateOf(folder), "-i", `file:${inputOf(folder)}`],
      ],
      graceMs,
      onSpawn: (pid: number) => {
        forget = noteEncoder(folder, pid);
      },
      onStdout: () => {},
    };
    this.#exit = runSubprocess(run, this.#abort.signal).finally(() => {
      this.#hasEnded = true;
      forget();
    });
    // Whoever uses it learns how it ended; until then its end only means that there is none.
    this.#exit.catch(() => {});
  }

  /** Starts one; nothing where the system makes no named pipes for us. Where it has no `setpriv` (Linux), it ends at once. */
  static async start(options: StandbyOptions): Promise<StandbyProbe | undefined> {
    await mkdir(options.folder, { recursive: true });
    try {
      await promisify(execFile)("mkfifo", [gateOf(options.folder)], { timeout: 5_000 });
    } catch {
      await rm(options.folder, { recursive: true, force: true });
      return undefined;
    }
    return new StandbyProbe(options);
  }

  /** Whether it still waits to be used. */
  get isReady(): boolean {
    return !this.#hasEnded;
  }

  /**
   * Probes a file. Once only: ffprobe ends with it, and its folder is removed.
   *
   * @param path - absolute
   * @param charsMax - so much JSON is read; what comes then is cut off
   * @throws what `runSubprocess` throws; the signal's reason
   */
  async probe(path: string, charsMax: number, signal: AbortSignal): Promise<ProbeOutcome> {
    const stop = () => this.#abort.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      await symlink(path, inputOf(this.#folder));
      const json = await this.#passGate(charsMax);
      return { json, exit: await this.#exit };
    } finally {
      signal.removeEventListener("abort", stop);
      await this.end();
    }
  }

  /** Ends it, used or not. */
  async end(): Promise<void> {
    this.#abort.abort();
    await this.#exit.catch(() => {});
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #passGate(charsMax: number): Promise<string> {
    // Opened for both, a pipe waits for nobody (Linux); with an end held here, neither does the opening that reads. A plain one
    // would wait for ever where ffprobe ended a moment before it.
    const held = await open(gateOf(this.#folder), constants.O_RDWR);
    // Held until ffprobe has ended: then the reader has all that was written, and comes to the end of it.
    const letGo = () => held.close();
    try {
      const gate = await open(gateOf(this.#folder), constants.O_RDONLY);
      this.#exit.then(letGo, letGo);
      try {
        let json = "";
        for await (const chunk of gate.createReadStream({ encoding: "utf8", autoClose: false })) {
          json += chunk;
          if (json.length > charsMax) break;
        }
        return json;
      } finally {
        await gate.close();
      }
    } finally {
      // A ffprobe that is cut off shall find nobody who reads.
      await letGo();
    }
  }
}

const gateOf = (folder: string): string => join(folder, "gate");
const inputOf = (folder: string): string => join(folder, "source");
