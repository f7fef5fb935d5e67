import { tellsEvents } from "../../src/db/postgres/notices/notices.ts";
import { TaskError } from "../../src/task/errors.ts";
import type { CallName } from "./calls.ts";
import type { Living, VirtualTime } from "./virtual-time.ts";

/** What a call costs, as `measure.ts` found it. */
export type Cost = Readonly<Record<"statements" | "commits" | "notices" | "cpuMs", number>>;

/** The server of a simulation. */
export type ServerOptions = {
  readonly cores: number;
  /** From a node to the server and back, for each statement. */
  readonly roundTripMs: number;
  /** How long the disk takes to sync a commit. Commits that come together share one sync, but those of claims follow one another. */
  readonly syncMs: number;
  readonly costs: Readonly<Record<CallName, Cost>>;
  /** CPU of a notice, and of each connection that listens for it. */
  readonly noticeMs: number;
  readonly listenerMs: number;
};

/** A claim that waits longer for the lock of turns is refused, as `lock_timeout` has it. */
const LOCK_MS_MAX = 10_000;
/** What is answered sooner is answered at once, where nobody is waiting for it: it makes no difference, and less to compute. */
const SOON_MS = 100;

/** What tells of work as well: all of that is counted where it is told. */
const WORK_TOLD: ReadonlySet<CallName> = new Set(["create", "giveBack"]);

/** It does not die. */
const SERVER: Living = { isDead: false };

const ANSWERED = Promise.resolve();

/** What was asked of the server. */
export type Asked = { calls: number; statements: number; commits: number; cpuMs: number };

const nothing = (): Asked => ({ calls: 0, statements: 0, commits: 0, cpuMs: 0 });

/**
 * A PostgreSQL server: its cores work off what is asked in the order in which it comes, and claims follow one another under their lock. It answers as
 * late as that takes.
 */
export class DatabaseModel {
  readonly asked = new Map<CallName | "notices", Asked>();
  /** How long claims held their lock, together. */
  lockedMs = 0;
  /** Claims that were refused as the lock was not to be had. */
  refused = 0;
  readonly #time: VirtualTime;
  readonly #options: ServerOptions;
  /** When the cores have done all that was asked. */
  #freeMs = 0;
  /** Resolved when the last in line for the lock of turns gives it back. */
  #lock = Promise.resolve();
  /** How many connections listen for notices. */
  listeners = 0;

  constructor(time: VirtualTime, options: ServerOptions) {
    this.#time = time;
    this.#options = options;
  }

  /** How far the server is behind, in ms. */
  get behindMs(): number {
    return Math.max(0, this.#freeMs - this.#time.now());
  }

  /** Resolves when a call is answered. @param isWaitedFor - whether it matters if that is a moment later */
  call(name: CallName, who: Living, isWaitedFor = true): Promise<void> {
    const doneMs = this.charge(name, 1);
    const isSoon = !isWaitedFor && doneMs - this.#time.now() <= SOON_MS;
    return isSoon ? ANSWERED : this.#time.until(doneMs, who);
  }

  /** Wakes all that listen. */
  tell(times = 1): void {
    const { noticeMs, listenerMs } = this.#options;
    const cpuMs = noticeMs + this.listeners * listenerMs;
    this.#count("notices", times, { statements: 1, commits: 0, notices: 0, cpuMs });
    this.#work(times * cpuMs);
  }

  /** Asks the same many times, with nobody waiting. @returns when it is answered, in ms of the virtual time */
  charge(name: CallName, times: number): number {
    const { roundTripMs, syncMs, costs } = this.#options;
    const { statements, commits, cpuMs } = costs[name];
    const startMs = Math.max(this.#time.now(), this.#freeMs);
    this.#use(name, times, costs[name]);
    return startMs + statements * roundTripMs + cpuMs + (commits > 0 ? syncMs : 0);
  }

  /**
   * Makes a claim when it has the lock: those behind it in line wait until it is committed.
   *
   * @throws {TaskError} `service_unavailable`
   */
  async claim<T>(who: Living, claim: () => readonly T[]): Promise<readonly T[]> {
    const time = this.#time;
    const before = this.#lock;
    const lock = Promise.withResolvers<void>();
    this.#lock = lock.promise;
    const askedMs = Math.max(time.now(), this.#freeMs) + 2 * this.#options.roundTripMs;
    await time.until(askedMs, SERVER);
    await before;
    const isLate = time.now() - askedMs > LOCK_MS_MAX;
    if (!isLate && !who.isDead) {
      const works = claim();
      const heldMs = this.#heldMs(works.length);
      this.lockedMs += heldMs;
      await time.until(time.now() + heldMs, SERVER);
      lock.resolve();
      await time.until(time.now(), who);
      return works;
    }
    lock.resolve();
    if (isLate) this.refused += 1;
    await time.until(time.now(), who);
    throw new TaskError("service_unavailable", "Cannot claim: the lock of turns is not free");
  }

  #heldMs(tasks: number): number {
    const { roundTripMs, syncMs, costs } = this.#options;
    const { claimNone, claimOne, claimFive } = costs;
    const of = (key: keyof Cost): number =>
      tasks === 0
        ? claimNone[key]
        : claimOne[key] + ((claimFive[key] - claimOne[key]) / 4) * (tasks - 1);
    const cost = {
      statements: of("statements"),
      commits: 1,
      notices: tasks === 0 ? 0 : 1,
      cpuMs: of("cpuMs"),
    };
    this.#use(tasks === 0 ? "claimNone" : "claimOne", 1, cost);
    // `begin` and what takes the lock come before. What has changed nothing is not synced.
    return (cost.statements - 2) * roundTripMs + cost.cpuMs + (tasks === 0 ? 0 : syncMs);
  }

  /** Has the cores do it, after all that was asked before. */
  #use(name: CallName, times: number, cost: Cost): void {
    this.#count(name, times, cost);
    this.#work(times * cost.cpuMs);
    const isOfEvents = !WORK_TOLD.has(name) && tellsEvents(this.listeners);
    if (isOfEvents) this.tell(Math.round(times * cost.notices));
  }

  #work(cpuMs: number): void {
    this.#freeMs = Math.max(this.#time.now(), this.#freeMs) + cpuMs / this.#options.cores;
  }

  #count(name: CallName | "notices", times: number, { statements, commits, cpuMs }: Cost): void {
    const asked = this.asked.get(name) ?? nothing();
    this.asked.set(name, asked);
    asked.calls += times;
    asked.statements += times * statements;
    asked.commits += times * commits;
    asked.cpuMs += times * cpuMs;
  }
}
