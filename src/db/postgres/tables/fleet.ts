import { boolean, doublePrecision, index, integer, json, pgTable } from "drizzle-orm/pg-core";
import type { Capabilities } from "../../../plan/plan.ts";
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
    /** What of that tasks may need, in the words of their `needs`: it is given no others. */
    abilities: json().$type<readonly string[]>().notNull(),
    /** What its engine can, for tasks that are judged on nodes that have none. */
    capabilities: json().$type<Capabilities>().notNull(),
    /** The family of devices that encode for it; null is none. */
    hardware: word(),
    slots: integer().notNull(),
    running: integer().notNull(),
    /** Whether it takes no more tasks: by itself, or because an operator said so. */
    isDraining: boolean("is_draining").notNull(),
    /** Whether an operator wants it to take no more. */
    isToDrain: boolean("is_to_drain").notNull().default(false),
    /** When what runs then is to be handed back; null is never, or at once where that is past. */
    handBackMs: big("hand_back_ms"),
    startedMs: big("started_ms").notNull(),
    seenMs: big("seen_ms").notNull(),
  },
  (table) => [index("workers_seen").on(table.seenMs)],
);

/** How many calls each client may make now of all nodes together. Who has not called for some seconds may make all of them, and needs no row. */
export const requestRates = pgTable("request_rates", {
  clientCode: word("client_code").primaryKey(),
  /** As of `atMs`; more come with time. */
  calls: doublePrecision().notNull(),
  /** To whoever wrote the row last. */
  given: integer().notNull(),
  atMs: big("at_ms").notNull(),
});
