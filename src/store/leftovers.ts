import { and, asc, eq, lte, notExists, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { activeTargets, leftovers } from "../db/schema.ts";
import { TaskError } from "../task/errors.ts";
import type { Leftover } from "../task/leftovers.ts";
import type { LeftoverStore } from "./store.ts";

/** The list of targets to clear up, in SQLite. */
export class SqliteLeftoverStore implements LeftoverStore {
  readonly #database: Database;
  readonly #queries;

  constructor(database: Database) {
    this.#database = database;
    const { orm } = database;
    const seq = sql.placeholder("seq");
    const holder = () =>
      orm.select().from(activeTargets).where(eq(activeTargets.key, leftovers.key));
    this.#queries = database.prepared({
      due: () =>
        orm
          .select()
          .from(leftovers)
          .where(and(lte(leftovers.notBeforeMs, sql.placeholder("nowMs")), notExists(holder())))
          .orderBy(asc(leftovers.notBeforeMs))
          .limit(sql.placeholder("limit"))
          .prepare(),
      free: () =>
        orm
          .select({ seq: leftovers.seq })
          .from(leftovers)
          .where(and(eq(leftovers.seq, seq), notExists(holder())))
          .prepare(),
      add: () =>
        orm
          .insert(leftovers)
          .values({
            taskId: sql.placeholder("taskId"),
            attempt: 1,
            url: sql.placeholder("url"),
            key: sql.placeholder("key"),
            tries: 0,
            notBeforeMs: sql.placeholder("notBeforeMs"),
          })
          .returning({ seq: leftovers.seq })
          .prepare(),
      done: () => orm.delete(leftovers).where(eq(leftovers.seq, seq)).prepare(),
      later: () =>
        orm
          .update(leftovers)
          .set({
            tries: sql`${leftovers.tries} + 1`,
            notBeforeMs: sql.placeholder("notBeforeMs"),
          })
          .where(eq(leftovers.seq, seq))
          .prepare(),
    });
  }

  async due(nowMs: number, limit: number): Promise<readonly Leftover[]> {
    return this.#database.read(() => this.#queries.due.all({ nowMs, limit }));
  }

  async add(
    left: Pick<Leftover, "taskId" | "url"> & { readonly key: string },
    notBeforeMs: number,
  ): Promise<Pick<Leftover, "seq">> {
    const added = await this.#database.write(() => this.#queries.add.get({ ...left, notBeforeMs }));
    if (!added) throw new RangeError("Cannot add a leftover: the database gave it no number");
    return added;
  }

  async mayTidy({ seq, url }: Leftover): Promise<void> {
    const isFree = await this.#database.read(() => this.#queries.free.get({ seq }) !== undefined);
    if (!isFree) throw targetInUse(url);
  }

  async done({ seq }: Pick<Leftover, "seq">): Promise<void> {
    await this.#database.write(() => void this.#queries.done.run({ seq }));
  }

  async later({ seq }: Leftover, notBeforeMs: number): Promise<void> {
    await this.#database.write(() => void this.#queries.later.run({ seq, notBeforeMs }));
  }
}

/** The error about a target that must not be touched. */
export const targetInUse = (url: string): TaskError =>
  new TaskError("task_conflict", `Cannot clear up "${url}": another task writes there`);
