import { getColumns } from "drizzle-orm";
import type { TaskRow } from "../task/row.ts";
import { tasks } from "./schema.ts";

const { assignments: _, ...columns } = getColumns(tasks);

/** All columns except the assignments: they are the largest, and only a worker needs them. */
export const TASK_COLUMNS = columns;

/** A task's row as SQLite keeps it, without its assignments; `seq` is the order of creation. */
export type SqliteTaskRow = TaskRow & { readonly seq: number };
