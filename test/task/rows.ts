import { TaskError } from "../../src/task/errors.ts";
import type { GivenTask, TaskRow } from "../../src/task/row.ts";
import type { Claim, TaskStatus } from "../../src/task/task.ts";
import { createTask } from "../../src/task/transitions.ts";
import { aFailure as failure, anOutput as output } from "../fixtures/store-bench.ts";

/** When the rows were created, and when things happen to them. */
export const CREATED_MS = 1_000;
export const NOW_MS = 9_000;

/** Every state of a task's row, as far as transitions tell them apart. */
export const STATES = [
  "PENDING",
  "WAITING",
  "RUNNING",
  "STOPPING",
  "SUCCESS",
  "FAILED",
  "CANCELLED",
] as const;

/** One of `STATES`: WAITING is PENDING for a later try, STOPPING is RUNNING with a cancel asked for. */
export type State = (typeof STATES)[number];

/** A task with two targets, as its caller gives it. */
export const given: GivenTask = {
  clientCode: "ada",
  sourceUrl: "file:///media/in.mp4",
  profileName: "video_mp4_640x360_520kbps",
  targets: [
    { url: "file:///media/a.mp4", key: "file:/media/a.mp4" },
    { url: "file:///media/b.m3u8", key: "file:/media/b.m3u8", folderKey: "file:/media/b" },
  ],
  customProfiles: ["mine"],
  priority: 3,
};

/** The claim that the rows of `rowIn` are or were held by. */
export const CLAIM: Claim = { taskId: "task-1", attempt: 1 };

const progress = {
  phase: "TRANSCODING",
  ...{ percent: 40, outTimeSeconds: 4, speed: 1, fps: 25, etaSeconds: 6 },
} as const;

/** A row in a state, after one run unless it is PENDING; the first target is delivered then. */
export function rowIn(state: State): TaskRow {
  const { row } = createTask(given, CLAIM.taskId, CREATED_MS);
  if (state === "PENDING") return row;
  const begun = { attempt: 1, startMs: 2_000, engine: "native" } as const;
  const run = {
    ...row,
    status: statusOf(state),
    attempt: 1,
    eventSequence: 5,
    targets: row.targets.map((target, index) =>
      index === 0 ? ({ ...target, status: "SUCCESS", output } as const) : target,
    ),
  };
  if (state === "RUNNING" || state === "STOPPING")
    return {
      ...run,
      startMs: 2_000,
      workerId: "worker-1",
      leaseUntilMs: 5_000,
      engine: "native",
      progress,
      attempts: [begun],
      cancelRequested: state === "STOPPING",
    };
  const attempts = [{ ...begun, endMs: 3_000, failure }];
  if (state === "WAITING")
    return { ...run, startMs: 2_000, notBeforeMs: 20_000, failures: 1, attempts };
  const ended = { ...run, startMs: 2_000, endMs: 3_000, engine: "native", attempts } as const;
  return state === "FAILED" ? { ...ended, failures: 1, failure } : ended;
}

/** What callers see of a state. */
function statusOf(state: State): TaskStatus {
  if (state === "WAITING") return "PENDING";
  return state === "STOPPING" ? "RUNNING" : state;
}

/** A running row whose targets were all delivered. */
export const delivered = (row: TaskRow): TaskRow => ({
  ...row,
  targets: row.targets.map(({ failure: _, ...target }) => ({
    ...target,
    status: "SUCCESS",
    output,
  })),
});

/** The code of the error that something is refused with. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return error instanceof TaskError ? error.code : String(error);
  }
  return undefined;
}
