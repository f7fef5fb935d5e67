import { sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { turns } from "../../db/postgres/tables/clients.ts";
import type { Worker } from "../queue.ts";
import type { TurnLimits } from "../turns.ts";
import { Debts } from "./debts.ts";
import { type Few, priceOf, shareSlots, type Turn } from "./share-slots.ts";
import { ALL, fewQuery, turnQuery } from "./turn-query.ts";

/** So much and every row is written anew. Numbers stay exact in JavaScript up to 8,000 times as much. */
const FORGIVEN_MAX = 2 ** 40;

/** Slots that are given to clients at one time, with what they owed before. */
type Round = { readonly turns: readonly Turn[]; readonly debts: Debts };

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
    if (!found) this.begin();
    return found !== undefined;
  }

  /** Begins turns anew, as nobody waits: so they are the same for the same tasks. */
  begin(): void {
    this.#lookedUpTo = "";
  }

  /**
   * Whose the next slots are: as many as asked for, or as it is known whose they are; none if it is nobody's turn. Changes nothing in the
   * database. Call it inside `write`, in which nobody else gives turns.
   */
  async next(worker: Pick<Worker, "id" | "abilities">, slots: number): Promise<Round> {
    const few = slots > 1 ? await this.#few(worker, slots) : undefined;
    if (!few) return this.#one(worker);
    const { turns, lookedUpTo } = shareSlots(few, slots);
    this.#lookedUpTo = lookedUpTo;
    return { turns, debts: few.debts };
  }

  /** Writes which of the turns of a round were taken. Call it inside the same `write`. */
  async take(turns: readonly Turn[], debts: Debts): Promise<void> {
    for (const { queue, price } of turns) debts.take(queue.clientCode, price);
    const { forgiven, isMoreForgiven } = debts;
    const changed = [...(isMoreForgiven ? [[ALL, forgiven] as const] : []), ...debts.changed()];
    await this.#queries.owe.execute({
      clientCodes: changed.map(([code]) => code),
      debts: changed.map(([, debt]) => debt),
      forgiven,
    });
    if (forgiven > FORGIVEN_MAX) await this.#queries.rebase.execute({ forgiven });
  }

  /** One turn, however many clients there are. */
  async #one(worker: Pick<Worker, "id" | "abilities">): Promise<Round> {
    const found = await this.#find(worker);
    this.#lookedUpTo = found?.lookedUpTo ?? "";
    const forgiven = Number(found?.forgiven ?? 0);
    if (!found) return { turns: [], debts: new Debts([], forgiven) };
    const { clientCode, needs, isLive, debt, weight } = found;
    return {
      turns: [{ queue: { clientCode, needs, isLive }, price: priceOf(weight) }],
      debts: new Debts([[clientCode, Number(debt)]], forgiven),
    };
  }

  /** Undefined if they are not few, or none. */
  async #few(worker: Pick<Worker, "id" | "abilities">, slots: number): Promise<Few | undefined> {
    const rows = await this.#queries.few.execute({ ...this.#asked(worker), slots });
    const [first] = rows;
    if (!first) return undefined;
    const start = rows.findIndex(({ isNext }) => isNext);
    return {
      standings: rows.map(({ clientCode, weight, room, needs, areLive }) => ({
        clientCode,
        weight,
        room: numberOf(room),
        heads: needs.map((each, index) => ({
          clientCode,
          needs: each,
          isLive: areLive[index] ?? false,
        })),
      })),
      start: start < 0 ? rows.length : start,
      liveRoom: numberOf(first.liveRoom),
      debts: new Debts(
        rows.flatMap(({ clientCode, debt }) => (debt === null ? [] : [[clientCode, Number(debt)]])),
        Number(first.forgiven ?? 0),
      ),
    };
  }

  async #find(worker: Pick<Worker, "id" | "abilities">) {
    const [found] = await this.#queries.next.execute(this.#asked(worker));
    return found;
  }

  #asked({ id, abilities }: Pick<Worker, "id" | "abilities">) {
    return {
      ...this.#limits,
      workerId: id,
      abilities: abilities ? literalOf(abilities) : null,
      after: this.#lookedUpTo,
    };
  }
}

const literals = new WeakMap<readonly string[], string>();

/** An array of texts as PostgreSQL reads it. A worker has some hundreds of abilities, and asks with them several times a task. */
function literalOf(texts: readonly string[]): string {
  const known = literals.get(texts);
  if (known !== undefined) return known;
  const quoted = texts.map((text) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`);
  const literal = `{${quoted.join(",")}}`;
  literals.set(texts, literal);
  return literal;
}

/** A count, which PostgreSQL gives as text. */
const numberOf = (count: string | null): number | null => (count === null ? null : Number(count));

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const forgiven = sql`${sql.placeholder("forgiven")}::bigint`;
  const clientCodes = sql`${sql.placeholder("clientCodes")}::text[]`;
  const turn = {
    clientCode: sql<string>`client_code`,
    needs: sql<string>`needs`,
    isLive: sql<boolean>`is_live`,
    debt: sql<string>`debt`,
    weight: sql<number>`weight`,
    forgiven: sql<string | null>`forgiven`,
    lookedUpTo: sql<string>`looked_up_to`,
  };
  const standing = {
    clientCode: sql<string>`client_code`,
    isNext: sql<boolean>`is_next`,
    debt: sql<string | null>`debt`,
    weight: sql<number>`weight`,
    room: sql<string | null>`room`,
    needs: sql<string[]>`needs`,
    areLive: sql<boolean[]>`are_live`,
    liveRoom: sql<string | null>`live_room`,
    forgiven: sql<string | null>`forgiven`,
  };
  // Rows that are written below are deleted by nothing else of the statement: it changes each row once.
  const settled = sql`delete from turns where debt <= ${forgiven}
    and client_code <> all(${clientCodes}) and client_code <> ${sql.raw(`'${ALL}'`)}`;
  const owed = sql`insert into turns (client_code, debt)
    select * from unnest(${clientCodes}, ${sql.placeholder("debts")}::bigint[])
    on conflict (client_code) do update set debt = excluded.debt`;
  return prepared({
    next: () => orm.select(turn).from(turnQuery()).prepare("next_turn"),
    few: () => orm.select(standing).from(fewQuery()).prepare("few_clients"),
    owe: () =>
      orm
        .with(orm.$with("settled", {}).as(settled), orm.$with("owed", {}).as(owed))
        .select({ one: sql`1` })
        .from(sql`(select) as once`)
        .prepare("owe_for_turns"),
    rebase: () =>
      orm
        .update(turns)
        .set({ debt: sql`debt - ${forgiven}` })
        .prepare("rebase_debts"),
  });
}
