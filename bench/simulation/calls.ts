import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { timeOf } from "../../src/db/postgres/clock.ts";
import { CHANNEL } from "../../src/db/postgres/notices/notices.ts";
import { openPostgres, type PostgresDatabase } from "../../src/db/postgres/postgres.ts";
import { Census } from "../../src/fleet/census.ts";
import type { Node } from "../../src/fleet/fleet.ts";
import { PostgresFleet } from "../../src/fleet/postgres.ts";
import { BossEntries } from "../../src/queue/postgres/entries.ts";
import { PostgresQueue } from "../../src/queue/postgres/postgres.ts";
import { PostgresLeftoverStore } from "../../src/store/postgres/leftovers.ts";
import { PostgresNotificationStore } from "../../src/store/postgres/notifications/notifications.ts";
import { PostgresTaskStore } from "../../src/store/postgres/tasks.ts";
import type { Claim } from "../../src/task/task.ts";
import { aFailure, aNewTask, anAdmission, anOutput } from "../../test/fixtures/store-bench.ts";
import { aCapabilities } from "../../test/plan/builders.ts";

/** What nodes of a fleet ask the database for, again and again. */
export const CALLS = [
  /** An idle worker asks whether there is anything, where no task is ready: before there is one. */
  "lookNone",
  "create",
  /** Claims under the lock, of one task and of five, and of none by a node that had one the time before. */
  "claimOne",
  "claimFive",
  "claimNone",
  /** The same where tasks are ready, and none is for it. */
  "look",
  "target",
  "publish",
  "progress",
  "log",
  "heartbeat",
  "finish",
  "giveBack",
  /** What each worker does whether there is work or not. */
  "expire",
  "beat",
  /** A node counts how many there are, of a thousand. */
  "census",
  "sweep",
  "tell",
  "clock",
] as const;

/** One of them. */
export type CallName = (typeof CALLS)[number];

/** A call that is ready to be made, once. */
type Call = () => Promise<unknown>;

/** What was asked of PostgreSQL. Notices are told a little later, several at once where there are several: they are counted apart. */
type Counts = { statements: number; commits: number; notices: number };

/** Counts what this process asks of PostgreSQL. */
export function countQueries(): { readonly counts: Counts; readonly stop: () => void } {
  const counts: Counts = { statements: 0, commits: 0, notices: 0 };
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
    const [asked] = args;
    if ((asked as { readonly name?: string }).name === "notify") counts.notices += 1;
    else counts.statements += 1;
    if (asked === "commit") counts.commits += 1;
    return Reflect.apply(query, this, args);
  } as typeof query;
  const stop = () => {
    pg.Client.prototype.query = query;
  };
  return { counts, stop };
}

/** No lease runs out meanwhile. */
const LIMITS = { leaseMs: 86_400_000, attemptsMax: 3, now: Date.now };
const ABLE = { id: "able", engine: "native", abilities: ["x264"] } as const;
const UNABLE = { id: "unable", engine: "native", abilities: [] } as const;
const NODE: Node = {
  ...{ id: "able", host: "host", zone: "", version: "0.1.0", engine: "native" },
  ...{ engineVersion: "9.0", slots: 1, startedMs: 0 },
  abilities: ABLE.abilities,
  capabilities: aCapabilities(),
};
const BEAT = { running: 1, isDraining: false, hardware: null };
const PROGRESS = {
  phase: "TRANSCODING",
  percent: 5,
  outTimeSeconds: 2,
  speed: 1,
  fps: 25,
} as const;

/** A thousand nodes that are alive. */
const NODES = `insert into workers select node.* from workers as worker, generate_series(1, 1000) as number,
  lateral jsonb_populate_record(worker, jsonb_build_object('id', 'node-' || number)) as node
  where worker.id = 'able' on conflict do nothing`;

/** Makes the calls of one node of a fleet on a database. */
export class FleetCalls {
  readonly #url: string;
  readonly #database: PostgresDatabase;
  readonly #entries: BossEntries;
  readonly #tasks: PostgresTaskStore;
  readonly #queue: PostgresQueue;
  readonly #fleet: PostgresFleet;
  readonly #leftovers: PostgresLeftoverStore;
  readonly #notifications: PostgresNotificationStore;
  readonly #held: Claim[] = [];
  #made = 0;
  #areNodes = false;

