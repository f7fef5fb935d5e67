import { getColumns } from "drizzle-orm";
import type { Task } from "../task/task.ts";
import { tasks } from "./schema.ts";

const { assignments: _, ...columns } = getColumns(tasks);

/** The columns of a row but for the assignments, the largest of them, which only a worker needs. */
export const TASK_COLUMNS = columns;

/** A task's row without its assignments. */
export type TaskRow = Omit<typeof tasks.$inferSelect, "assignments">;

/** The task of a row. */
export function taskOf(row: TaskRow): Task {
  return {
    id: row.id,
    clientCode: row.clientCode,
    sourceUrl: row.sourceUrl,
    profileName: row.profileName,
    targets: row.targets.map(({ key: _, folderKey: __, ...target }) => target),
    status: row.status,
    ...(row.failure && { failure: row.failure }),
    createMs: row.createMs,
    ...(row.startMs !== null && { startMs: row.startMs }),
    ...(row.endMs !== null && { endMs: row.endMs }),
    cancelRequested: row.cancelRequested,
    attempt: row.attempt,
    attempts: row.attempts,
    ...(row.progress && { progress: row.progress }),
    ...(row.engine && { engine: row.engine }),
    ...(row.warnings && { warnings: row.warnings }),
    priority: row.priority,
    ...(row.timeoutSeconds !== null && { timeoutSeconds: row.timeoutSeconds }),
    ...(row.metadata && { metadata: row.metadata }),
    ...(row.clip && { clip: row.clip }),
  };
}
