import { and, count, eq, gte, lt, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { workers } from "../db/postgres/tables/fleet.ts";

/** How long it is known how many there are. */
export const COUNTED_MS = 5_000;
/** How much longer for each of them: all nodes together count some fifty times a second at most. */
export const COUNTED_MS_EACH = 20;
/**
 * How many nodes look after what is of nobody: the first by their ids, which are random, so that those of one machine are no more likely to be all
 * of them. Others take the places of those that are silent.
 */
export const KEEPERS = 12;

/** What a node knows of how many there are, itself among them. */
export class Census {
  readonly #database: PostgresDatabase;
  readonly #queries;
  #idle = 1;
  #before = 0;
  #nodes = 1;
  #takenMs = Number.NEGATIVE_INFINITY;

  constructor(database: PostgresDatabase) {
    const { orm, prepared } = database;
    const id = sql.placeholder("id");
    const isIdle = and(lt(workers.running, workers.slots), eq(workers.isDraining, false));
    this.#database = database;
    this.#queries = prepared({
      nodes: () =>
        orm
          .select({
            nodes: count(),
            idle: sql<string>`count(*) filter (where ${isIdle})`,
            before: sql<string>`count(*) filter (where ${lt(workers.id, id)})`,
          })
          .from(workers)
          .where(gte(workers.seenMs, sql.placeholder("sinceMs")))
          .prepare("fleet_census"),
    });
  }

  /** How many nodes had a free slot; at least 1. */
  get idleNodes(): number {
    return this.#idle;
  }

  /** Whether this node is one of those that look after what is of nobody. */
  get isKeeper(): boolean {
    return this.#before < KEEPERS;
  }

  /** Counts them, unless it was done just now. @param sinceMs - a node that was not seen since is dead */
  async take(id: string, sinceMs: number): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#takenMs + COUNTED_MS + this.#nodes * COUNTED_MS_EACH) return;
    const counted = () => this.#queries.nodes.execute({ id, sinceMs });
    const [{ nodes, idle, before } = { nodes: 1, idle: 1, before: 0 }] =
      await this.#database.read(counted);
    this.#nodes = nodes;
    this.#database.hearers = nodes;
    this.#idle = Math.max(1, Number(idle));
    this.#before = Number(before);
    this.#takenMs = nowMs;
  }
}
