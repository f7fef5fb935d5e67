import { getColumns } from "drizzle-orm";
import type { TaskRow } from "../../task/row.ts";
import { tasks } from "./tables/tasks.ts";

const { assignments: _, ...columns } = getColumns(tasks);

/** All columns except the assignments: they are the largest, and only a worker needs them. */
export const TASK_COLUMNS = columns;

/** A task's row as PostgreSQL keeps it, without its assignments; `seq` is nearly the order of creation. */
export type PostgresTaskRow = TaskRow & {
  readonly seq: number;
  /** What a worker must be able to do to run it. */
  readonly needs: string;
};
