import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { notifications, tasks } from "../db/schema.ts";
import { isHeld } from "../db/task-changes.ts";
import { TASK_COLUMNS } from "../db/task-row.ts";
import { TaskError } from "../task/errors.ts";
import type { NewTask } from "./store.ts";

/** The statements of `SqliteTaskStore`, each prepared on first use. */
export function prepareTaskQueries({ orm, prepared, statement }: Database) {
  return prepared({
    byId: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(eq(tasks.id, sql.placeholder("id")))
        .prepare(),
    cancelRequested: () =>
      orm.select({ cancelRequested: tasks.cancelRequested }).from(tasks).where(isHeld).prepare(),
    saveProgress: () =>
      orm
        .update(tasks)
        .set({ progress: sql.placeholder("progress") })
        .where(isHeld)
        .prepare(),
    saveWarnings: () =>
      orm
        .update(tasks)
        .set({ warnings: sql.placeholder("warnings") })
        .where(isHeld)
        .prepare(),
    notify: () =>
      orm
        .insert(notifications)
        .values({
          taskSeq: sql.placeholder("seq"),
          clientCode: sql.placeholder("clientCode"),
          sequence: 0,
          dueMs: sql.placeholder("dueMs"),
          fence: 0,
        })
        .prepare(),
    // The columns that are left out are null in every new task.
    insert: () =>
      statement(
        orm.insert(tasks).values({
          id: sql.placeholder("id"),
          clientCode: sql.placeholder("clientCode"),
          profileName: sql.placeholder("profileName"),
          status: sql.placeholder("status"),
          priority: sql.placeholder("priority"),
          createMs: sql.placeholder("createMs"),
          attempt: sql.placeholder("attempt"),
          failures: sql.placeholder("failures"),
          cancelRequested: sql.placeholder("cancelRequested"),
          eventSequence: sql.placeholder("eventSequence"),
          attempts: sql.placeholder("attempts"),
          targets: sql.placeholder("targets"),
          sourceUrl: sql.placeholder("sourceUrl"),
          isLive: sql.placeholder("isLive"),
          timeoutSeconds: sql.placeholder("timeoutSeconds"),
          metadata: sql.placeholder("metadata"),
          clip: sql.placeholder("clip"),
          extras: sql.placeholder("extras"),
          notification: sql.placeholder("notification"),
          customProfiles: sql.placeholder("customProfiles"),
          // As JSON already.
          assignments: sql`${sql.placeholder("assignments")}`,
          requestId: sql.placeholder("requestId"),
          traceParent: sql.placeholder("traceParent"),
        }),
      ),
  });
}

const ASSIGNMENTS_TEXT = new WeakMap<NewTask["assignments"], string>();

/** Assignments as JSON. Those of a system profile are the same object in every task, and the longest text of a create. */
export function assignmentsText(assignments: NewTask["assignments"]): string {
  const known = ASSIGNMENTS_TEXT.get(assignments);
  if (known !== undefined) return known;
  const text = JSON.stringify(assignments);
  ASSIGNMENTS_TEXT.set(assignments, text);
  return text;
}

/** The error about a task that is not there, or not the client's. */
export const noSuchTask = (id: string): TaskError =>
  new TaskError("no_such_task", `Cannot find task "${id}": there is none of yours`);
