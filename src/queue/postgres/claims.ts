import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import type { TaskChanges } from "../../db/postgres/task-changes.ts";
import { taskOf } from "../../task/row.ts";
import { claimTask } from "../../task/transitions.ts";
import type { Work, Worker } from "../queue.ts";
import type { BossEntries } from "./entries.ts";
import type { Mending } from "./mending.ts";
import { prepareClaims } from "./queries.ts";
import { type QueueKey, queueNameOf } from "./queue-name.ts";
import type { Turn } from "./share-slots.ts";
import type { Turns } from "./turns.ts";

/** No task waits so long for its next run: what is due later than this has its time from a clock that was set back since. */
export const WAIT_MS_MAX = 3_600_000;
/** After so many looks at entries of one queue that are of no ready task, the whole queue is mended. */
const STALE_MAX = 8;

/** Of several slots it is asked otherwise whose they are than of one. */
const CLAIMED_AT_ONCE = 2;

/** What claims are made of. */
type Parts = {
  readonly entries: BossEntries;
  readonly changes: TaskChanges;
  readonly turns: Turns;
  readonly mending: Mending;
  /** How long a claim lasts without a heartbeat. */
  readonly leaseMs: number;
};

/** Takes tasks for workers, as `Turns` says whose. */
export class Claims {
  readonly #parts: Parts;
  readonly #queries;

  constructor(database: PostgresDatabase, parts: Parts) {
    this.#parts = parts;
    this.#queries = prepareClaims(database);
  }

  /** Takes ready tasks, each as if it were alone: at most so many. Call it inside `write`. */
  async take(worker: Worker, max: number, nowMs: number): Promise<readonly Work[]> {
    const { turns, entries } = this.#parts;
    const due = { nowMs, farMs: nowMs + WAIT_MS_MAX };
    const [lock] = await this.#queries.lock.execute(due);
    if (lock?.isAnyDue) await entries.enqueueAll(await this.#queries.makeReady.execute(due));
    const works: Work[] = [];
    while (works.length < max) {
      const round = await turns.next(worker, max - works.length);
      const rows = await this.#rowsOf(round.turns);
      const taken = round.turns.filter((_, index) => rows[index]);
      if (taken.length === 0) break;
      await turns.take(taken, round.debts);
      works.push(
        ...(await this.#start(
          rows.flatMap((row) => row ?? []),
          worker,
          nowMs,
        )),
      );
    }
    return works;
  }

  /** Asks what a claim asks, and takes nothing: statements are built and planned when they are first asked. Call it inside `write`. */
  async rehearse(worker: Worker, nowMs: number): Promise<void> {
    const { turns, changes } = this.#parts;
    await this.#queries.lock.execute({ nowMs, farMs: nowMs + WAIT_MS_MAX });
    await turns.next(worker, CLAIMED_AT_ONCE);
    await this.#queries.toClaim.execute({ ids: [] });
    await changes.rehearse();
  }

  /** The tasks of turns, in their order; undefined where there is none after all. */
  async #rowsOf(turns: readonly Turn[]) {
    const rows = new Map<string, ReadyRow[]>();
    for (const [name, all] of Map.groupBy(turns, ({ queue }) => queueNameOf(queue)))
      for (const { queue } of all.slice(0, 1))
        rows.set(name, [...(await this.#takeFrom(queue, all.length))]);
    return turns.map(({ queue }) => rows.get(queueNameOf(queue))?.shift());
  }

  async #start(rows: readonly ReadyRow[], worker: Worker, nowMs: number): Promise<readonly Work[]> {
    const { changes, leaseMs } = this.#parts;
    const started = rows.map((row) => claimTask(row, worker, leaseMs, nowMs));
    await changes.saveAll(started);
    return started.map(({ row }) => ({
      claim: { taskId: row.id, attempt: row.attempt },
      task: taskOf(row),
      assignments: row.assignments,
      failures: row.failures,
      reach: row.reach,
    }));
  }

  /** Takes the first entries of a queue that are of ready tasks. */
  async #takeFrom(key: QueueKey, number: number): Promise<readonly ReadyRow[]> {
    const { mending } = this.#parts;
    const rows: ReadyRow[] = [];
    for (let tries = 0; tries < STALE_MAX && rows.length < number; tries += 1) {
      const taken = await this.#takeOnce(key, number - rows.length);
      if (!taken) break;
      rows.push(...taken);
    }
    // Turns were given for rows that are ready: either their entries are lacking, or they are behind many that are of none.
    if (rows.length < number && (await mending.mendQueue(key)) > 0)
      rows.push(...((await this.#takeOnce(key, number - rows.length)) ?? []));
    return rows;
  }

  /** Takes entries, and gives those of their tasks that are ready; undefined if there are no entries. */
  async #takeOnce(key: QueueKey, number: number): Promise<readonly ReadyRow[] | undefined> {
    const queue = queueNameOf(key);
    const ids = await this.#parts.entries.take(queue, number);
    if (ids.length === 0) return undefined;
    const rows = await this.#queries.toClaim.execute({ ids });
    return rows.filter(
      (row) => row.status === "PENDING" && row.notBeforeMs === null && queueNameOf(row) === queue,
    );
  }
}

type ReadyRow = Awaited<ReturnType<ReturnType<typeof prepareClaims>["toClaim"]["execute"]>>[number];
