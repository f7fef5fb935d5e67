import type { Worker } from "../../src/queue/queue.ts";
import type { DatabaseModel } from "./database-model.ts";
import type { ClientClass } from "./load.ts";
import type { MemoryFleet, MemorySizes } from "./memory/memory-fleet.ts";
import { isReady, type MemoryRow } from "./memory/ready.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Shares are looked at over so long. */
const WINDOW_MS = 600_000;
const MINUTE_MS = 60_000;

/** What is known of one client. */
type OfClient = {
  readonly className: string;
  readonly weight: number;
  /** What its tasks need of a worker: those that need the same share the same workers. */
  readonly needs: string;
  pending: number;
  /** How many slots the flood had been given, of workers that can run its tasks, when it was its turn, or it began to wait. */
  floodBefore: number;
  /** The fewest that waited in this window, and how many slots it was given in it. */
  leastPending: number;
  given: number;
};

/** What is known of a class of clients. */
export type OfClass = {
  readonly waits: number[];
  made: number;
  ended: number;
  failed: number;
  runs: number;
  ranMs: number;
};

/** What is seen of a simulation. */
export class Records {
  readonly classes = new Map<string, OfClass>();
  /** Of each window in which several clients that need the same had tasks all the time: how even slots were given, by weights (Jain's index, at most 1). */
  readonly evenness: number[] = [];
  /** The most slots that went to the flood one after the other while a client waited whose tasks their workers can run, by classes of clients. */
  readonly passedOver = new Map<string, number>();
  readonly peaks: Partial<Record<keyof MemorySizes, number>> = {};
  /** Of each minute: CPU of the server in cores, part of the time for which the lock was held, statements and claims a second. */
  readonly minutes: {
    cpu: number;
    locked: number;
    statements: number;
    claims: number;
    busy: number;
  }[] = [];
  deaths = 0;
  lost = 0;
  /** The farthest that the server was behind, in ms. */
  behindMs = 0;
  readonly #time: VirtualTime;
  readonly #clients = new Map<string, OfClient>();
  readonly #readyMs = new Map<string, number>();
  readonly #abilities = new Map<string, readonly string[]>();
  /** How many slots the flood was given of workers that can run what needs this. */
  readonly #flood = new Map<string, number>();
  #windowMs: number;
  #minuteMs: number;
  #before = { cpuMs: 0, lockedMs: 0, statements: 0, claims: 0 };
  #claims = 0;
  #busy = 0;
  #looks = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
    this.#windowMs = time.now();
    this.#minuteMs = time.now();
  }

  client(code: string, { name: className, weight, needs }: ClientClass): void {
    const none = { pending: 0, floodBefore: 0, leastPending: 0, given: 0 };
    this.#clients.set(code, { className, weight, needs, ...none });
    this.#flood.set(needs, 0);
    const empty = { waits: [], made: 0, ended: 0, failed: 0, runs: 0, ranMs: 0 };
    if (!this.classes.has(className)) this.classes.set(className, empty);
  }

  /** There is one more worker. */
  hired({ id, abilities = [] }: Worker): void {
    this.#abilities.set(id, abilities);
  }

  /** A worker has died, with so many runs. */
  died(running: number): void {
    this.deaths += 1;
    this.lost += running;
  }

  ran(code: string, ms: number): void {
    const { ofClass } = this.#of(code);
    ofClass.runs += 1;
    ofClass.ranMs += ms;
  }

  changed(row: MemoryRow): void {
    const { client, ofClass } = this.#of(row.clientCode);
    const nowMs = this.#time.now();
    if (row.attempt === 0 && row.status === "PENDING") ofClass.made += 1;
    const { id, status, endMs, workerId } = row;
    if (isReady(row)) {
      this.#readyMs.set(row.id, nowMs);
      if (client.pending === 0) client.floodBefore = this.#flood.get(client.needs) ?? 0;
      client.pending += 1;
      return;
    }
    const readyMs = this.#readyMs.get(id);
    if (status === "RUNNING" && readyMs !== undefined) {
      this.#readyMs.delete(id);
      this.#claims += 1;
      client.pending -= 1;
      client.leastPending = Math.min(client.leastPending, client.pending);
      client.given += 1;
      ofClass.waits.push(nowMs - readyMs);
      this.#turn(client, workerId ?? "");
    }
    if (endMs === null) return;
    ofClass.ended += 1;
    if (status === "FAILED") ofClass.failed += 1;
  }

  /** To be called every second. */
  look(fleet: MemoryFleet, database: DatabaseModel, slots: number): void {
    const { sizes } = fleet;
    for (const [name, size] of Object.entries(sizes) as [keyof MemorySizes, number][])
      this.peaks[name] = Math.max(this.peaks[name] ?? 0, size);
    this.behindMs = Math.max(this.behindMs, database.behindMs);
    this.#busy += sizes.running / slots;
    this.#looks += 1;
    const nowMs = this.#time.now();
    if (nowMs - this.#minuteMs >= MINUTE_MS) this.#endMinute(database, nowMs);
    if (nowMs - this.#windowMs >= WINDOW_MS) this.#endWindow(nowMs);
  }

  #turn(client: OfClient, workerId: string): void {
    const { className, needs, floodBefore } = client;
    if (className === "flood") {
      const abilities = this.#abilities.get(workerId) ?? [];
      for (const [each, slots] of this.#flood)
        if (each.split(" ").every((need) => abilities.includes(need)))
          this.#flood.set(each, slots + 1);
      return;
    }
    const flood = this.#flood.get(needs) ?? 0;
    const before = this.passedOver.get(className) ?? 0;
    this.passedOver.set(className, Math.max(before, flood - floodBefore));
    client.floodBefore = flood;
  }

  #endMinute({ asked, lockedMs }: DatabaseModel, nowMs: number): void {
    const all = [...asked.values()];
    const sum = (key: "cpuMs" | "statements") => all.reduce((total, each) => total + each[key], 0);
    const now = {
      cpuMs: sum("cpuMs"),
      statements: sum("statements"),
      lockedMs,
      claims: this.#claims,
    };
    const ms = nowMs - this.#minuteMs;
    const before = this.#before;
    this.minutes.push({
      cpu: (now.cpuMs - before.cpuMs) / ms,
      locked: (now.lockedMs - before.lockedMs) / ms,
      statements: ((now.statements - before.statements) / ms) * 1_000,
      claims: ((now.claims - before.claims) / ms) * 1_000,
      busy: this.#busy / this.#looks,
    });
    this.#before = now;
    this.#busy = 0;
    this.#looks = 0;
    this.#minuteMs = nowMs;
  }

  #endWindow(nowMs: number): void {
    const clients = [...this.#clients.values()];
    for (const alike of this.#flood.keys()) {
      const shares = clients
        .filter(({ leastPending, needs }) => leastPending > 0 && needs === alike)
        .map(({ given, weight }) => given / weight);
      const sum = shares.reduce((total, share) => total + share, 0);
      const squares = shares.reduce((total, share) => total + share ** 2, 0);
      if (shares.length > 1 && squares > 0)
        this.evenness.push(sum ** 2 / (shares.length * squares));
    }
    for (const client of clients) {
      client.leastPending = client.pending;
      client.given = 0;
    }
    this.#windowMs = nowMs;
  }

  #of(code: string): { readonly client: OfClient; readonly ofClass: OfClass } {
    const client = this.#clients.get(code);
    const ofClass = client && this.classes.get(client.className);
    if (!ofClass) throw new RangeError(`Cannot record anything of client "${code}": it is unknown`);
    return { client, ofClass };
  }
}
