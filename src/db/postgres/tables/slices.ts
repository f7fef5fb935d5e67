import { index, integer, json, pgTable, primaryKey } from "drizzle-orm/pg-core";
import type { EngineName } from "../../../task/task.ts";
import { big, word } from "../columns.ts";

/** Steps of running tasks whose parts any worker may make; pg-boss keeps the parts. A row is removed once its task has ended. */
export const slicedSteps = pgTable(
  "sliced_steps",
  {
    taskId: word("task_id").notNull(),
    /** Of all that its parts are made of. */
    digest: word().notNull(),
    /** The attempt that offers the parts: they are taken only while it is the task's. */
    attempt: integer().notNull(),
    /** Parts of one output come from equal encoders. */
    engine: word().$type<EngineName>().notNull(),
    engineVersion: word("engine_version").notNull(),
    /** The source as the offering worker read it. */
    source: json().$type<{ readonly sizeBytes: number; readonly version: string }>().notNull(),
    offeredMs: big("offered_ms").notNull(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.digest] })],
);

/** Parts that workers make now, and how far they are. */
export const sliceRuns = pgTable(
  "slice_runs",
  {
    taskId: word("task_id").notNull(),
    digest: word().notNull(),
    part: integer().notNull(),
    workerId: word("worker_id").notNull(),
    progress: json().$type<{
      readonly outTimeSeconds: number;
      readonly speed: number;
      readonly fps: number;
      readonly frames: number;
    }>(),
  },
  (table) => [
    primaryKey({ columns: [table.taskId, table.digest, table.part] }),
    index("slice_runs_worker").on(table.workerId),
  ],
);
