import { getColumns, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { tasks } from "./tables/tasks.ts";

const columns = getColumns(tasks);

/** A column of tasks, as the code calls it. */
export type TaskColumn = keyof typeof columns;

/** The name of a column in SQL. */
export const nameOf = (column: TaskColumn): SQL => sql.raw(columns[column].name);

/** The type of a column in SQL, without its order. */
function typeOf(column: TaskColumn): string {
  const type = (columns[column] as PgColumn).getSQLType();
  return type.startsWith("text") ? "text" : type;
}

/** Rows of some columns for one `from`: a statement for any number of tasks. The values are those of `listed`. */
export function listOf(name: SQL, list: readonly TaskColumn[]): SQL {
  const arrays = list.map(
    (column) => sql`${sql.placeholder(`all ${column}`)}::${sql.raw(typeOf(column))}[]`,
  );
  return sql`unnest(${sql.join(arrays, sql`, `)}) as ${name} (${sql.join(list.map(nameOf), sql`, `)})`;
}

/** The values of `listOf`: those of each column, in the order of the rows. What is JSON is written here, unless it is a text already. */
export function listed<Column extends TaskColumn>(
  rows: readonly Readonly<Record<Column, unknown>>[],
  list: readonly Column[],
): Record<string, readonly unknown[]> {
  const values: Record<string, readonly unknown[]> = {};
  for (const column of list) {
    const isJson = typeOf(column) === "json";
    values[`all ${column}`] = rows.map(({ [column]: value }) =>
      isJson && value !== null && typeof value !== "string" ? JSON.stringify(value) : value,
    );
  }
  return values;
}
