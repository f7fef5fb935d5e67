import { boolean, index, integer, json, pgTable } from "drizzle-orm/pg-core";
import type { EngineName } from "../../../task/task.ts";
import { big, word } from "../columns.ts";

/** The nodes that run tasks. A row is written when a worker begins, and with its beats; who has long been silent is removed. */
export const workers = pgTable(
  "workers",
  {
    /** That of its instance. */
    id: word().primaryKey(),
    host: word().notNull(),
    /** Where it stands, as its config says; empty where it does not. */
    zone: word().notNull(),
    version: word().notNull(),
    engine: word().$type<EngineName>().notNull(),
    /** The version of its FFmpeg. */
    engineVersion: word("engine_version").notNull(),
    /** What it can do, as `task/needs.ts` names it. */
    abilities: json().$type<readonly string[]>().notNull(),
    /** The family of devices that encode for it; null is none. */
    hardware: word(),
    slots: integer().notNull(),
    running: integer().notNull(),
    /** Whether it takes no more tasks: by itself, or because an operator said so. */
    isDraining: boolean("is_draining").notNull(),
    /** Whether an operator wants it to take no more. */
    isToDrain: boolean("is_to_drain").notNull().default(false),
    startedMs: big("started_ms").notNull(),
    seenMs: big("seen_ms").notNull(),
  },
  (table) => [index("workers_seen").on(table.seenMs)],
);
