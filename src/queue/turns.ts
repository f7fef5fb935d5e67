import { eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { clients, tasks, turns } from "../db/schema.ts";

/** What a client of weight 1 owes for a slot. Divides well by small weights, so that their shares are exact. */
const SLOT_PRICE = 720_720;

/** How many clients with due tasks are looked at, at each turn, for one that owes nothing. */
const LOOKED_AT = 32;

/** The row of `turns` that says how much is forgiven to all: no client has an empty code. */
const ALL = "";
/** So much and every row is written anew. Numbers stay exact in JavaScript up to 8,000 times as much. */
const FORGIVEN_MAX = 2 ** 40;

type QueryLimits = { readonly runningMax: number; readonly mayBeLive: number };
type Found = { readonly clientCode: string; readonly debt: number; readonly weight: number };

/** Limits of what a client may have at once; 0 is any number. */
export type TurnLimits = {
  /** How many tasks of a client may run, where its record does not say. */
  readonly runningMax: number;
  /** How many live tasks may wait in one service for their sources to come. */
  readonly liveWaitingMax: number;
};

/** Whose turn it is: `debt` is what its row says, with what is forgiven; `price` is what the slot costs it. */
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
 * A turn costs the same however many clients there are: what is forgiven is one number, which rows are compared with, and of the clients
 * that owe nothing only some are looked for at a time, one after the other. Where more than `LOOKED_AT` have due tasks, one that comes anew
 * may therefore wait for a turn of each so many of them, besides one of each that owes nothing either.
 *
 * A slot has one price, however long its task runs: that is not known before.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #queries;
  readonly #debts;
  /** Up to which client this process has looked for those that owe nothing. */
  #lookedUpTo = "";

  constructor(database: Database, limits: TurnLimits) {
    this.#limits = limits;
    this.#queries = prepareQueries(database);
    this.#debts = prepareDebts(database);
  }

  /** Whether it is anybody's turn: whether a task is due that this worker may take. */
  isAny(workerId: string): boolean {
    const isAny = this.#queries.any.get(this.#limitsOf(workerId)) !== undefined;
    // Where nobody waits, turns begin anew, so that they are the same for the same tasks.
    if (!isAny) this.#lookedUpTo = "";
    return isAny;
  }

  /** Whose turn it is; undefined if it is nobody's. Changes nothing in the database. */
  next(workerId: string): Turn | undefined {
    const limits = this.#limitsOf(workerId);
    const found =
      this.#look(limits) ?? this.#queries.indebted.get(limits) ?? this.#queries.any.get(limits);
    if (!found) return undefined;
    const { clientCode, debt, weight } = found;
    const price = Math.ceil(SLOT_PRICE / weight);
    return { clientCode, debt, price, mayBeLive: limits.mayBeLive === 1 };
  }

  /** Writes that a client has had its turn. Call it inside `Database.write`. */
  take({ clientCode, debt, price }: Turn): void {
    let forgiven = this.#debts.forgiven.get()?.debt ?? 0;
    if (debt > forgiven) {
      forgiven = debt;
      this.#debts.settle.run({ debt });
      if (forgiven > FORGIVEN_MAX) {
        this.#debts.rebase.run({ debt });
        forgiven = 0;
      }
      this.#debts.owe.run({ clientCode: ALL, debt: forgiven });
    }
    this.#debts.owe.run({ clientCode, debt: forgiven + price });
  }

  /** A client that owes nothing, among the next few with due tasks; after the last comes the first. */
  #look(limits: QueryLimits): Found | undefined {
    const after = this.#lookedUpTo;
    const clientCode = this.#lookAfter(after, limits) ?? (after && this.#lookAfter("", limits));
    if (!clientCode) return undefined;
    return { clientCode, debt: 0, weight: this.#queries.weightOf.get({ clientCode })?.weight ?? 1 };
  }

  #lookAfter(after: string, limits: QueryLimits): string | undefined {
    const { free, last, looked } = this.#queries.look.get({ after, ...limits }) ?? {};
    this.#lookedUpTo = free ?? (looked === LOOKED_AT ? last : undefined) ?? "";
    // The end was reached before as many were looked at as may be: only then are the first ones looked at, too.
    return free ?? (looked === LOOKED_AT ? "" : undefined);
  }

  #limitsOf(workerId: string): QueryLimits {
    const { runningMax, liveWaitingMax } = this.#limits;
    const mayBeLive = liveWaitingMax === 0 || this.#liveWaiting(workerId) < liveWaitingMax;
    return { runningMax, mayBeLive: mayBeLive ? 1 : 0 };
  }

  #liveWaiting(workerId: string): number {
    return this.#queries.liveWaiting.get({ workerId })?.tasks ?? 0;
  }
}

