import { getLogger } from "@logtape/logtape";
import type { PostgresDatabase } from "./postgres.ts";

const log = getLogger(["pontus", "database"]);

/** How often the server is asked for its time; two clocks of computers drift apart by a millisecond or two in that while. */
const LOOK_MS = 30_000;
/** The first looks, of which each narrows what the difference can be. */
const FIRST_LOOKS = 3;
/** A server whose clock goes back by more was set back, and is followed; less is only held. */
const SET_BACK_MS = 1_000;

/** The clock that all nodes of a fleet share: that of their database. */
export type DatabaseClock = {
  /** ms since the epoch. It never goes back, unless the server's clock was set back by more than a second. */
  readonly now: () => number;
  readonly close: () => void;
};

/** What a clock is made of. */
type ClockParts = {
  /** Asks the server for its time, ms since the epoch. */
  readonly ask: () => Promise<number>;
  /** A clock of this machine that nobody sets, in ms. */
  readonly monotonicMs?: () => number;
  readonly lookMs?: number;
};

/** The time of a server, as its statements see it. */
export const timeOf = (database: Pick<PostgresDatabase, "read" | "execute">) => () =>
  database.read(async () => {
    const { rows } = await database.execute(
      "select extract(epoch from clock_timestamp()) * 1000 as now",
    );
    return Number((rows[0] as { readonly now: string }).now);
  });

/**
 * Measures how far the server's clock is from one of this machine that only counts, and again every half a minute: what this machine takes
 * for the time of day does not matter, nor does setting it.
 *
 * @throws what the first looks throw; later ones are made up for by the next
 */
export async function openClock({
  ask,
  monotonicMs = () => performance.now(),
  lookMs = LOOK_MS,
}: ClockParts): Promise<DatabaseClock> {
  let offsetMs: number | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    const askedMs = monotonicMs();
    const serverMs = await ask();
    const answeredMs = monotonicMs();
    // The server read its clock somewhere between the two.
    const [least, most] = [serverMs - answeredMs, serverMs - askedMs];
    const before = offsetMs;
    offsetMs = before === undefined ? (least + most) / 2 : Math.min(Math.max(before, least), most);
    if (before === undefined || before - offsetMs <= SET_BACK_MS) return;
    toldMs = Number.NEGATIVE_INFINITY;
    log.warn("The clock of the database was set back by {seconds} s", {
      seconds: Math.round((before - offsetMs) / 1000),
    });
  };
  for (let looks = 0; looks < FIRST_LOOKS; looks += 1) await look();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => log.debug("Cannot read the database's clock: {error}", { error }))
      .finally(() => {
        isLooking = false;
      });
  }, lookMs);
  timer.unref();
  return {
    now: () => {
      toldMs = Math.max(toldMs, Math.round(monotonicMs() + (offsetMs ?? 0)));
      return toldMs;
    },
    close: () => clearInterval(timer),
  };
}
