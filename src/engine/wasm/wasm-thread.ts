import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import {
  type FFFSType,
  FFmpeg,
  type LogEvent,
} from "../../../node_modules/@ffmpeg/ffmpeg/dist/esm/index.js";
import {
  CANCEL,
  CONTROL,
  FILE_SYSTEMS,
  type FolderMount,
  type LoadConfig,
  type StreamEvent,
  type StreamMount,
} from "../../../wasm/protocol.ts";
import { keepHeadAndTail } from "../../lib/head-and-tail.ts";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import { TaskError } from "../../task/errors.ts";
import { TINY_CLIP } from "../ffmpeg/tiny-clip.ts";
import type { Exit } from "../process/subprocess.ts";
import type { WasmCore } from "./wasm-core.ts";
import { StreamHost, type Streams } from "./wasm-streams.ts";

/** One run of a program in a thread. */
export type ThreadRun = {
  readonly program: "ffmpeg" | "ffprobe";
  readonly args: readonly string[];
  /** What the program's working folder contains: a folder of the disk, or streams. */
  readonly mount: FolderMount | Streams;
  readonly onStart?: (work: () => number) => void;
  readonly onStdout: (chunk: string) => void;
  readonly onStderrLine?: (line: string) => void;
};

/** After a stop was requested: how long ffmpeg may take to end by itself, at most, and how long the core to unwind, at least. */
const SOFT_STOP_MS = 500;
const HARD_STOP_MS = 500;
const START_TIMEOUT_MS = 30_000;
/** Bun ends a thread that runs JavaScript within 20 ms of being told. */
const END_WAIT_MS = 500;
const END_POLL_MS = 20;
const LINE_CHARS_MAX = 2_000;
const WORK_FOLDER = "/folder";
const CLIP = "/clip.mp4";
const PROGRAMS = { ffmpeg: "exec", ffprobe: "ffprobe" } as const;
const WORKER_URL = import.meta.resolve("../../../wasm/worker.ts");

const crashed = (cause: unknown): TaskError =>
  new TaskError("encoder_killed", "Cannot go on: the WebAssembly core crashed", { cause });

