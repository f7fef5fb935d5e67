import { and, count, eq, gte, lt, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { workers } from "../db/postgres/tables/fleet.ts";

/** How long it is known how many there are. */
export const COUNTED_MS = 5_000;
/** How much longer for each of them: all nodes together count a hundred times a second at most. */
export const COUNTED_MS_EACH = 10;

/** How many nodes of a fleet have a free slot. */
export class IdleNodes {
  readonly #queries;
  #count = 1;
  #countMs = Number.NEGATIVE_INFINITY;

  constructor({ orm, prepared }: PostgresDatabase) {
    this.#queries = prepared({
      idle: () =>
        orm
          .select({ nodes: count() })
          .from(workers)
          .where(
            and(
              gte(workers.seenMs, sql.placeholder("sinceMs")),
              lt(workers.running, workers.slots),
              eq(workers.isDraining, false),
            ),
          )
          .prepare("fleet_idle"),
    });
  }

  /** As it was counted last; at least 1. */
  get count(): number {
    return this.#count;
  }

  /** Counts them, unless it was done just now. Call it inside `read` or `write`. @param sinceMs - a node that was not seen since is dead */
  async recount(sinceMs: number): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#countMs + COUNTED_MS + this.#count * COUNTED_MS_EACH) return;
    const [counted] = await this.#queries.idle.execute({ sinceMs });
    this.#count = Math.max(1, counted?.nodes ?? 1);
    this.#countMs = nowMs;
  }
}
