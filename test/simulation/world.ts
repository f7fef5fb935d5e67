import { count, sql } from "drizzle-orm";
import type { Database } from "../../src/db/database.ts";
import {
  activeTargets,
  events,
  idempotencyKeys,
  leftovers,
  nonces,
  profileUses,
  tasks,
  turns,
} from "../../src/db/schema.ts";
import type { Queue } from "../../src/queue/queue.ts";
import type { TaskStore } from "../../src/store/store.ts";
import type { Claim, Task, TaskStatus } from "../../src/task/task.ts";
import { sqliteBench, storesOver } from "../fixtures/sqlite-bench.ts";
import { aClient } from "../fixtures/weighted-clients.ts";
import type { Random } from "./random.ts";

/** The clients whose tasks there are, and what share of the slots each has. */
export const CLIENTS = ["ada", "bob", "cyd"] as const;
export const CLIENT_WEIGHTS = { ada: 1, bob: 2, cyd: 3 } as const;
export type ClientName = (typeof CLIENTS)[number];

/** The stores and the queue of one service. Several services share one database. */
export type Service = { readonly tasks: TaskStore; readonly queue: Queue };

/** What a worker does next for a task that it has claimed. */
export type Stage =
  | { readonly name: "fetch" }
  | { readonly name: "end"; readonly status: "SUCCESS" | "CANCELLED" }
  | { readonly name: "publish"; readonly target: number }
  | { readonly name: "record"; readonly target: number };

/** A task that a worker has claimed, as the worker remembers it. */
export type Run = {
  readonly claim: Claim;
  readonly open: readonly number[];
  stage: Stage;
  /** One thing at a time is done for it. */
  isBusy: boolean;
};

/** One process of the service. Stopped (SIGSTOP), it does nothing, and knows nothing of the time that passes. */
export type Process = {
  id: string;
  readonly service: Service;
  runs: readonly Run[];
  isStopped: boolean;
};

/** What was put at a target, and whether the store knows. */
export type Published = { readonly attempt: number; isRecorded: boolean };

/** A task that its client was told of. */
export type Known = {
  readonly client: ClientName;
  /** How often its client made it begin anew. */
  retries: number;
  /** The newest attempt that a worker was given. */
  attempt: number;
  /** How it ended, as a worker was told; undefined again when its client has made it begin anew. */
  end: TaskStatus | undefined;
  /** By target, in the order of time. */
  readonly published: Map<number, Published[]>;
  /** Where it has gone: its client deleted it, and then its rows were purged, too; undefined while its client sees it. */
  gone: "deleted" | "purged" | undefined;
};

/** The row of a task, whoever may see it. */
export type Row = {
  readonly id: string;
  readonly clientCode: string;
  readonly status: TaskStatus;
  readonly endMs: number | null;
};

/** The first piece that a full disk is filled with, and one that fits where hardly anything does. */
const BALLAST_BYTES = 1 << 20;
const SMALL_BYTES = 512;

/** What was seen that must not be; the message says what. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** All there is in one schedule: the store, its services, and what clients and workers were told. */
export class World {
  readonly known = new Map<string, Known>();
  /** The tasks of idempotency keys. */
  readonly keys = new Map<string, string>();
  /** What happened, for the one who replays a seed. */
  readonly trace: string[] = [];
  /** Instances that are gone, and were not cleared up after. */
  readonly dead: string[] = [];
  /** How many slots others were given since each client was, while it had a task that was due. */
  readonly passed = { ada: 0, bob: 0, cyd: 0 };
  made = 0;
  /** Whether one thing happens at a time, so that what is seen after it is what it has made. */
  isAlone = true;

  constructor(
    readonly stage: Stages,
    readonly random: Random,
    readonly processes: readonly Process[],
  ) {}

  get clock(): { nowMs: number } {
    return this.stage.clock;
  }

  note(line: string): void {
    this.trace.push(`${this.clock.nowMs} ${line}`);
  }

  /** A task that clients were told of. @throws {Broken} if they were not */
  knownOf(id: string): Known {
    const known = this.known.get(id);
    if (!known) throw new Broken(`task ${id} runs, and nobody was told that it was made`);
    return known;
  }

