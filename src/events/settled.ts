import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";

/** How long a reader waits for the transactions that write just now; they take milliseconds. */
const WAIT_MS_MAX = 1_000;
const PAUSE_MS = 2;

/** Up to a place, all will be settled once all transactions up to this number have ended. */
type Check = { readonly place: number; readonly transaction: bigint };

/**
 * How far the log can be read so that nothing comes in behind: transactions take places in another order than they commit.
 *
 * Who writes an event has the number of its transaction before the event gets its place. So when a place has been read, and a number is
 * taken after that, every event up to the place is of a transaction with a lower number; once those have all ended, no event can be added
 * there. (The number of an event's own transaction does not say that: of two transactions, the older one may take the later place.)
 */
export class Settled {
  readonly #database: PostgresDatabase;
  #place = 0;
  #check: Check | undefined;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  /** Nothing comes in behind this place any more. */
  get place(): number {
    return this.#place;
  }

  /** The place of the newest event that is committed, settled or not; 0 if there is none. */
  async newest(): Promise<number> {
    return Number(await this.#ask("select coalesce(max(seq), 0) as answer from events"));
  }

  /** Looks how far the log is settled. @returns whether that is its end */
  async look(): Promise<boolean> {
    if (this.#check) await this.#finish(this.#check);
    const place = await this.newest();
    if (place <= this.#place) return true;
    if (!this.#check) {
      // After the place. It is the number of a transaction of its own, which ends with the statement.
      const transaction = BigInt(await this.#ask("select pg_current_xact_id() as answer"));
      this.#check = { place, transaction };
      await this.#finish(this.#check);
    }
    return place <= this.#place;
  }

  /**
   * Waits until everything is settled that is committed now, for a while: a transaction may hang.
   *
   * @returns the place of the newest event, settled or not
   */
  async reach(): Promise<number> {
    const endMs = performance.now() + WAIT_MS_MAX;
    const newest = await this.newest();
    while (this.#place < newest && performance.now() < endMs) {
      await this.look();
      if (this.#place < newest) await sleep(PAUSE_MS);
    }
    return newest;
  }

  async #finish(check: Check): Promise<void> {
    const snapshot = await this.#ask("select pg_current_snapshot() as answer");
    const [oldest = 0n, next = 0n] = snapshot.split(":", 2).map(BigInt);
    const isSettled = oldest > check.transaction;
    if (isSettled) this.#place = Math.max(this.#place, check.place);
    // A server that has not come so far is another one by now, or has lost its last transactions: it counts them anew.
    const isOther = next <= check.transaction;
    if (this.#check === check && (isSettled || isOther)) this.#check = undefined;
  }

  /** Each is a statement, and a transaction, of its own. */
  #ask(query: string): Promise<string> {
    return this.#database.read(async () => {
      const { rows } = await this.#database.execute(query);
      const [row] = rows as readonly { readonly answer: string }[];
      return String(row?.answer);
    });
  }
}
