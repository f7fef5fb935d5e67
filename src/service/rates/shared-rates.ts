import type { Fleet } from "../../fleet/fleet.ts";
import type { Caller } from "../authenticate.ts";
import { atOnceOf, type Rates, tooManyCalls } from "./request-rates.ts";

/** How long a node may answer what it was given; the rest of it is lost, so that no node saves calls up. */
const PIECE_MS = 1_000;
/** A node takes calls for so long at once, by how many it has answered lately. */
const PIECES_PER_SECOND = 4;
/** How long a node asks for no more after it was given less than it asked for. */
const PAUSE_MS = 50;

/** What a node knows of a client that calls it. Times in ms, by its own clock that never goes back. */
type Standing = {
  /** Calls that it may answer, and until when. */
  calls: number;
  untilMs: number;
  /** Whether it may answer any number until then, as no other client called any node. */
  isFree: boolean;
  /** Until when it asks for no more, as it was given less than it asked for. */
  emptyUntilMs: number;
  /** Roughly how many it answered within the last second. */
  lately: number;
  latelyMs: number;
  /** How many calls wait for what it asks for. */
  waiting: number;
  asking: Promise<void> | undefined;
};

/** How a caller is limited: `isDefault` where its record does not say. */
type Limit = {
  readonly clientCode: string;
  readonly perSecond: number;
  readonly isDefault: boolean;
};

/**
 * How many calls a second each client may make of all nodes of a fleet together. What `RequestRates` keeps in memory is in the database,
 * and a node takes calls of it in pieces: some calls that come to it wait for one statement, a few in a second and no more than there are
 * calls, whatever the limit is.
 *
 * A piece can be used for `PIECE_MS`. So what all nodes together answer in any time is at most what one machine would answer in that time
 * and a second.
 */
export class SharedRates implements Rates {
  readonly #perSecond: number;
  readonly #fleet: Pick<Fleet, "takeCalls">;
  readonly #nowMs: () => number;
  readonly #standings = new Map<string, Standing>();

  /**
   * @param perSecond - the default, the same on all nodes; 0 is any number
   * @param nowMs - of a clock that never goes back
   */
  constructor(
    perSecond: number,
    fleet: Pick<Fleet, "takeCalls">,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#perSecond = perSecond;
    this.#fleet = fleet;
    this.#nowMs = nowMs;
  }

  take({
    clientCode,
    requestsPerSecond,
  }: Pick<Caller, "clientCode" | "requestsPerSecond">): (() => void) | Promise<() => void> {
    const isDefault = requestsPerSecond === null;
    const limit = { clientCode, perSecond: requestsPerSecond ?? this.#perSecond, isDefault };
    const standing = this.#standingOf(clientCode);
    if (limit.perSecond > 0) return this.#spent(standing) ?? this.#waitAndSpend(limit, standing);
    // Others are limited by the default only while this one calls, too: it has to be known that it does.
    if (this.#perSecond > 0 && this.#nowMs() > standing.untilMs)
      this.#ask(limit, standing).catch(() => {});
    return () => {};
  }

  /** @returns what takes the call back; undefined where nothing is left */
  #spent(standing: Standing): (() => void) | undefined {
    const nowMs = this.#nowMs();
    if (nowMs > standing.untilMs) return undefined;
    if (!standing.isFree) {
      if (standing.calls < 1) return undefined;
      standing.calls -= 1;
    }
    standing.lately = latelyOf(standing, nowMs) + 1;
    standing.latelyMs = nowMs;
    const { untilMs } = standing;
    return () => {
      // Not into a later piece: it was not of that.
      if (standing.untilMs === untilMs) standing.calls += 1;
    };
  }

  async #waitAndSpend(limit: Limit, standing: Standing): Promise<() => void> {
    standing.waiting += 1;
    try {
      for (;;) {
        if (this.#nowMs() < standing.emptyUntilMs)
          throw tooManyCalls(limit.clientCode, limit.perSecond);
        await this.#ask(limit, standing);
        const takeBack = this.#spent(standing);
        if (takeBack) return takeBack;
      }
    } finally {
      standing.waiting -= 1;
    }
  }

  /** Asks for a piece, once for all calls that wait for it. */
  #ask(limit: Limit, standing: Standing): Promise<void> {
    standing.asking ??= this.#askFor(limit, standing).finally(() => {
      standing.asking = undefined;
    });
    return standing.asking;
  }

  async #askFor({ clientCode, perSecond, isDefault }: Limit, standing: Standing): Promise<void> {
    // What else comes in this turn of the event loop waits for the same.
    await undefined;
    const nowMs = this.#nowMs();
    const usual = Math.ceil(latelyOf(standing, nowMs) / PIECES_PER_SECOND);
    const atOnce = atOnceOf(perSecond);
    const wanted = Math.min(atOnce, Math.max(standing.waiting, usual));
    const given = await this.#fleet.takeCalls({ clientCode, perSecond, atOnce, wanted });
    standing.calls = given.calls;
    // From before it was asked for, as it is counted from when it was given.
    standing.untilMs = nowMs + PIECE_MS;
    standing.isFree = isDefault && given.isAlone;
    // While a client calls too often, it would be asked for every call of it.
    if (given.calls < wanted && !standing.isFree)
      standing.emptyUntilMs = this.#nowMs() + pauseMsOf(perSecond, given.left);
  }

  #standingOf(clientCode: string): Standing {
    const known = this.#standings.get(clientCode);
    if (known) return known;
    const past = Number.NEGATIVE_INFINITY;
    const standing = {
      calls: 0,
      untilMs: past,
      isFree: false,
      emptyUntilMs: past,
      lately: 0,
      latelyMs: 0,
      waiting: 0,
      asking: undefined,
    };
    this.#standings.set(clientCode, standing);
    return standing;
  }
}

/** Calls of which each counts less with time: as many as came in the last second, while they come evenly. */
const latelyOf = ({ lately, latelyMs }: Standing, nowMs: number): number =>
  lately * Math.exp((latelyMs - nowMs) / 1000);

/** Until there is a call again, and not much less than a pause, in which calls are saved up; but not until no more of them are. */
const pauseMsOf = (perSecond: number, left: number): number => {
  const oneMs = ((1 - left) / perSecond) * 1000;
  const savedUpMs = (atOnceOf(perSecond) / perSecond) * 1000;
  return Math.max(oneMs, Math.min(PAUSE_MS, savedUpMs / 2));
};
