import { describe, expect, test } from "bun:test";
import type { Failure } from "../../src/task/task.ts";
import {
  claimTask,
  createTask,
  finishTask,
  giveBackTask,
  leaseEnd,
  loseWorker,
  mayPublish,
  pulseOf,
  reportTarget,
  retryTask,
  warnTask,
} from "../../src/task/transitions.ts";
import { aFailure as failure } from "../fixtures/store-bench.ts";
import { CLAIM, CREATED_MS, codeOf, delivered, given, NOW_MS, rowIn } from "./rows.ts";

const worker = { id: "worker-2", engine: "wasm" } as const;
const back = (notBeforeMs: number, counts: boolean) => ({ failure, notBeforeMs, counts });

test("createTask makes a pending row with its first event", () => {
  const { row, events } = createTask(given, "task-1", CREATED_MS);
  expect(row).toMatchObject({ ...given, id: "task-1", status: "PENDING", createMs: CREATED_MS });
  expect(row.targets.map(({ status }) => status)).toEqual(["PENDING", "PENDING"]);
  expect(row).toMatchObject({ timeoutSeconds: null, metadata: null, clip: null });
  expect(events).toEqual([
    {
      ...{ taskId: "task-1", sequence: 1, timeMs: CREATED_MS },
      ...{ type: "created", status: "PENDING", attempt: 0 },
    },
  ]);
});

test("claimTask opens an attempt and a lease, and keeps when the task first started", () => {
  const first = claimTask(rowIn("PENDING"), worker, 30_000, NOW_MS).row;
  expect(first).toMatchObject({ startMs: NOW_MS, attempt: 1, workerId: "worker-2" });
  expect(first.leaseUntilMs).toBe(leaseEnd(NOW_MS, 30_000));
  const again = claimTask(rowIn("WAITING"), worker, 30_000, NOW_MS).row;
  expect(again).toMatchObject({ startMs: 2_000, attempt: 2, engine: "wasm" });
  expect(again.attempts.at(-1)).toEqual({ attempt: 2, startMs: NOW_MS, engine: "wasm" });
});

test("pulseOf tells a holder what became of its claim", () => {
  const rows = [undefined, rowIn("RUNNING"), rowIn("STOPPING")];
  expect(rows.map(pulseOf)).toEqual(["lost", "held", "cancel_requested"]);
});

test("mayPublish lets a holder publish until a cancel is asked for", () => {
  expect(codeOf(() => mayPublish(rowIn("RUNNING"), CLAIM))).toBeUndefined();
  expect(codeOf(() => mayPublish(rowIn("STOPPING"), CLAIM))).toBe("cancelled");
});

test("warnTask adds what the row does not have yet", () => {
  const [one, two] = [
    { code: "target_name", message: "one" },
    { code: "target_name", message: "two" },
  ] as const;
  const row = warnTask(rowIn("RUNNING"), CLAIM, [one]);
  expect(warnTask(row, CLAIM, [one, two]).warnings).toEqual([one, two]);
  for (const state of ["PENDING", "SUCCESS", "FAILED", "CANCELLED"] as const)
    expect(codeOf(() => warnTask(rowIn(state), CLAIM, [one]))).toBe("lease_lost");
});

describe("reportTarget", () => {
  const reconnecting = (detail: string) =>
    ({ status: "RECONNECTING", failure: { code: "target_lost", detail } }) as const;

  test("keeps the newest reason of the same state, without an event", () => {
    const first = reportTarget(rowIn("RUNNING"), CLAIM, 1, reconnecting("one"), NOW_MS).row;
    expect(reportTarget(first, CLAIM, 1, reconnecting("one"), NOW_MS).isChanged).toBe(false);
    const second = reportTarget(first, CLAIM, 1, reconnecting("two"), NOW_MS);
    expect(second).toMatchObject({ isChanged: true, events: [] });
    expect(second.row.targets[1]).toMatchObject(reconnecting("two"));
  });

  test("leaves no failure of the state before, and keeps the target's keys", () => {
    const first = reportTarget(rowIn("RUNNING"), CLAIM, 1, reconnecting("one"), NOW_MS).row;
    const { row } = reportTarget(first, CLAIM, 1, { status: "SUCCESS" }, NOW_MS);
    expect(row.targets[1]).toEqual({ ...given.targets[1], status: "SUCCESS" } as never);
  });

  test("refuses a target that the task does not have", () => {
    expect(() => reportTarget(rowIn("RUNNING"), CLAIM, 2, { status: "RUNNING" }, NOW_MS)).toThrow(
      "Cannot save target 2",
    );
  });
});

