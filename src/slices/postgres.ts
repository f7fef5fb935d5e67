import { setTimeout as sleep } from "node:timers/promises";
import { getLogger } from "@logtape/logtape";
import { PgBoss, type QueueOptions } from "pg-boss";
import { translatePostgresError } from "../db/postgres/errors.ts";
import { CHANNEL, partsOf, WORK } from "../db/postgres/notices/notices.ts";
import { type PostgresDatabase, WAITS } from "../db/postgres/postgres.ts";
import { slicedSteps, sliceRuns } from "../db/postgres/tables/slices.ts";
import { TaskError } from "../task/errors.ts";
import type { Failure } from "../task/task.ts";
import {
  affectedOf,
  type Entry,
  idOf,
  namesOf,
  PARTS,
  queueOf,
  RETRIES_MAX,
  type Row,
  stateOf,
  tokenOf,
} from "./entries.ts";
import { prepareRuns, prepareSteps, SLICES_SCHEMA } from "./queries.ts";
import type {
  HelpedPart,
  LeftStep,
  MadePart,
  OfferedStep,
  PartProgress,
  PartState,
  SliceQueue,
  StepKey,
  TakenPart,
} from "./slices.ts";

const log = getLogger(["pontus", "slices"]);

/** The least that pg-boss allows: a worker that is silent for longer has died. */
const HEARTBEAT_SECONDS = 10;
/** The longest that pg-boss allows. */
const DAY_SECONDS = 86_400;
/** Removed with its task: until then it may wait for as long as the task does. */
const KEPT_SECONDS = 315_360_000;
/** How often whoever runs a task has pg-boss look for parts whose workers have died. */
const LOOK_MS = 2_000;
/** How long an entry may not be written to while the server is away. */
const INSIST_MS_MAX = 30_000;
const PAUSE_MS = 500;

/**
 * Parts as entries of pg-boss, in a schema apart from that of tasks: one queue for each step. pg-boss gives a part to one worker, finds
 * out that it died, and gives it to another; each time the part has a token of its own (which retry it is), by which all that a
 * worker does later is fenced.
 *
 * These are no flows of pg-boss: the join would be an entry that waits for others, and waits for ever when one fails. The worker that
 * runs the task makes parts itself until all are made, so nothing ever waits for somebody to come.
 */
export class PostgresSliceQueue implements SliceQueue {
  readonly #boss: PgBoss;
  readonly #database: PostgresDatabase;
  readonly #now: () => number;
  readonly #queries;
  readonly #runs;
  readonly #lookedMs = new Map<string, number>();

  private constructor(boss: PgBoss, database: PostgresDatabase, now: () => number) {
    this.#boss = boss;
    this.#database = database;
    this.#now = now;
    this.#queries = prepareSteps(database);
    this.#runs = prepareRuns(database);
  }

