import { getColumns } from "drizzle-orm";
import type { TaskRow } from "../task/row.ts";
import { tasks } from "./schema.ts";

const { assignments: _, ...columns } = getColumns(tasks);

/** The columns of a row but for the assignments, the largest of them, which only a worker needs. */
export const TASK_COLUMNS = columns;

/** A task's row as SQLite keeps it, without its assignments; `seq` is the order of creation. */
export type SqliteTaskRow = TaskRow & { readonly seq: number };