  private constructor(url: string, database: PostgresDatabase, entries: BossEntries) {
    this.#url = url;
    this.#database = database;
    this.#entries = entries;
    this.#tasks = new PostgresTaskStore(database, {
      now: Date.now,
      entries,
      needsOf: () => "x264",
    });
    this.#queue = new PostgresQueue(database, entries, LIMITS);
    this.#fleet = new PostgresFleet(database, LIMITS);
    this.#leftovers = new PostgresLeftoverStore(database);
    this.#notifications = new PostgresNotificationStore(database, LIMITS);
  }

  static async open(url: string): Promise<FleetCalls> {
    const database = await openPostgres(url);
    return new FleetCalls(url, database, await BossEntries.open(url, database));
  }

  /** Makes tasks that wait, of a few clients. */
  async fill(tasks: number): Promise<void> {
    const some = Math.min(tasks, 16);
    for (let made = 0; made < tasks; made += some)
      await Promise.all(Array.from({ length: some }, () => this.#create()));
  }

  /** Resolves when what was told of calls has been told. */
  settle = (): Promise<void> => sleep(100);

  /** Ends all that was claimed, so that no more runs than in a fleet. */
  async endAll(): Promise<void> {
    for (const claim of this.#held.splice(0))
      await this.#tasks.finish(claim, { status: "CANCELLED" }).catch(() => {});
    await this.settle();
  }

  /** Has connections listen for notices. @returns what ends them */
  async listen(connections: number): Promise<() => Promise<void>> {
    const all = Array.from({ length: connections }, () => new pg.Client(this.#url));
    for (const client of all) {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    }
    return async () => {
      for (const client of all) await client.end();
    };
  }

  /** Tells a notice. */
  async tell(): Promise<void> {
    await this.#database.read(() =>
      this.#database.execute("select pg_notify($1, 'e')", [CHANNEL], "tell"),
    );
  }

  async close(): Promise<void> {
    await this.#entries.close();
    await this.#database.close();
  }

  /** Makes all ready that one call needs. */
  async prepare(name: CallName): Promise<Call> {
    const queue = this.#queue;
    const tasks = this.#tasks;
    switch (name) {
      case "create":
        return () => this.#create();
      case "claimOne":
        return () => this.#claim(1);
      case "claimFive":
        return () => this.#claim(5);
      case "claimNone":
        return this.#claimingNone();
      case "lookNone":
      case "look":
        return () => queue.nextDueMs(UNABLE);
      case "expire":
        return () => queue.expireLeases();
      case "beat":
        return () => this.#fleet.beat(NODE, BEAT);
      case "census":
        return this.#counting();
      case "sweep":
        return () => this.#leftovers.due(Date.now(), 8);
      case "tell":
        return () => this.#notifications.isDue();
      case "clock":
        return timeOf(this.#database);
      default: {
        const claim = await this.#claimOne();
        if (name === "finish")
          await tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
        return this.#ofRun(name, claim);
      }
    }
  }

  #ofRun(name: CallName, claim: Claim): Call {
    const tasks = this.#tasks;
    const reason = { failure: aFailure, notBeforeMs: Date.now() + 3_600_000, counts: true };
    const calls: Partial<Record<CallName, Call>> = {
      target: () => tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput }),
      publish: () => tasks.mayPublish(claim),
      progress: () => tasks.saveProgress(claim, PROGRESS),
      log: () => tasks.saveLog(claim, { lines: ["frame= 1"], decisions: ["Copies the sound"] }),
      heartbeat: () => this.#queue.heartbeat(claim),
      finish: () => tasks.finish(claim, { status: "SUCCESS" }),
      giveBack: () => this.#queue.giveBack(claim, reason),
    };
    const call = calls[name];
    if (!call) throw new RangeError(`Cannot make call "${name}": there is none`);
    return call;
  }

  /** A node that has just had a task asks under the lock, and finds nothing. */
  async #claimingNone(): Promise<Call> {
    const queue = new PostgresQueue(this.#database, this.#entries, LIMITS);
    await queue.claimMany(ABLE, 1);
    return () => queue.claimMany(UNABLE, 1);
  }

  async #counting(): Promise<Call> {
    if (!this.#areNodes) await this.#database.write(() => this.#database.execute(NODES));
    this.#areNodes = true;
    const census = new Census(this.#database);
    return () => census.take(NODE.id, 0);
  }

  async #claim(max: number): Promise<readonly Claim[]> {
    const works = await this.#queue.claimMany(ABLE, max);
    const claims = works.map(({ claim }) => claim);
    this.#held.push(...claims);
    return claims;
  }

  async #claimOne(): Promise<Claim> {
    const [claim] = await this.#claim(1);
    if (!claim) throw new RangeError("Cannot claim a task: none is left");
    return claim;
  }

  #create(): Promise<string> {
    this.#made += 1;
    const clientCode = `client-${this.#made % 4}`;
    return this.#tasks.create(aNewTask({ clientCode }), anAdmission());
  }
}