  /** Brings pg-boss's tables up to date. It has two connections of its own. @throws {TaskError} `service_unavailable` */
  static async open(
    url: string,
    database: PostgresDatabase,
    { now }: { readonly now: () => number },
  ): Promise<PostgresSliceQueue> {
    const boss = new PgBoss({
      connectionString: url,
      application_name: "pontus slices",
      max: 2,
      ...WAITS,
      schema: SLICES_SCHEMA,
      supervise: false,
      schedule: false,
      registerInstance: false,
      monitorIntervalSeconds: 1,
    });
    boss.on("error", (error) => log.debug("pg-boss tells of an error: {error}", { error }));
    try {
      await boss.start();
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => {});
      throw translatePostgresError(error);
    }
    return new PostgresSliceQueue(boss, database, now);
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  async offer({ key, parts, limitSeconds, ...step }: OfferedStep): Promise<void> {
    await this.#database.write(async () => {
      const { attempt } = step;
      const [held] = await this.#queries.held.execute({ taskId: key.taskId, attempt });
      if (!held) throw new TaskError("lease_lost", "Cannot offer slices: the lease ran out");
      const row = { ...key, ...step, offeredMs: this.#now() };
      await this.#database.orm
        .insert(slicedSteps)
        .values(row)
        .onConflictDoUpdate({ target: [slicedSteps.taskId, slicedSteps.digest], set: { attempt } });
    });
    const queue = queueOf(key);
    const options: QueueOptions = {
      expireInSeconds: Math.max(1, Math.min(DAY_SECONDS, Math.ceil(limitSeconds))),
      heartbeatSeconds: HEARTBEAT_SECONDS,
      retryLimit: RETRIES_MAX,
      retryDelay: 0,
      retentionSeconds: KEPT_SECONDS,
      deleteAfterSeconds: 0,
    };
    await this.#ask(() => this.#boss.createQueue(queue, options));
    const known = new Set((await this.#rows(key)).map(({ index }) => index));
    const missing = parts.flatMap((run, index) =>
      known.has(index) ? [] : [{ id: idOf(key, index, 0), data: { index, generation: 0, run } }],
    );
    if (missing.length > 0) await this.#ask(() => this.#boss.insert(queue, missing));
    await this.#tell(WORK);
  }

  async states(key: StepKey): Promise<readonly PartState[]> {
    const queue = queueOf(key);
    const nowMs = performance.now();
    if (nowMs - (this.#lookedMs.get(queue) ?? 0) > LOOK_MS) {
      this.#lookedMs.set(queue, nowMs);
      await this.#ask(() => this.#boss.supervise(queue));
    }
    return (await this.#rows(key)).map(stateOf);
  }

  async takeOf(key: StepKey, workerId: string): Promise<TakenPart | undefined> {
    const queue = queueOf(key);
    const [entry] = await this.#ask(() =>
      this.#boss.fetch<Entry>(queue, { includeMetadata: true, ignoreStartAfter: true }),
    );
    if (!entry) return undefined;
    const { id, retryCount, data } = entry;
    const token = tokenOf(data.generation, retryCount);
    const held = { id, retryCount };
    const part = { key, index: data.index, token, workerId, run: data.run, held };
    await this.#note(part);
    return part;
  }

  async take(
    { id, engine, engineVersion }: Parameters<SliceQueue["take"]>[0],
    isAvoided: (key: StepKey) => boolean,
  ): Promise<HelpedPart | undefined> {
    const steps = await this.#database.read(() =>
      this.#queries.waiting.execute({ engine, engineVersion }),
    );
    for (const { taskId, digest, sourceUrl, source, reach } of steps) {
      const key = { taskId, digest };
      const part = isAvoided(key) ? undefined : await this.takeOf(key, id);
      if (part) return { ...part, sourceUrl, source, reach };
    }
    return undefined;
  }

  async beat(
    { key, index, workerId, held }: TakenPart,
    progress: PartProgress | undefined,
  ): Promise<boolean> {
    const touched = await this.#ask(() => this.#boss.touch(queueOf(key), held));
    if (affectedOf(touched) === 0) return false;
    return this.#database.write(async () => {
      const [wanted] = await this.#queries.wanted.execute(key);
      const run = { ...key, part: index, workerId };
      if (wanted && progress) await this.#runs.progress.execute({ ...run, progress });
      return wanted !== undefined;
    });
  }

  async complete(part: TakenPart, made: MadePart): Promise<boolean> {
    const { key, held } = part;
    // Nothing else tells that it is made, and to make it once more takes long.
    const done = await this.#insist(() => this.#boss.complete(queueOf(key), held, made));
    await this.#forget(part);
    return affectedOf(done) > 0;
  }

  async fail(part: TakenPart, failure: Failure): Promise<void> {
    const { key, held } = part;
    await this.#insist(() => this.#boss.fail(queueOf(key), held, { failure }));
    await this.#forget(part);
    await this.#tell(WORK);
  }

  async again(key: StepKey, index: number, token: string): Promise<void> {
    const rows = await this.#rows(key);
    const row = rows.find((one) => one.index === index);
    if (!row || tokenOf(row.generation, row.retry_count) !== token) return;
    const queue = queueOf(key);
    const [entry] = await this.#ask(() => this.#boss.findJobs<Entry>(queue, { id: row.id }));
    if (!entry) return;
    const generation = row.generation + 1;
    const data = { ...entry.data, generation };
    await this.#ask(() => this.#boss.insert(queue, [{ id: idOf(key, index, generation), data }]));
    await this.#ask(() => this.#boss.deleteJob(queue, row.id));
    await this.#tell(WORK);
  }

  async withdraw(key: StepKey): Promise<void> {
    await this.#database.write(async () => {
      await this.#queries.withdraw.execute(key);
    });
  }

  async left(): Promise<readonly LeftStep[]> {
    const steps = await this.#database.read(() => this.#queries.left.execute());
    const left: LeftStep[] = [];
    for (const key of steps) left.push({ key, names: namesOf(key, await this.#rows(key)) });
    return left;
  }

  async remove(key: StepKey): Promise<void> {
    this.#lookedMs.delete(queueOf(key));
    await this.#ask(() => this.#boss.deleteQueue(queueOf(key)));
    await this.#database.write(async () => {
      await this.#runs.forgetRuns.execute(key);
      await this.#queries.forgetStep.execute(key);
    });
  }

  listen(taskId: string, listener: () => void): () => void {
    return this.#database.listen(CHANNEL, (notice) => {
      if (notice === "" || notice === partsOf(taskId)) listener();
    });
  }

  /** The entries of a step with how far they are, one for each part: of one that is made anew the newer. */
  async #rows(key: StepKey): Promise<readonly Row[]> {
    const { rows } = await this.#database.read(() =>
      this.#database.execute(PARTS, [queueOf(key), key.taskId, key.digest], "slice_parts"),
    );
    return rows as Row[];
  }

  async #note({ key, index: part, workerId }: TakenPart): Promise<void> {
    const now = { workerId, progress: null };
    await this.#database.write(async () => {
      await this.#database.orm
        .insert(sliceRuns)
        .values({ ...key, part, ...now })
        .onConflictDoUpdate({
          target: [sliceRuns.taskId, sliceRuns.digest, sliceRuns.part],
          set: now,
        });
    });
  }

  async #forget({ key, index: part, workerId }: TakenPart): Promise<void> {
    await this.#database.write(async () => {
      await this.#runs.forgetRun.execute({ ...key, part, workerId });
      this.#database.notify(CHANNEL, partsOf(key.taskId));
    });
  }

  async #tell(notice: string): Promise<void> {
    await this.#database.write(async () => this.#database.notify(CHANNEL, notice));
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw translatePostgresError(error);
    }
  }

  /** The same, again while the server is away for a short time. */
  async #insist<T>(call: () => Promise<T>): Promise<T> {
    const endMs = performance.now() + INSIST_MS_MAX;
    for (;;) {
      try {
        return await this.#ask(call);
      } catch (error) {
        const isAway = error instanceof TaskError && error.code === "service_unavailable";
        if (!isAway || performance.now() > endMs) throw error;
      }
      await sleep(PAUSE_MS);
    }
  }
}