/** Of tasks that are due. Conditions of partial indexes are literal text, as SQLite does not use such an index for a parameter. */
export const isReady = sql`status = 'PENDING' and not_before_ms is null`;

/** Clients with tasks that are due, in the order of their codes: one step along the index for each, made only when its row is asked for. */
const ready = (after: SQL, numberMax: SQL) => sql`ready (client_code, number) as (
  select min(client_code), 1 from tasks where ${isReady} and client_code > ${after}
  union all
  select (select min(client_code) from tasks where ${isReady} and client_code > ready.client_code), number + 1
    from ready where client_code is not null and number < ${numberMax})`;

/** What of a client allows it another task; `each` is the table that has its code. */
function isAllowed(each: SQL): SQL {
  const runningMax = sql`coalesce(clients.running_max, ${sql.placeholder("runningMax")})`;
  return sql`(${runningMax} = 0 or ${runningMax} > (select count(*) from tasks
      where status = 'RUNNING' and tasks.client_code = ${each}.client_code))
    and exists (select 1 from tasks where ${isReady} and tasks.client_code = ${each}.client_code
      and is_live in (0, ${sql.placeholder("mayBeLive")}))`;
}

function prepareQueries({ orm, prepared }: Database) {
  const turn = {
    clientCode: sql<string>`client_code`,
    debt: sql<number>`debt`,
    weight: sql<number>`weight`,
  };
  const weight = sql`coalesce(clients.weight, 1) as weight`;
  const everyone = ready(sql`''`, sql`9e9`);
  const few = ready(sql`${sql.placeholder("after")}`, sql.raw(String(LOOKED_AT)));
  const fromReady = sql`from ready left join clients on clients.client_code = ready.client_code`;
  const isReadyAllowed = isAllowed(sql`ready`);
  return prepared({
    any: () =>
      orm
        .select(turn)
        .from(
          sql`(with recursive ${everyone} select ready.client_code, 0 as debt, ${weight} ${fromReady}
            where ready.client_code is not null and ${isReadyAllowed} limit 1)`,
        )
        .prepare(),
    look: () =>
      orm
        .select({
          free: sql<string | null>`free`,
          last: sql<string | null>`last`,
          looked: sql<number>`looked`,
        })
        .from(
          sql`(with recursive ${few} select max(ready.client_code) as last, count(ready.client_code) as looked,
            min(case when not exists (select 1 from turns where turns.client_code = ready.client_code)
              and ${isReadyAllowed} then ready.client_code end) as free ${fromReady})`,
        )
        .prepare(),
    weightOf: () =>
      orm
        .select({ weight: clients.weight })
        .from(clients)
        .where(eq(clients.clientCode, sql.placeholder("clientCode")))
        .prepare(),
    indebted: () =>
      orm
        .select(turn)
        .from(
          sql`(select turns.client_code, debt, ${weight}
            from turns left join clients on clients.client_code = turns.client_code
            where turns.client_code <> ${sql.raw(`'${ALL}'`)} and ${isAllowed(sql`turns`)} order by debt, turns.client_code limit 1)`,
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
  });
}

function prepareDebts({ orm, prepared }: Database) {
  const debt = sql.placeholder("debt");
  const clientCode = sql.placeholder("clientCode");
  return prepared({
    forgiven: () =>
      orm.select({ debt: turns.debt }).from(turns).where(eq(turns.clientCode, ALL)).prepare(),
    settle: () => orm.delete(turns).where(sql`debt <= ${debt}`).prepare(),
    rebase: () =>
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
