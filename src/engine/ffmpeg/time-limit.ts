import type { TaskError } from "../../task/errors.ts";

/** A caller's signal joined with a time limit of our own. */
export type TimeLimit = {
  /** Aborts with the caller's reason, or with ours; the first of them. */
  readonly signal: AbortSignal;
  /** Gives the whole time again, for work that shows that it gets on. */
  readonly restart: () => void;
  /** Aborts now, for another reason than time. */
  readonly abort: (reason: TaskError) => void;
  /** Stops the clock. */
  readonly end: () => void;
};

/** Joins a signal with a time limit, whose end aborts with `late`. */
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
