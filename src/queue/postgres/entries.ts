import { getLogger } from "@logtape/logtape";
import { PgBoss, type QueueOptions } from "pg-boss";
import { translatePostgresError } from "../../db/postgres/errors.ts";
import { CHANNEL } from "../../db/postgres/notices/notices.ts";
import { type PostgresDatabase, WAITS } from "../../db/postgres/postgres.ts";
import type { TaskRow } from "../../task/row.ts";
import { type QueueKey, queueNameOf } from "./queue-name.ts";

const log = getLogger(["pontus", "queue"]);

/** The schema of pg-boss's own tables, beside those of this program. */
const BOSS_SCHEMA = "pontus_queue";

/** The longest that pg-boss allows. What it reads then says only which table a queue is in, and that never changes. */
const CACHE_SECONDS = 86_400;
/** How often it asks for what its own migrations left to do in the background. */
const BACKGROUND_SECONDS = 600;

/**
 * Entries are removed as they are taken, so pg-boss neither repeats nor ends any; only an operator who runs its upkeep beside this program
 * would have it delete those that wait longer than this, of ten years.
 */
const QUEUE: QueueOptions = { retentionSeconds: 315_360_000, retryLimit: 0 };

/** What the entry of a task is made of. */
export type EntryOf = QueueKey &
  Pick<TaskRow, "id" | "priority" | "attempt"> &
  Partial<Pick<TaskRow, "notBeforeMs">>;

/** How a task of one entry stands to others of its queue; pg-boss takes the greatest first, then the oldest entry. */
const urgencyOf = ({ priority, attempt }: EntryOf): number =>
  // What ran before was the first once: it does not queue again behind all that came since.
  2 * priority + (attempt > 0 ? 1 : 0);

/**
 * The entries of tasks, which pg-boss keeps. There is one for each task that is ready, which means PENDING with no `notBeforeMs`, and none for
 * any other; where rows and entries disagree after all, the rows are right.
 */
export class BossEntries {
  readonly #boss: PgBoss;
  readonly #database: PostgresDatabase;
  readonly #adding;
  readonly #planned;
  /** The queues that are known to be there, or are being made. */
  readonly #queues = new Map<string, Promise<void>>();
  /** The texts of its statements, each with the name that it is prepared by. */
  readonly #texts = new Map<string, string>();
  readonly #unlisten: () => void;

  private constructor(boss: PgBoss, database: PostgresDatabase) {
    this.#boss = boss;
    this.#database = database;
    this.#adding = (queue: string) => ({
      executeSql: (text: string, values: unknown[] = []) => this.#add(queue, text, values),
    });
    // A plan that was made while a queue was short would read it whole once it is long.
    this.#planned = {
      executeSql: (text: string, values: unknown[] = []) => database.execute(text, values),
    };
    // An empty notice is that the server was away. It may be another one since, from a backup or behind the first: it may lack a queue.
    this.#unlisten = database.listen(CHANNEL, (notice) => {
      if (notice === "") this.#queues.clear();
    });
  }

  /**
   * Brings pg-boss's tables up to date; several nodes may do so at once. It has one connection of its own, for what it cannot do inside
   * a transaction.
   *
   * @throws {TaskError} `service_unavailable`
   */
  static async open(url: string, database: PostgresDatabase): Promise<BossEntries> {
    const boss = new PgBoss({
      connectionString: url,
      application_name: "pontus queue",
      max: 1,
      ...WAITS,
      schema: BOSS_SCHEMA,
      supervise: false,
      schedule: false,
      registerInstance: false,
      queueCacheIntervalSeconds: CACHE_SECONDS,
      bamIntervalSeconds: BACKGROUND_SECONDS,
    });
    boss.on("error", (error) => log.debug("pg-boss tells of an error: {error}", { error }));
    try {
      await boss.start();
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => {});
      throw translatePostgresError(error);
    }
    return new BossEntries(boss, database);
  }

  /**
   * Adds the entries of tasks that are ready, unless they are there already, in the order of the rows; one that waits for its next try gets it
   * when it is due. Call it inside the `write` that changes the rows.
   */
  async enqueueAll(rows: readonly EntryOf[]): Promise<void> {
    const ready = rows.filter(({ notBeforeMs = null }) => notBeforeMs === null);
    for (const [queue, all] of Map.groupBy(ready, queueNameOf)) {
      await this.insistOn(queue);
      const entries = all.map((row) => ({ id: row.id, priority: urgencyOf(row) }));
      await this.#boss.insert(queue, entries, { db: this.#adding(queue) });
    }
  }

  /** Takes the first entries out of a queue. Call it inside `write`. @returns the ids of their tasks: fewer where there are not so many */
  async take(queue: string, number = 1): Promise<readonly string[]> {
    await this.insistOn(queue);
    // An entry is added when its task is ready, so pg-boss has no time to keep: a server's clock that is set back hides none.
    const options = { db: this.#planned, batchSize: number, ignoreStartAfter: true };
    const taken = await this.#boss.fetch(queue, options);
    const ids = taken.map(({ id }) => id);
    if (ids.length > 0) await this.remove(queue, ids);
    return ids;
  }

  /** Removes entries. Call it inside `write`. */
  async remove(queue: string, taskIds: readonly string[]): Promise<void> {
    await this.insistOn(queue);
    await this.#boss.deleteJob(queue, [...taskIds], { db: this.#planned });
  }

  async close(): Promise<void> {
    this.#unlisten();
    await this.#boss.stop({ graceful: false });
  }

  /** Makes a queue on pg-boss's own connection: it commits by itself, which would end the caller's transaction. */
  async insistOn(queue: string): Promise<void> {
    const making = this.#queues.get(queue) ?? this.#boss.createQueue(queue, QUEUE);
    this.#queues.set(queue, making);
    try {
      await making;
    } catch (error) {
      this.#queues.delete(queue);
      throw error;
    }
  }

  /**
   * Runs a statement of pg-boss that adds entries in the transaction of the caller. It writes the names of queues into its texts: they become
   * parameters here, so that each statement is prepared once, for all queues. Planning them takes longer than running them.
   */
  async #add(queue: string, text: string, values: unknown[]): Promise<{ rows: unknown[] }> {
    const general = text.replaceAll(`'${queue}'`, `$${values.length + 1}::text`);
    const name = this.#texts.get(general) ?? `boss_${this.#texts.size}`;
    this.#texts.set(general, name);
    const all = general === text ? values : [...values, queue];
    return this.#database.execute(general, all, name);
  }
}
