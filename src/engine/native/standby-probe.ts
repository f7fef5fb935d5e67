import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { mkdir, open, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ProbeOutcome } from "../ffmpeg/probing.ts";
import { programEnvironment } from "../process/environment.ts";
import { noteEncoder } from "../process/orphans.ts";
import { type Exit, runSubprocess, type SubprocessOptions } from "../process/subprocess.ts";

const MKFIFO_TIMEOUT_MS = 5_000;

/** How an ffprobe that stands by is started. */
export type StandbyOptions = {
  readonly ffprobe: string;
  /** Gives all arguments except the input and the output; asked for while the pipe is made. */
  readonly args: () => Promise<readonly string[]>;
  readonly graceMs: number;
  /** Absolute path of what it will probe, if that is known; else a link to that is made later. */
  readonly input?: string;
  /** Absolute path of its own folder, which holds its note, the link to the source and the named pipe. */
  readonly folder: string;
  readonly within: NonNullable<SubprocessOptions["within"]>;
};

/**
 * One ffprobe, started before it is needed.
 *
 * Debian's ffprobe links some 200 libraries before it does anything, which takes longer than most probes, and a task should not
 * wait for that. ffprobe opens its output (`-o`) before its input, and opening a named pipe waits for a reader. So it waits
 * until the link to the source has been made and the pipe is opened here.
 */
export class StandbyProbe {
  readonly #folder: string;
  readonly #isLinked: boolean;
  readonly #abort = new AbortController();
  readonly #exit: Promise<Exit>;
  #hasEnded = false;

  private constructor(
    { ffprobe, graceMs, folder, within, input }: Omit<StandbyOptions, "args">,
    args: readonly string[],
  ) {
    this.#folder = folder;
    this.#isLinked = input === undefined;
    let forget = () => {};
    const run = {
      // Without its service, nobody would open the pipe and it would wait for ever, so it is killed with the service.
      command: "setpriv",
      args: [
        ...["--pdeathsig", "KILL", ffprobe],
        ...[...args, "-o", gateOf(folder), "-i", `file:${input ?? inputOf(folder)}`],
      ],
      graceMs,
      within,
      onSpawn: (pid: number) => {
        forget = noteEncoder(folder, pid);
      },
      onStdout: () => {},
    };
    this.#exit = runSubprocess(run, this.#abort.signal).finally(() => {
      this.#hasEnded = true;
      forget();
    });
    // The probe that uses it sees how it ended; if it ends before, there just is none.
    this.#exit.catch(() => {});
  }

  /** Starts one; undefined if no named pipe can be made. If the system has no `setpriv` (Linux), it ends at once. */
  static async start(options: StandbyOptions): Promise<StandbyProbe | undefined> {
    await mkdir(options.folder, { recursive: true });
    try {
      const limits = { env: programEnvironment(), timeout: MKFIFO_TIMEOUT_MS };
      const making = promisify(execFile)("mkfifo", [gateOf(options.folder)], limits);
      const [args] = await Promise.all([options.args(), making]);
      return new StandbyProbe(options, args);
    } catch {
      await rm(options.folder, { recursive: true, force: true });
      return undefined;
    }
  }

  /** Whether it is still waiting to be used. */
  get isReady(): boolean {
    return !this.#hasEnded;
  }

  /**
   * Probes a file. Call it only once: ffprobe ends with it, and its folder is removed.
   *
   * @param path - absolute; that which it was started for, if that was known
   * @param charsMax - how much JSON is read; the rest is cut off
   * @throws whatever `runSubprocess` throws; the signal's reason
   */
  async probe(path: string, charsMax: number, signal: AbortSignal): Promise<ProbeOutcome> {
    const stop = () => this.#abort.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      if (this.#isLinked) await symlink(path, inputOf(this.#folder));
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
    // Opening a pipe for reading and writing does not wait (Linux), and with that end held, neither does opening it to read.
    // Only opening it to read would wait for ever if ffprobe had just ended.
    const held = await open(gateOf(this.#folder), constants.O_RDWR);
    // Held until ffprobe has ended; by then the reader has everything that was written, and reaches the end.
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
      // An ffprobe that is cut off must not find a reader.
      await letGo();
    }
  }
}

const gateOf = (folder: string): string => join(folder, "gate");
const inputOf = (folder: string): string => join(folder, "source");
