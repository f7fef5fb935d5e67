import { describe, expect, test } from "bun:test";
import type { Transition } from "../../src/task/move.ts";
import type { TaskRow } from "../../src/task/row.ts";
import { canMove, isFinal } from "../../src/task/status.ts";
import {
  cancelTask,
  claimTask,
  finishTask,
  giveBackTask,
  loseWorker,
  mayPublish,
  reportSource,
  reportTarget,
  retryTask,
  warnTask,
} from "../../src/task/transitions.ts";
import { aFailure as failure, anOutput as output } from "../fixtures/store-bench.ts";
import { CLAIM, codeOf, delivered, NOW_MS, rowIn, STATES, type State } from "./rows.ts";

type Act = (row: TaskRow) => Transition;

const worker = { id: "worker-2", engine: "wasm" } as const;
const back = (notBeforeMs: number, counts: boolean) => ({ failure, notBeforeMs, counts });
const refused = (code: string) => ({ refused: code });

/** A row of the table: what is made of each state, as its new status and its events, or why it is refused. */
type Expected = Readonly<Record<State, string | { readonly refused: string }>>;

const lost = refused("lease_lost");
const conflict = refused("task_conflict");
const illegal = refused("internal");
/** Of what the holder of a claim does. */
const onlyHeld = { PENDING: lost, WAITING: lost, SUCCESS: lost, FAILED: lost, CANCELLED: lost };
const onlyPending = {
  ...{ RUNNING: illegal, STOPPING: illegal, SUCCESS: illegal, FAILED: illegal, CANCELLED: illegal },
};

const TABLE: readonly (readonly [name: string, act: Act, expected: Expected])[] = [
  [
    "claimTask",
    (row) => claimTask(row, worker, 30_000, NOW_MS),
    { ...onlyPending, PENDING: "RUNNING: started", WAITING: "RUNNING: started" },
  ],
  [
    "reportTarget, another state",
    (row) => reportTarget(row, CLAIM, 1, { status: "RUNNING" }, NOW_MS),
    { ...onlyHeld, RUNNING: "RUNNING: target", STOPPING: "RUNNING: target" },
  ],
  [
    "reportTarget, the same state",
    (row) => reportTarget(row, CLAIM, 0, { status: "SUCCESS", output }, NOW_MS),
    { ...onlyHeld, RUNNING: "RUNNING", STOPPING: "RUNNING" },
  ],
  [
    "reportSource",
    (row) => reportSource(row, CLAIM, "source_lost", NOW_MS),
    { ...onlyHeld, RUNNING: "RUNNING: source_lost", STOPPING: "RUNNING: source_lost" },
  ],
  [
    "finishTask as SUCCESS with a target open",
    (row) => finishTask(row, CLAIM, { status: "SUCCESS" }, NOW_MS),
    { ...onlyHeld, RUNNING: illegal, STOPPING: "CANCELLED: target ended" },
  ],
  [
    "finishTask as SUCCESS",
    (row) => finishTask(delivered(row), CLAIM, { status: "SUCCESS" }, NOW_MS),
    { ...onlyHeld, RUNNING: "SUCCESS: ended", STOPPING: "CANCELLED: ended" },
  ],
  [
    "finishTask as FAILED",
    (row) => finishTask(row, CLAIM, { status: "FAILED", failure }, NOW_MS),
    { ...onlyHeld, RUNNING: "FAILED: target ended", STOPPING: "CANCELLED: target ended" },
  ],
  [
    "finishTask as CANCELLED",
    (row) => finishTask(row, CLAIM, { status: "CANCELLED" }, NOW_MS),
    { ...onlyHeld, RUNNING: "CANCELLED: target ended", STOPPING: "CANCELLED: target ended" },
  ],
  [
    "giveBackTask for a later try",
    (row) => giveBackTask(row, CLAIM, back(NOW_MS + 1, true), NOW_MS),
    { ...onlyHeld, RUNNING: "PENDING: given_back", STOPPING: "CANCELLED: target ended" },
  ],
  [
    "giveBackTask at a stop of the service",
    (row) => giveBackTask(row, CLAIM, back(0, false), NOW_MS),
    { ...onlyHeld, RUNNING: "PENDING: given_back", STOPPING: "CANCELLED: target ended" },
  ],
  [
    "loseWorker with runs left",
    (row) => loseWorker(row, 3, NOW_MS),
    { ...onlyHeld, RUNNING: "PENDING: given_back", STOPPING: "CANCELLED: target ended" },
  ],
  [
    "loseWorker in the last run",
    (row) => loseWorker(row, 1, NOW_MS),
    { ...onlyHeld, RUNNING: "FAILED: target ended", STOPPING: "CANCELLED: target ended" },
  ],
  [
    "cancelTask",
    (row) => cancelTask(row, NOW_MS),
    {
      ...{ PENDING: "CANCELLED: target target ended", WAITING: "CANCELLED: target ended" },
      ...{ RUNNING: "RUNNING: cancel_requested", STOPPING: "RUNNING" },
      ...{ SUCCESS: conflict, FAILED: conflict, CANCELLED: conflict },
    },
  ],
  [
    "retryTask",
    (row) => retryTask(row, NOW_MS),
    {
      ...{ PENDING: conflict, WAITING: conflict, RUNNING: conflict, STOPPING: conflict },
      ...{ SUCCESS: conflict, FAILED: "PENDING: retried", CANCELLED: "PENDING: retried" },
    },
  ],
];

