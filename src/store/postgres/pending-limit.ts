import { sql } from "drizzle-orm";
import { LOCKS } from "../../db/postgres/locks.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import type { TaskError } from "../../task/errors.ts";
import { tooManyPending } from "../pending-limit.ts";

/** A node takes this part of what is free before it counts again. */
const PART = 1 / 16;
/** How long that may take. */
const GOOD_MS = 1_000;

type Counted = { readonly max: number; free: number; readonly untilMs: number };

/**
 * Keeps clients from having more pending tasks than they may, on all nodes together. Far from its limit a client is counted now and then,
 * and each node takes a part of what was free; near to it, its creates wait for each other, and each is counted. So few creates
 * pay for it, and a limit is exceeded at most by what is being written while a client comes near to it.
 */
export class PostgresPendingLimit {
  readonly #queries;
  readonly #counted = new Map<string, Counted>();

  constructor({ orm, prepared }: PostgresDatabase) {
    const clientCode = sql.placeholder("clientCode");
    this.#queries = prepared({
      lock: () =>
        orm
          .select({
            lock: sql`pg_advisory_xact_lock(${sql.raw(String(LOCKS.PENDING))}, hashtext(${clientCode}))`,
          })
          .from(sql`(select) as once`)
          .prepare("pending_lock"),
      count: () =>
        orm
          .select({ tasks: sql<string>`count(*)` })
          .from(
            sql`(select 1 from tasks where client_code = ${clientCode} and status = 'PENDING'
              limit ${sql.placeholder("max")}::integer) as pending`,
          )
          .prepare("pending_count"),
    });
  }

  /**
   * Takes places for tasks that this transaction makes pending. Call it inside `write`, once for each client, in the order of their codes.
   *
   * @param max - how many may be pending; 0 is any number
   * @returns `too_many_requests` if there are not so many places
   */
  async takePlaces(clientCode: string, max: number, places = 1): Promise<TaskError | undefined> {
    if (max === 0) return undefined;
    const known = this.#counted.get(clientCode);
    if (known && known.max === max && known.free >= places && performance.now() < known.untilMs) {
      known.free -= places;
      return undefined;
    }
    // A statement of its own: the count must see what is committed once the lock is had.
    await this.#queries.lock.execute({ clientCode });
    const [counted] = await this.#queries.count.execute({ clientCode, max });
    const free = max - Number(counted?.tasks ?? 0);
    const untilMs = performance.now() + GOOD_MS;
    this.#counted.set(clientCode, { max, free: Math.floor((free - places + 1) * PART), untilMs });
    return free >= places ? undefined : tooManyPending(max);
  }
}
