import type { TaskError } from "../../task/errors.ts";

/** A caller's signal combined with a time limit. */
export type TimeLimit = {
  /** Aborts with the reason of the caller or of the time limit, whichever comes first. */
  readonly signal: AbortSignal;
  /** Restarts the time limit, for work that shows progress. */
  readonly restart: () => void;
  /** Aborts now, for another reason than time. */
  readonly abort: (reason: TaskError) => void;
  /** Stops the clock. */
  readonly end: () => void;
};

/** Combines a signal with a time limit, which aborts with `late`. */
export function limitTime(signal: AbortSignal, limitMs: number, late: TaskError): TimeLimit {
  const own = new AbortController();
  const arm = () => setTimeout(() => own.abort(late), limitMs);
  let timer = arm();
  return {
    signal: AbortSignal.any([signal, own.signal]),
    restart: () => {
      clearTimeout(timer);
      timer = arm();
    },
    abort: (reason) => own.abort(reason),
    end: () => clearTimeout(timer),
  };
}
