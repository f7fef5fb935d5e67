import type { GivenBack } from "../../task/end-run.ts";
import type { Failure, Outcome } from "../../task/task.ts";
import { type FailedRun, type RetryLimits, retryDelayMs } from "../retry.ts";

/** What becomes of a task after a run: it ends, is given back for another run, or is another worker's by now. */
export type AfterRun =
  | { readonly does: "end"; readonly outcome: Outcome }
  | { readonly does: "giveBack"; readonly reason: GivenBack }
  | { readonly does: "nothing" };

const ending = (outcome: Outcome): AfterRun => ({ does: "end", outcome });

/** @param failures - why the run ended, the first of its targets first; none is that all went well */
export function afterRun(
  failures: readonly Failure[],
  run: FailedRun,
  retries: RetryLimits,
): AfterRun {
  const { nowMs } = run;
  const codes = failures.map(({ code }) => code);
  if (codes.includes("lease_lost")) return { does: "nothing" };
  const [failure] = failures;
  if (!failure) return ending({ status: "SUCCESS" });
  if (codes.includes("cancelled")) return ending({ status: "CANCELLED" });
  if (failure.code === "shutdown")
    return { does: "giveBack", reason: { failure, notBeforeMs: nowMs, counts: false } };
  const delays = codes.flatMap((code) => retryDelayMs(code, run, retries) ?? []);
  if (delays.length === 0) return ending({ status: "FAILED", failure });
  const notBeforeMs = nowMs + Math.max(...delays);
  return { does: "giveBack", reason: { failure, notBeforeMs, counts: true } };
}
