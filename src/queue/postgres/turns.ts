import { sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { turns } from "../../db/postgres/tables/clients.ts";
import type { Worker } from "../queue.ts";
import type { TurnLimits } from "../turns.ts";
import type { QueueKey } from "./queue-name.ts";
import { ALL, turnQuery } from "./turn-query.ts";

/** What a client of weight 1 owes for a slot. Divides well by small weights, so that their shares are exact. */
const SLOT_PRICE = 720_720;

/** So much and every row is written anew. Numbers stay exact in JavaScript up to 8,000 times as much. */
const FORGIVEN_MAX = 2 ** 40;

/** Whose turn it is: `debt` is what its row says, with the `forgiven` of all; `price` is what the slot costs it. */
export type Turn = {
  /** Where its most urgent task is that the worker may take. */
  readonly queue: QueueKey;
  readonly debt: number;
  readonly forgiven: number;
  readonly price: number;
};

/**
 * Shares slots between clients, as `../turns.ts` says: deficit round robin over their tasks that are ready, with the debts in the table
 * `turns`, which all nodes share. Each node looks for clients that owe nothing from where it looked last.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #queries;
  #lookedUpTo = "";

  constructor(database: PostgresDatabase, limits: TurnLimits) {
    this.#limits = limits;
    this.#queries = prepareQueries(database);
  }

  /** Whether it is anybody's turn: whether a task is ready that this worker may take. */
  async isAny(worker: Pick<Worker, "id" | "abilities">): Promise<boolean> {
    const found = await this.#find(worker);
    // Where nobody waits, turns begin anew, so that they are the same for the same tasks.
    if (!found) this.#lookedUpTo = "";
    return found !== undefined;
  }

  /** Whose turn it is; undefined if it is nobody's. Changes nothing in the database. */
  async next(worker: Pick<Worker, "id" | "abilities">): Promise<Turn | undefined> {
    const found = await this.#find(worker);
    this.#lookedUpTo = found?.lookedUpTo ?? "";
    if (!found) return undefined;
    const { clientCode, needs, isLive, debt, weight, forgiven } = found;
    return {
      queue: { clientCode, needs, isLive },
      debt: Number(debt),
      forgiven: Number(forgiven ?? 0),
      price: Math.ceil(SLOT_PRICE / weight),
    };
  }

  /** Writes that a client has had its turn. Call it inside `write`, in which nobody else writes turns. */
  async take({ queue: { clientCode }, debt, forgiven, price }: Turn): Promise<void> {
    if (debt <= forgiven) {
      await this.#queries.owe.execute({ clientCode, debt: forgiven + price });
      return;
    }
    if (debt <= FORGIVEN_MAX) {
      await this.#queries.forgive.execute({ clientCode, debt: debt + price, forgiven: debt });
      return;
    }
    await this.#queries.settle.execute({ debt });
    await this.#queries.rebase.execute({ debt });
    await this.#queries.forgive.execute({ clientCode, debt: price, forgiven: 0 });
  }

  async #find({ id, abilities }: Pick<Worker, "id" | "abilities">) {
    const after = this.#lookedUpTo;
    const [found] = await this.#queries.next.execute({
      ...this.#limits,
      workerId: id,
      abilities: abilities ?? null,
      after,
    });
    return found;
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const debt = sql`${sql.placeholder("debt")}::bigint`;
  const clientCode = sql`${sql.placeholder("clientCode")}::text`;
  const forgiven = sql`${sql.placeholder("forgiven")}::bigint`;
  const excluded = { target: turns.clientCode, set: { debt: sql`excluded.debt` } };
  const turn = {
    clientCode: sql<string>`client_code`,
    needs: sql<string>`needs`,
    isLive: sql<boolean>`is_live`,
    debt: sql<string>`debt`,
    weight: sql<number>`weight`,
    forgiven: sql<string | null>`forgiven`,
    lookedUpTo: sql<string>`looked_up_to`,
  };
  return prepared({
    next: () => orm.select(turn).from(turnQuery()).prepare("next_turn"),
    owe: () =>
      orm
        .insert(turns)
        .values({ clientCode, debt })
        .onConflictDoUpdate(excluded)
        .prepare("owe_for_turn"),
    // Its own row and that of all are written below: a statement changes each row once.
    forgive: () =>
      orm
        .with(
          orm
            .$with("settled", {})
            .as(
              sql`delete from turns where debt <= ${forgiven} and client_code <> ${clientCode} and client_code <> ${sql.raw(`'${ALL}'`)}`,
            ),
        )
        .insert(turns)
        .values([
          { clientCode: sql.raw(`'${ALL}'`), debt: forgiven },
          { clientCode, debt },
        ])
        .onConflictDoUpdate(excluded)
        .prepare("forgive_debts"),
    settle: () => orm.delete(turns).where(sql`debt <= ${debt}`).prepare("settle_debts"),
    rebase: () =>
      orm
        .update(turns)
        .set({ debt: sql`debt - ${debt}` })
        .prepare("rebase_debts"),
  });
}
