import type { Exit } from "../process/subprocess.ts";
import type { WasmCore } from "./wasm-core.ts";
import { type ThreadRun, WasmThread } from "./wasm-thread.ts";

/** How long a thread that has probed a source is kept for its run. */
const PROBED_MS = 10_000;
/** Longer than the pause between two steps of a task, so that no thread is started between them. */
const PAUSE_MS = 20;

/** Runs a program to its end. Errors as in `WasmThread.run`. */
export type RunProgram = (run: ThreadRun, signal: AbortSignal) => Promise<Exit>;

/** A thread that has probed a source. */
type Probed = {
  readonly source: string;
  readonly thread: WasmThread;
  readonly timer: ReturnType<typeof setTimeout>;
};

/**
 * The threads of an engine. Each run or probe has its own thread and ends it; the thread that probed a source may be kept for the run
 * of that source. Some stand by, so that a run starts at once: starting one takes 40 ms, longer beside encoders, and blocks
 * the event loop of Deno meanwhile. So they are started while nothing runs.
 */
export class WasmThreads {
  readonly #core: WasmCore;
  readonly #graceMs: number;
  readonly #stuck = new Set<WasmThread>();
  #busy = 0;
  #idle: WasmThread[] = [];
  #probed: Probed[] = [];
  #wanted = 0;
  #filling: Promise<void> | undefined;

  /** @param graceMs - how long after a stop a thread that does not react is given up */
  constructor(core: WasmCore, graceMs: number) {
    this.#core = core;
    this.#graceMs = graceMs;
  }

  /** How many threads are running something. */
  get busy(): number {
    return this.#busy;
  }

  /** How many threads did not react to a stop and still run. */
  get leaked(): number {
    for (const thread of this.#stuck) if (!thread.isLeaked) this.#stuck.delete(thread);
    return this.#stuck.size;
  }

  /** Keeps so many threads standing by from now on. */
  async standBy(count: number): Promise<void> {
    this.#wanted = count;
    await this.#fill();
  }

  /** Ends all idle threads. */
  async close(): Promise<void> {
    this.#wanted = 0;
    await this.#filling;
    const probed = this.#probed.map(({ thread, timer }) => {
      clearTimeout(timer);
      return thread;
    });
    const all = [...this.#idle, ...probed];
    this.#idle = [];
    this.#probed = [];
    await Promise.all(all.map((thread) => thread.end()));
  }

  /** Runs a program in its own thread, which may be the one that probed its source. @throws as `WasmThread.run` does */
  async run(run: ThreadRun, signal: AbortSignal): Promise<Exit> {
    signal.throwIfAborted();
    const source = sourceOf(run);
    return await this.#within(
      () => this.#takeProbed(source),
      (thread) => thread.run(run, this.#graceMs, signal),
    );
  }

  /**
   * Runs everything that a probe needs in one thread, as each thread would read the index of a long film into its own memory.
   *
   * @param source - the thread is then kept for the run of this source, unless the probe fails
   */
  async probe<T>(source: string | undefined, use: (run: RunProgram) => Promise<T>): Promise<T> {
    return await this.#within(
      () => undefined,
      (thread) => use((run, signal) => thread.run(run, this.#graceMs, signal)),
      source,
    );
  }

  /** Uses a thread that was kept, stands by or is started, and ends it unless it is kept. */
  async #within<T>(
    find: () => WasmThread | undefined,
    use: (thread: WasmThread) => Promise<T>,
    keptFor?: string,
  ): Promise<T> {
    this.#busy += 1;
    let thread: WasmThread | undefined;
    let isKept = false;
    try {
      thread = find() ?? this.#idle.shift() ?? (await WasmThread.start(this.#core));
      const result = await use(thread);
      isKept = keptFor !== undefined && this.#keep(keptFor, thread);
      return result;
    } finally {
      if (thread && !isKept) await this.#end(thread);
      this.#busy -= 1;
      if (!isKept) this.#fillSoon();
    }
  }

  #takeProbed(source: string | undefined): WasmThread | undefined {
    const probed = this.#probed.find((each) => each.source === source);
    if (!probed) return undefined;
    clearTimeout(probed.timer);
    this.#probed = this.#probed.filter((each) => each !== probed);
    return probed.thread;
  }

  /** Keeps a thread that has probed a source for its run, if threads stand by at all. @returns whether it is kept */
  #keep(source: string, thread: WasmThread): boolean {
    if (this.#wanted === 0) return false;
    const timer = setTimeout(() => {
      this.#probed = this.#probed.filter((each) => each.thread !== thread);
      void this.#end(thread);
    }, PROBED_MS);
    timer.unref?.();
    this.#probed.push({ source, thread, timer });
    // A thread whose source was only probed is never used again; if there are many, the oldest are ended.
    const oldest = this.#probed.length > this.#wanted ? this.#probed.shift() : undefined;
    clearTimeout(oldest?.timer);
    if (oldest) void this.#end(oldest.thread);
    return true;
  }

  async #end(thread: WasmThread): Promise<void> {
    await thread.end();
    if (thread.isLeaked) this.#stuck.add(thread);
  }

  #fillSoon(): void {
    if (this.#wanted > 0) setTimeout(() => void this.#fill(), PAUSE_MS).unref?.();
  }

  #fill(): Promise<void> {
    this.#filling ??= this.#startIdle().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  /** Starts one after the other, as each blocks the event loop of Deno for a while. */
  async #startIdle(): Promise<void> {
    while (this.#busy === 0 && this.#idle.length < this.#wanted) {
      // One is enough, as a task starts with one probe.
      const isWarm = !this.#idle.some((each) => each.isWarm);
      const thread = await WasmThread.start(this.#core, isWarm).catch(() => undefined);
      // Without it the next run only takes longer to start.
      if (!thread) return;
      // It is taken first.
      if (isWarm) this.#idle.unshift(thread);
      else this.#idle.push(thread);
    }
  }
}

/** The source that a run reads; undefined if it is a stream, or there is none. */
const sourceOf = ({ mount }: ThreadRun): string | undefined =>
  "files" in mount ? Object.values(mount.files)[0] : undefined;
