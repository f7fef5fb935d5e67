import { sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { TaskError } from "../task/errors.ts";

/** How long a count is good for: the more there is to count, the longer. 100,000 tasks take about 3 ms, once a second at most. */
const GOOD_MS_PER_TASK = 0.01;
const GOOD_MS_MAX = 1_000;

type Counted = {
  readonly max: number;
  free: number;
  readonly untilMs: number;
  /** What was undone in the database by then. */
  readonly undone: number;
};

/**
 * Keeps clients from having more pending tasks than they may. Few creates pay for it: what is pending is counted now and then, and what
 * this process adds is subtracted in between. Services that share a database may therefore exceed a large limit by what they take in
 * within a second; a place that becomes free is noticed as late.
 */
export class PendingLimit {
  readonly #queries;
  readonly #undone: Database["undone"];
  readonly #counted = new Map<string, Counted>();

  constructor({ orm, prepared, undone }: Database) {
    this.#undone = undone;
    this.#queries = prepared({
      count: () =>
        orm
          .select({ tasks: sql<number>`count(*)` })
          .from(
            sql`(select 1 from tasks where client_code = ${sql.placeholder("clientCode")}
              and status = 'PENDING' limit ${sql.placeholder("max")})`,
          )
          .prepare(),
    });
  }

  /**
   * Takes a place for a task that this transaction makes pending. Call it inside `Database.write`: if that is rolled back, or runs
   * twice, it is counted again before anything is refused.
   *
   * @param max - how many may be pending; 0 is any number
   * @returns `too_many_requests` if there is no place. It is not thrown, as that would roll back the batch of all writers
   */
  takePlace(clientCode: string, max: number): TaskError | undefined {
    if (max === 0) return undefined;
    const counted = this.#count(clientCode, max);
    if (counted.free <= 0) return tooManyPending(max);
    counted.free--;
    return undefined;
  }

  #count(clientCode: string, max: number): Counted {
    const nowMs = performance.now();
    const known = this.#counted.get(clientCode);
    const undone = this.#undone();
    const isRight = known && (known.free > 0 || known.undone === undone);
    if (isRight && known.max === max && nowMs < known.untilMs) return known;
    const pending = this.#queries.count.get({ clientCode, max })?.tasks ?? 0;
    const untilMs = nowMs + Math.min(GOOD_MS_MAX, max * GOOD_MS_PER_TASK);
    const counted = { max, free: max - pending, untilMs, undone };
    this.#counted.set(clientCode, counted);
    return counted;
  }
}

/** The refusal of a task of a client that has as many pending as may be. */
export const tooManyPending = (max: number): TaskError =>
  new TaskError(
    "too_many_requests",
    `Cannot take in another task: ${max} of this client are pending, which is as many as may be`,
  );