/** One worker thread with one instance of the core; it can run programs one after the other until one fails. */
export class WasmThread {
  readonly #ffmpeg = new FFmpeg();
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * CONTROL.length));

  /** Whether the one-time set-up of programs is done. */
  readonly isWarm: boolean;

  #isGivenUp = false;

  private constructor(isWarm: boolean) {
    this.isWarm = isWarm;
  }

  /**
   * Starts a thread that is ready to run.
   *
   * @param isWarm - whether to do the one-time set-up of programs in advance, with which the first probe of a source takes
   *   two thirds of its time
   * @throws {TaskError} `encoder_missing` if it does not start
   */
  static async start({ coreURL, module }: WasmCore, isWarm = false): Promise<WasmThread> {
    const thread = new WasmThread(isWarm);
    const control = thread.#control.buffer;
    const config: LoadConfig = { classWorkerURL: WORKER_URL, coreURL, module, control };
    const ended = new AbortController();
    const late = async (): Promise<never> => {
      await wait(START_TIMEOUT_MS, undefined, { signal: ended.signal });
      throw new Error("it does not answer");
    };
    try {
      const begin = async (): Promise<void> => {
        await thread.#ffmpeg.load(config);
        if (isWarm) await thread.#warmUp();
      };
      await Promise.race([begin(), late()]);
      return thread;
    } catch (cause) {
      thread.#ffmpeg.terminate();
      const why = "Cannot start the WebAssembly core: its thread does not begin";
      throw new TaskError("encoder_missing", why, { cause });
    } finally {
      ended.abort();
    }
  }

  /** Probes a clip in the core's own memory. */
  async #warmUp(): Promise<void> {
    // The class transfers the memory of the clip to the thread.
    await this.#ffmpeg.writeFile(CLIP, Uint8Array.from(TINY_CLIP));
    await this.#ffmpeg.ffprobe(["-v", "error", "-show_streams", CLIP]);
  }

  /**
   * Runs a program to its end.
   *
   * @param graceMs - how long it may take after the signal; then the thread is ended
   * @throws {TaskError} `encoder_killed` if the core crashes
   * @throws the signal's reason if it was aborted
   */
  async run(run: ThreadRun, graceMs: number, signal: AbortSignal): Promise<Exit> {
    signal.throwIfAborted();
    const { program, args, mount, onStart } = run;
    // A failure of a source or of the sink ends the run at once.
    const onFailure = () => Atomics.store(this.#control, CONTROL.cancel, CANCEL.hard);
    const streams = "sink" in mount ? new StreamHost(mount, onFailure) : undefined;
    const stderr = keepHeadAndTail();
    const onLog = (event: LogEvent) => hear(event, run, stderr.push, streams);
    this.#ffmpeg.on("log", onLog);
    const ended = new AbortController();
    const stop = () => void this.#stop(graceMs, ended.signal);
    signal.addEventListener("abort", stop, { once: true });
    try {
      await this.#mount(streams?.mount ?? mount);
      onStart?.(() => Atomics.load(this.#control, CONTROL.calls));
      const code = await this.#ffmpeg[PROGRAMS[program]]([...args]);
      signal.throwIfAborted();
      if (streams) await unlessAborted(streams.settle(), signal);
      if (streams?.failure) throw streams.failure.error;
      if (code < 0) throw crashed(new Error("it was aborted from within"));
      return { code, stderr: stderr.text() };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (streams?.failure) throw streams.failure.error;
      // The class rejects with strings.
      throw error instanceof Error ? error : crashed(error);
    } finally {
      signal.removeEventListener("abort", stop);
      this.#ffmpeg.off("log", onLog);
      ended.abort();
    }
  }

  /** The type of the class knows only the file systems of the core by name. */
  async #mount(mount: FolderMount | StreamMount | Streams): Promise<void> {
    const type = "exchange" in mount ? FILE_SYSTEMS.streams : FILE_SYSTEMS.folder;
    await this.#ffmpeg.mount(type as FFFSType, mount as object, WORK_FOLDER);
  }

  /** Ends the thread, even if it did not react to a stop. */
  async end(): Promise<void> {
    this.#ffmpeg.terminate();
    for (let waitedMs = 0; this.isLeaked && waitedMs < END_WAIT_MS; waitedMs += END_POLL_MS)
      await wait(END_POLL_MS);
  }

  /** Whether it did not react to a stop and still runs, as far as can be told; false until it is given up. */
  get isLeaked(): boolean {
    if (!this.#isGivenUp) return false;
    const id = Atomics.load(this.#control, CONTROL.threadId);
    return id === 0 || existsSync(`/proc/self/task/${id}`);
  }

  /** Asks ffmpeg to end, then unwinds the core, and then stops waiting. */
  async #stop(graceMs: number, ended: AbortSignal): Promise<void> {
    const softMs = Math.min(SOFT_STOP_MS, graceMs);
    try {
      Atomics.store(this.#control, CONTROL.cancel, CANCEL.soft);
      await wait(softMs, undefined, { signal: ended });
      Atomics.store(this.#control, CONTROL.cancel, CANCEL.hard);
      await wait(Math.max(graceMs - softMs, HARD_STOP_MS), undefined, { signal: ended });
    } catch {
      // It has ended.
      return;
    }
    this.#isGivenUp = true;
    // The class rejects what is pending.
    this.#ffmpeg.terminate();
  }
}

/** Takes a LOG message: lines of the program, or a request of the thread to its streams. */
function hear(
  event: LogEvent | StreamEvent,
  run: ThreadRun,
  keep: (text: string) => void,
  streams: StreamHost | undefined,
): void {
  const { type, message } = event;
  if (type === "stdout") run.onStdout(message);
  else if (type === "stderr") {
    keep(message);
    for (const line of message.split("\n"))
      if (line.trim() !== "") run.onStderrLine?.(line.slice(0, LINE_CHARS_MAX));
  } else streams?.hear(event as StreamEvent);
}