test("finishTask tells all of the progress of a success, and that of a failure as it stands", () => {
  const success = finishTask(delivered(rowIn("RUNNING")), CLAIM, { status: "SUCCESS" }, NOW_MS);
  expect(success.row.progress).toMatchObject({ percent: 100 });
  expect(success.row.progress).not.toHaveProperty("etaSeconds");
  const failed = finishTask(rowIn("RUNNING"), CLAIM, { status: "FAILED", failure }, NOW_MS).row;
  expect(failed.progress).toMatchObject({ percent: 40, etaSeconds: 6 });
  expect(failed.attempts.at(-1)).toMatchObject({ endMs: NOW_MS, failure });
});

describe("giveBackTask", () => {
  test("waits only for a time to come, and counts what counts", () => {
    const of = (notBeforeMs: number, counts: boolean) =>
      giveBackTask(rowIn("RUNNING"), CLAIM, back(notBeforeMs, counts), NOW_MS).row;
    expect(of(NOW_MS + 1, true)).toMatchObject({ notBeforeMs: NOW_MS + 1, failures: 1 });
    expect(of(NOW_MS, false)).toMatchObject({ notBeforeMs: null, failures: 0 });
  });

  test("begins the next run anew, and leaves how far this one came to its event", () => {
    const { row, events } = giveBackTask(rowIn("RUNNING"), CLAIM, back(0, true), NOW_MS);
    expect(row).toMatchObject({ progress: null });
    expect(row.targets.map(({ status }) => status)).toEqual(["SUCCESS", "PENDING"]);
    expect(row.attempts.at(-1)).toMatchObject({ endMs: NOW_MS, failure });
    expect(events[0]).toMatchObject({ failure, progress: { percent: 40 } });
  });
});

test("giveBackTask closes the run of a task that was to stop, with its reason", () => {
  const { row } = giveBackTask(rowIn("STOPPING"), CLAIM, back(0, true), NOW_MS);
  expect(row).toMatchObject({ status: "CANCELLED", failure: null });
  expect(row.attempts.at(-1)).toMatchObject({ endMs: NOW_MS, failure });
});

test("retryTask begins anew, but for what was delivered", () => {
  const ended = rowIn("FAILED");
  const { row } = retryTask(ended, NOW_MS);
  expect(row).toMatchObject({ startMs: null, endMs: null, failures: 0, engine: null });
  expect(row.targets.map(({ status }) => status)).toEqual(["SUCCESS", "PENDING"]);
  expect(row.attempts).toBe(ended.attempts);
});

test("loseWorker does not hold runs against a task whose cause passes by itself", () => {
  const passing = { code: "target_unreachable", detail: "Cannot write: nobody answers" } as const;
  const lost = { code: "worker_lost", detail: "Cannot go on: its worker was lost" } as const;
  const after = (failures: readonly Failure[]) => {
    const row = rowIn("RUNNING");
    const earlier = failures.map((failure, at) => ({
      ...{ attempt: at + 1, startMs: 2_000, endMs: 3_000, engine: "native" as const, failure },
    }));
    const attempt = earlier.length + 1;
    const attempts = [...earlier, { attempt, startMs: 4_000, engine: "native" as const }];
    return loseWorker({ ...row, attempt, attempts, failures: earlier.length }, 3, NOW_MS).row
      .status;
  };
  expect(after(Array(9).fill(passing))).toBe("PENDING");
  expect(after([...Array(9).fill(passing), lost])).toBe("PENDING");
  expect(after([lost, ...Array(9).fill(passing), lost])).toBe("FAILED");
});

test("loseWorker counts the run, says which one it was, and makes the task due at once", () => {
  const { row } = loseWorker(rowIn("RUNNING"), 3, NOW_MS);
  expect(row).toMatchObject({ failures: 1, notBeforeMs: null, workerId: null, progress: null });
  const { code, detail } = row.attempts.at(-1)?.failure ?? {};
  expect([code, detail]).toEqual([
    "worker_lost",
    "Cannot go on with attempt 1: its worker was lost",
  ]);
});
