import { Debts } from "../../../src/queue/postgres/debts.ts";
import { priceOf, type Turn } from "../../../src/queue/postgres/share-slots.ts";
import type { TurnLimits } from "../../../src/queue/turns.ts";
import type { Ready } from "./ready.ts";

/** As `src/queue/postgres/turn-query.ts` has it; `test/simulation/fleet/same.test.ts` holds both against each other. */
const LOOKED_AT = 32;

/** What the record of a client says. */
export type Weighted = { readonly weight: number; readonly runningMax: number | null };

/** Whose turn it is, and up to which client was looked. */
type Found = Turn & { readonly lookedUpTo: string };

type Asking = {
  readonly abilities: ReadonlySet<string> | null;
  readonly mayBeLive: boolean;
  /** Up to which client this node has looked. */
  readonly after: string;
};

/** The deficit round robin of `src/queue/postgres/turn-query.ts`, over memory. */
export class MemoryTurns {
  readonly #ready: Ready;
  readonly #limits: TurnLimits;
  readonly #runningOf: (client: string) => number;
  readonly #records = new Map<string, Weighted>();
  readonly #debts = new Debts([], 0);

  constructor(ready: Ready, limits: TurnLimits, runningOf: (client: string) => number) {
    this.#ready = ready;
    this.#limits = limits;
    this.#runningOf = runningOf;
  }

  record(client: string, record: Weighted): void {
    this.#records.set(client, record);
  }

  /** How many rows there are. */
  get rows(): number {
    return this.#debts.changed().length + (this.#debts.isMoreForgiven ? 1 : 0);
  }

  next(asking: Asking): Found | undefined {
    const { after } = asking;
    const { clients } = this.#ready;
    if (clients.length === 0) return undefined;
    const few = clientsBehind(clients, after);
    const hasEnded = few.length < LOOKED_AT;
    const beginning = after !== "" && hasEnded ? clients.slice(0, LOOKED_AT) : [];
    for (const list of [few, beginning])
      for (const client of list) {
        if (this.#debts.of(client) !== undefined) continue;
        const turn = this.#turnOf(client, client, asking);
        if (turn) return turn;
      }
    const looked = !hasEnded || after === "" ? few : beginning;
    const lookedUpTo = looked.length === LOOKED_AT ? (looked.at(-1) ?? "") : "";
    const owed = (client: string): number => this.#debts.of(client) ?? 0;
    const owing = clients
      .filter((client) => this.#debts.of(client) !== undefined)
      // Of those that owe the same, the first stays so.
      .toSorted((a, b) => owed(a) - owed(b));
    for (const client of owing) {
      const turn = this.#turnOf(client, lookedUpTo, asking);
      if (turn) return turn;
    }
    for (const client of clients) {
      const turn = this.#turnOf(client, lookedUpTo, asking);
      if (turn) return turn;
    }
    return undefined;
  }

  take({ queue: { clientCode }, price }: Turn): void {
    this.#debts.take(clientCode, price);
  }

  #turnOf(client: string, lookedUpTo: string, { abilities, mayBeLive }: Asking): Found | undefined {
    const record = this.#records.get(client);
    const max = record?.runningMax ?? this.#limits.runningMax;
    if (max !== 0 && max <= this.#runningOf(client)) return undefined;
    const head = this.#ready.headOf(client, abilities, mayBeLive);
    if (!head) return undefined;
    return { queue: head.kind, price: priceOf(record?.weight ?? 1), lookedUpTo };
  }
}

/** The next few of a list in order. */
function clientsBehind(clients: readonly string[], after: string): readonly string[] {
  let low = 0;
  let high = clients.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((clients[middle] ?? "") > after) high = middle;
    else low = middle + 1;
  }
  return clients.slice(low, low + LOOKED_AT);
}
