import { readFileSync, statSync } from "node:fs";

// A process that works but reports no progress (a long flush, an index being moved to the front) may go on for this many
// stall limits; an endless loop does not run for ever.
const BUSY_LIMITS_MAX = 6;
// A share of one core. A process that waits uses less, one that works uses more, even on a busy machine.
const BUSY_SHARE = 0.02;
// proc(5): utime and stime of /proc/PID/stat, counted after the command's name; in ticks of 1/100 s (sysconf(_SC_CLK_TCK)).
const UTIME = 11;
const STIME = 12;
const TICK_MS = 10;

/** The signs of life of a run other than its progress. */
type Signs = { readonly work: number; readonly writtenMs: number };

/** The CPU time that a process and those that it has started use; 0 if the system does not report it. */
export function cpuMsOf(pid: number): number {
  if (process.platform !== "linux") return 0;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const own = (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS;
    return childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child), own);
  } catch {
    return 0;
  }
}

/** In a sandbox the encoder is a child of what made the sandbox, which itself does nothing. */
function childrenOf(pid: number): readonly number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return list.split(" ").filter(Boolean).map(Number);
  } catch {
    // A kernel without it, or a process that has just ended.
    return [];
  }
}

const writtenMsOf = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** What to watch. */
export type WatchOptions = {
  /** How much it has worked so far: ms of CPU time, or a figure that grows at that rate while it works. */
  readonly work: () => number;
  /** Absolute paths of the files that it writes. */
  readonly writes: readonly string[];
  readonly stallTimeoutMs: number;
  readonly onStall: () => void;
};

/**
 * Watches whether a run makes progress: calls `onStall` once if, for the stall limit, `moved` was not called, none of its
 * files was written, and it used hardly any CPU time.
 *
 * ffmpeg itself reports nothing while a read hangs, nor while it finishes a file.
 */
export function watch({ work, writes, stallTimeoutMs, onStall }: WatchOptions) {
  const signsNow = (): Signs => ({
    work: work(),
    writtenMs: Math.max(0, ...writes.map(writtenMsOf)),
  });
  let before = signsNow();
  let busyLimits = 0;
  let timer = setTimeout(expire, stallTimeoutMs);
  function expire(): void {
    const now = signsNow();
    const isWriting = now.writtenMs > before.writtenMs;
    const isBusy = now.work - before.work >= BUSY_SHARE * stallTimeoutMs;
    before = now;
    if (isWriting || (isBusy && ++busyLimits < BUSY_LIMITS_MAX))
      timer = setTimeout(expire, stallTimeoutMs);
    else onStall();
  }
  return {
    moved(): void {
      clearTimeout(timer);
      before = signsNow();
      busyLimits = 0;
      timer = setTimeout(expire, stallTimeoutMs);
    },
    end: (): void => clearTimeout(timer),
  };
}
