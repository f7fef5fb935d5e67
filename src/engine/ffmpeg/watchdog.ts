import { readFileSync, statSync } from "node:fs";

// A process that works but tells of no progress (a long flush, an index being moved to the front) is endured for this many
// stall limits; one that runs in circles is not endured for ever.
const BUSY_LIMITS_MAX = 6;
// Of one core. A process that waits uses less, one that works uses more, also on a crowded machine.
const BUSY_SHARE = 0.02;
// proc(5): utime and stime of /proc/PID/stat, counted after the command's name; in ticks of 1/100 s (sysconf(_SC_CLK_TCK)).
const UTIME = 11;
const STIME = 12;
const TICK_MS = 10;

/** What a run shows of its life beside its progress. */
type Signs = { readonly work: number; readonly writtenMs: number };

/** The CPU time that a process has used; 0 where the system does not tell. */
export function cpuMsOf(pid: number): number {
  if (process.platform !== "linux") return 0;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS;
  } catch {
    return 0;
  }
}

const writtenMsOf = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Whom to watch. */
export type WatchOptions = {
  /** How much it has worked so far: ms of CPU time, or whatever grows as fast while it works. */
  readonly work: () => number;
  /** Absolute paths of the files that it makes. */
  readonly writes: readonly string[];
  readonly stallTimeoutMs: number;
  readonly onStall: () => void;
};

/**
 * Watches a run that should get on: calls `onStall` once when for the stall limit nobody said `moved`, none of its files
 * was written, and it did no work to speak of.
 *
 * ffmpeg itself tells nothing while a read hangs, nor while it finishes a file.
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
