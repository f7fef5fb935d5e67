import type { Debts } from "./debts.ts";
import type { QueueKey } from "./queue-name.ts";

/** What a client of weight 1 owes for a slot. Divides well by small weights, so that their shares are exact. */
const SLOT_PRICE = 720_720;

/** What a slot costs a client. */
export const priceOf = (weight: number): number => Math.ceil(SLOT_PRICE / weight);

/** A slot that a client is given: where the task is that it is for, and what it costs. */
export type Turn = { readonly queue: QueueKey; readonly price: number };

/** A client with ready tasks. */
export type Standing = {
  readonly clientCode: string;
  readonly weight: number;
  /** How many more of its tasks may run; null is any number. */
  readonly room: number | null;
  /** Where its most urgent tasks are that the worker may take, the most urgent first. */
  readonly heads: readonly QueueKey[];
};

/** All clients with ready tasks, in the order of their codes. */
export type Few = {
  readonly standings: readonly Standing[];
  /** The first of them that is looked at: the one after that which was given the last slot as it owed nothing. */
  readonly start: number;
  /** How many more live tasks the worker may have wait for their sources; null is any number. */
  readonly liveRoom: number | null;
  readonly debts: Debts;
};

/** Slots that are given, and up to which client was looked for those that owe nothing. */
export type Shared = { readonly turns: readonly Turn[]; readonly lookedUpTo: string };

/**
 * Gives slots to clients, each as `turnQuery` gives one: to the next client that owes nothing, else to the one that owes least. It ends early
 * where nobody may have another one, or where it is not known whose turn it is as only a client's first tasks are known.
 */
export function shareSlots(few: Few, slots: number): Shared {
  const debts = few.debts.copy();
  const clients = few.standings.map((standing, index) => new Sharer(standing, index));
  const turns: Turn[] = [];
  let { start, liveRoom } = few;
  let lookedUpTo = "";
  while (turns.length < slots) {
    const able = clients.filter((client) => client.mayTake(liveRoom));
    if (clients.some((client) => client.isUnknown(slots))) break;
    const next = nextOf(able, start, debts);
    start = next && debts.of(next.clientCode) === undefined ? next.index + 1 : 0;
    lookedUpTo = start > 0 && next ? next.clientCode : "";
    const queue = next?.takeHead();
    if (!next || !queue) break;
    if (queue.isLive && liveRoom !== null) liveRoom -= 1;
    debts.take(next.clientCode, next.price);
    turns.push({ queue, price: next.price });
  }
  return { turns, lookedUpTo };
}

/** The first client from a place on that owes nothing, after the last the first; else the one that owes least. */
function nextOf(able: readonly Sharer[], start: number, debts: Debts): Sharer | undefined {
  const free = able.filter(({ clientCode }) => debts.of(clientCode) === undefined);
  const first = free.find(({ index }) => index >= start) ?? free[0];
  if (first) return first;
  const owed = (client: Sharer): number => debts.of(client.clientCode) ?? 0;
  return able.reduce<Sharer | undefined>(
    (least, client) => (least && owed(least) <= owed(client) ? least : client),
    undefined,
  );
}

/** A client as slots are given. */
class Sharer {
  readonly index: number;
  readonly clientCode: string;
  readonly price: number;
  readonly #heads: QueueKey[];
  readonly #listed: number;
  #room: number;

  constructor({ clientCode, weight, room, heads }: Standing, index: number) {
    this.index = index;
    this.clientCode = clientCode;
    this.price = priceOf(weight);
    this.#heads = [...heads];
    this.#listed = heads.length;
    this.#room = room ?? Number.POSITIVE_INFINITY;
  }

  /** Whether it may have a slot; passes over live tasks that may not wait. */
  mayTake(liveRoom: number | null): boolean {
    if (liveRoom === 0) while (this.#heads[0]?.isLive) this.#heads.shift();
    return this.#room > 0 && this.#heads.length > 0;
  }

  /** Whether it may have more tasks behind those that are known. @param listed - how many are known at most */
  isUnknown(listed: number): boolean {
    return this.#heads.length === 0 && this.#listed === listed && this.#room > 0;
  }

  takeHead(): QueueKey | undefined {
    this.#room -= 1;
    return this.#heads.shift();
  }
}
