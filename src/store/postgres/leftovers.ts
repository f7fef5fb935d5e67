import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { activeTargets } from "../../db/postgres/tables/tasks.ts";
import { leftovers } from "../../db/postgres/tables/upkeep.ts";
import type { Leftover } from "../../task/leftovers.ts";
import { targetInUse } from "../leftovers.ts";
import type { LeftoverStore } from "../store.ts";

/** The list of targets to clear up, in PostgreSQL. */
export class PostgresLeftoverStore implements LeftoverStore {
  readonly #database: PostgresDatabase;
  readonly #queries;

  constructor(database: PostgresDatabase) {
    this.#database = database;
    this.#queries = prepareQueries(database);
  }

  async due(nowMs: number, limit: number): Promise<readonly Leftover[]> {
    return this.#database.read(() => this.#queries.due.execute({ nowMs, limit }));
  }

  async add(
    left: Pick<Leftover, "taskId" | "url"> & { readonly key: string },
    notBeforeMs: number,
  ): Promise<Pick<Leftover, "seq">> {
    const add = () => this.#queries.add.execute({ ...left, notBeforeMs });
    const [added] = await this.#database.write(add);
    if (!added) throw new RangeError("Cannot add a leftover: the database gave it no number");
    return added;
  }

  async mayTidy({ seq, url }: Leftover): Promise<void> {
    const free = await this.#database.read(() => this.#queries.free.execute({ seq }));
    if (free.length === 0) throw targetInUse(url);
  }

  async done({ seq }: Pick<Leftover, "seq">): Promise<void> {
    await this.#database.write(() => this.#queries.done.execute({ seq }));
  }

  async later({ seq }: Leftover, notBeforeMs: number): Promise<void> {
    await this.#database.write(() => this.#queries.later.execute({ seq, notBeforeMs }));
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const seq = sql.placeholder("seq");
  // The limit has the holder of each looked for, until there are enough: without it all holders there are would be read, for a join.
  const isFree = sql`not exists (select 1 from ${activeTargets}
    where ${activeTargets.key} = ${leftovers.key} offset 0)`;
  return prepared({
    due: () =>
      orm
        .select()
        .from(leftovers)
        .where(and(lte(leftovers.notBeforeMs, sql.placeholder("nowMs")), isFree))
        .orderBy(asc(leftovers.notBeforeMs))
        .limit(sql.placeholder("limit"))
        .prepare("leftovers_due"),
    free: () =>
      orm
        .select({ seq: leftovers.seq })
        .from(leftovers)
        .where(and(eq(leftovers.seq, seq), isFree))
        .prepare("leftovers_free"),
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
        .prepare("leftovers_add"),
    done: () => orm.delete(leftovers).where(eq(leftovers.seq, seq)).prepare("leftovers_done"),
    later: () =>
      orm
        .update(leftovers)
        .set({
          tries: sql`${leftovers.tries} + 1`,
          notBeforeMs: sql`${sql.placeholder("notBeforeMs")}`,
        })
        .where(eq(leftovers.seq, seq))
        .prepare("leftovers_later"),
  });
}
