import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { tasks, turns } from "../db/schema.ts";

/** What a client of weight 1 owes for a slot. Divides well by small weights, so that their shares are exact. */
const SLOT_PRICE = 720_720;

/** Limits of what a client may have at once; 0 is any number. */
export type TurnLimits = {
  /** How many tasks of a client may run, where its record does not say. */
  readonly runningMax: number;
  /** How many live tasks may wait in one service for their sources to come. */
  readonly liveWaitingMax: number;
};

/** Whose turn it is: `debt` is what the client still owes, `price` what the slot costs it. */
export type Turn = {
  readonly clientCode: string;
  readonly debt: number;
  readonly price: number;
  /** Whether one of its live tasks may be taken. */
  readonly mayBeLive: boolean;
};

/**
 * Shares slots between clients: deficit round robin over their tasks that are due. A client that is given a slot owes its price, which
 * is the lower the greater its weight. The client that owes least is next, and what it owes is then forgiven to all. So a
 * client that comes anew is next at once; one that was away has lost its debts, and nobody ever saves up turns.
 *
 * A slot has one price, however long its task runs: that is not known before.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #queries;

  constructor(database: Database, limits: TurnLimits) {
    this.#limits = limits;
    this.#queries = prepareQueries(database);
  }

  /** Whether it is anybody's turn: whether a task is due that this worker may take. */
  isAny(workerId: string): boolean {
    return this.#queries.any.get(this.#limitsOf(workerId)) !== undefined;
  }

  /** Whose turn it is; undefined if it is nobody's. Changes nothing. */
  next(workerId: string): Turn | undefined {
    const limits = this.#limitsOf(workerId);
    const found = this.#queries.free.get(limits) ?? this.#queries.indebted.get(limits);
    if (!found) return undefined;
    const { clientCode, debt, weight } = found;
    const price = Math.ceil(SLOT_PRICE / weight);
    return { clientCode, debt, price, mayBeLive: limits.mayBeLive === 1 };
  }

  /** Writes that a client has had its turn. Call it inside `Database.write`. */
  take({ clientCode, debt, price }: Turn): void {
    if (debt > 0) {
      this.#queries.settle.run({ debt });
      this.#queries.forgive.run({ debt });
    }
    this.#queries.owe.run({ clientCode, debt: price });
  }

  #limitsOf(workerId: string) {
    const { runningMax, liveWaitingMax } = this.#limits;
    const mayBeLive = liveWaitingMax === 0 || this.#liveWaiting(workerId) < liveWaitingMax;
    return { runningMax, mayBeLive: mayBeLive ? 1 : 0 };
  }

  #liveWaiting(workerId: string): number {
    return this.#queries.liveWaiting.get({ workerId })?.tasks ?? 0;
  }
}

// Conditions of partial indexes are literal text, as SQLite does not use such an index for a parameter.
const isReady = sql`status = 'PENDING' and not_before_ms is null`;

/** Clients with tasks that are due, in the order of their codes: one step along the index for each, made only when its row is asked for. */
const ready = sql`ready (client_code) as (
  select min(client_code) from tasks where ${isReady}
  union all
  select (select min(client_code) from tasks where ${isReady} and client_code > ready.client_code)
    from ready where client_code is not null)`;

/** What of a client allows it another task; `each` is the table that has its code. */
function isAllowed(each: SQL): SQL {
  const runningMax = sql`coalesce(clients.running_max, ${sql.placeholder("runningMax")})`;
  return sql`(${runningMax} = 0 or ${runningMax} > (select count(*) from tasks
      where status = 'RUNNING' and tasks.client_code = ${each}.client_code))
    and exists (select 1 from tasks where ${isReady} and tasks.client_code = ${each}.client_code
      and is_live in (0, ${sql.placeholder("mayBeLive")}))`;
}

function prepareQueries({ orm, prepared }: Database) {
  const debt = sql.placeholder("debt");
  const clientCode = sql.placeholder("clientCode");
  const turn = {
    clientCode: sql<string>`client_code`,
    debt: sql<number>`debt`,
    weight: sql<number>`weight`,
  };
  const weight = sql`coalesce(clients.weight, 1) as weight`;
  const allowedReady = sql`(with recursive ${ready} select ready.client_code, 0 as debt, ${weight}
    from ready left join clients on clients.client_code = ready.client_code
    where ready.client_code is not null and ${isAllowed(sql`ready`)}`;
  return prepared({
    any: () => orm.select(turn).from(sql`${allowedReady} limit 1)`).prepare(),
    free: () =>
      orm
        .select(turn)
        .from(
          sql`${allowedReady} and not exists
            (select 1 from turns where turns.client_code = ready.client_code) limit 1)`,
        )
        .prepare(),
    indebted: () =>
      orm
        .select(turn)
        .from(
          sql`(select turns.client_code, debt, ${weight}
            from turns left join clients on clients.client_code = turns.client_code
            where ${isAllowed(sql`turns`)} order by debt, turns.client_code limit 1)`,
        )
        .prepare(),
    liveWaiting: () =>
      orm
        .select({ tasks: sql<number>`count(*)` })
        .from(tasks)
        .where(
          sql`status = 'RUNNING' and worker_id = ${sql.placeholder("workerId")}
            and is_live = 1 and coalesce(progress ->> '$.outTimeSeconds', 0) = 0`,
        )
        .prepare(),
    settle: () => orm.delete(turns).where(sql`debt <= ${debt}`).prepare(),
    forgive: () =>
      orm
        .update(turns)
        .set({ debt: sql`debt - ${debt}` })
        .prepare(),
    owe: () =>
      orm
        .insert(turns)
        .values({ clientCode, debt })
        .onConflictDoUpdate({ target: turns.clientCode, set: { debt: sql`excluded.debt` } })
        .prepare(),
  });
}