  /** The tasks that clients still see. */
  get there(): readonly (readonly [id: string, known: Known])[] {
    return [...this.known].filter(([, { gone }]) => gone === undefined);
  }

  /** Remembers that a task is gone, which frees its idempotency key. */
  forget(id: string, gone: NonNullable<Known["gone"]>): void {
    this.knownOf(id).gone = gone;
    for (const [key, made] of this.keys) if (made === id) this.keys.delete(key);
  }

  /** As its client sees it. */
  read(id: string): Promise<Task> {
    return this.stage.services[0].tasks.get(this.knownOf(id).client, id);
  }
}

/** One database for many schedules, with two services on it, and the clock of all. */
export type Stages = {
  readonly database: Database;
  readonly services: readonly [Service, Service];
  readonly clock: { nowMs: number };
  /** How many tasks and events there are, and how many targets and profiles unfinished tasks hold. */
  readonly count: (what: "tasks" | "events" | "held" | "used") => Promise<number>;
  /** All tasks, deleted ones included. */
  readonly rows: () => Promise<readonly Row[]>;
  /** The clients with tasks that are due. */
  readonly due: () => Promise<readonly string[]>;
  /** Removes every row. */
  readonly clear: () => Promise<void>;
};

/** Opens a database in memory, by the product's own code alone. */
export async function openStages(): Promise<Stages> {
  const first = sqliteBench();
  const { database, clock } = first;
  const second = storesOver(database, clock);
  await first.clients.seed(CLIENTS.map((name) => aClient(name, CLIENT_WEIGHTS[name])));
  const { orm } = database;
  const counts = database.prepared({
    tasks: () => orm.select({ rows: count() }).from(tasks).prepare(),
    events: () => orm.select({ rows: count() }).from(events).prepare(),
    held: () => orm.select({ rows: count() }).from(activeTargets).prepare(),
    used: () => orm.select({ rows: count() }).from(profileUses).prepare(),
  });
  const { id, clientCode, status, endMs } = tasks;
  const rows = orm.select({ id, clientCode, status, endMs }).from(tasks).prepare();
  const due = orm
    .selectDistinct({ clientCode })
    .from(tasks)
    .where(sql`status = 'PENDING' and coalesce(not_before_ms, 0) <= ${sql.placeholder("nowMs")}`)
    .prepare();
  const held = [activeTargets, profileUses, leftovers];
  const removals = [events, ...held, nonces, idempotencyKeys, turns, tasks].map((table) =>
    orm.delete(table).prepare(),
  );
  return {
    ...{ database, clock, services: [first, second] },
    count: (name) => database.read(() => counts[name].get()?.rows ?? 0),
    rows: () => database.read(() => rows.all()),
    due: () => database.read(() => due.all(clock).map((row) => row.clientCode)),
    clear: async () => {
      await database.write(() => {
        for (const removal of removals) removal.run();
      });
      // They see that nobody waits, and forget whom they have looked at.
      for (const { queue } of [first, second]) await queue.nextDueMs({ id: "nobody" });
    },
  };
}

/** Uses up all room that the database has, as a full disk does; or gives it back. */
export async function setFull({ database: { orm, read } }: Stages, isFull: boolean): Promise<void> {
  const run = (text: string) => orm.run(sql.raw(text));
  const number = (text: string): number =>
    Number(Object.values(orm.get<Record<string, number>>(sql.raw(text)) ?? {})[0]);
  await read(() => {
    run("CREATE TABLE IF NOT EXISTS ballast (bytes BLOB)");
    if (isFull) {
      number(`PRAGMA max_page_count = ${number("PRAGMA page_count")}`);
      for (let size = BALLAST_BYTES; size > SMALL_BYTES; )
        try {
          run(`INSERT INTO ballast VALUES (zeroblob(${size}))`);
        } catch {
          size /= 2;
        }
    } else {
      number(`PRAGMA max_page_count = ${2 ** 30}`);
      run("DELETE FROM ballast");
    }
  });
}