const cases = TABLE.flatMap(([name, act, expected]) =>
  STATES.map((state) => [name, state, act, expected[state]] as const),
);

/** What is wrong with a transition; nothing in a sound one. */
function faults(before: TaskRow, { row, isChanged, events }: Transition): string[] {
  const isRunning = row.status === "RUNNING";
  const open = row.attempts.filter(({ endMs }) => endMs === undefined);
  const openTargets = row.targets.filter(
    ({ status }) => status === "PENDING" || status === "RUNNING",
  );
  const rules: Readonly<Record<string, boolean>> = {
    "what is unchanged is the same row": isChanged || (row === before && events.length === 0),
    "the move is legal": row.status === before.status || canMove(before.status, row.status),
    "events count on": events.every(
      ({ sequence }, at) => sequence === before.eventSequence + at + 1,
    ),
    "the row counts its events": row.eventSequence === before.eventSequence + events.length,
    "events tell of the row": events.every(
      (event) =>
        event.taskId === row.id &&
        event.timeMs === NOW_MS &&
        event.status === row.status &&
        event.attempt === row.attempt,
    ),
    "an end has its time": isFinal(row.status) === (row.endMs !== null),
    "a failure has its cause": (row.status === "FAILED") === (row.failure !== null),
    "what runs has a worker and a lease":
      isRunning === (row.workerId !== null) && isRunning === (row.leaseUntilMs !== null),
    "the newest run alone is open": open.length === (isRunning ? 1 : 0),
    "attempts count on, one with each start":
      row.attempt === before.attempt + events.filter(({ type }) => type === "started").length &&
      row.attempts.every(({ attempt }, at) => attempt === at + 1),
    "an end is final, unless its caller says retry":
      !isFinal(before.status) ||
      row.status === before.status ||
      (row.status === "PENDING" && events.every(({ type }) => type === "retried")),
    "an end closes every target": !isFinal(row.status) || openTargets.length === 0,
    "only what is pending waits": row.status === "PENDING" || row.notBeforeMs === null,
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

describe("transitions", () => {
  test.each(cases)("%s of a task that is %s", (_, state, act, expected) => {
    const before = rowIn(state);
    const copy = structuredClone(before);
    if (typeof expected !== "string") {
      expect(codeOf(() => act(before))).toBe(expected.refused);
      return;
    }
    const transition = act(before);
    const types = transition.events.map(({ type }) => type);
    expect([transition.row.status, ...(types.length > 0 ? [types.join(" ")] : [])].join(": ")).toBe(
      expected,
    );
    expect(faults(before, transition)).toEqual([]);
    expect(before).toEqual(copy);
  });

  test.each([
    ["of another attempt", { ...CLAIM, attempt: 2 }],
    ["of another task", { ...CLAIM, taskId: "task-2" }],
  ])("a claim %s is refused all that a holder may do", (_, stale) => {
    const row = rowIn("RUNNING");
    const acts = [
      () => warnTask(row, stale, []),
      () => reportTarget(row, stale, 1, { status: "RUNNING" }, NOW_MS),
      () => reportSource(row, stale, "source_back", NOW_MS),
      () => finishTask(row, stale, { status: "CANCELLED" }, NOW_MS),
      () => giveBackTask(row, stale, back(0, false), NOW_MS),
    ];
    expect(acts.map(codeOf)).toEqual(acts.map(() => "lease_lost"));
  });

  test("a claim that holds no row is refused all that a holder may do", () => {
    const acts = [
      () => warnTask(undefined, CLAIM, []),
      () => mayPublish(undefined, CLAIM),
      () => reportTarget(undefined, CLAIM, 1, { status: "RUNNING" }, NOW_MS),
      () => reportSource(undefined, CLAIM, "source_back", NOW_MS),
      () => finishTask(undefined, CLAIM, { status: "CANCELLED" }, NOW_MS),
      () => giveBackTask(undefined, CLAIM, back(0, false), NOW_MS),
    ];
    expect(acts.map(codeOf)).toEqual(acts.map(() => "lease_lost"));
  });
});
