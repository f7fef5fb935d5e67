import { and, eq, gt, isNotNull, lte, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { watchedFiles } from "../../db/postgres/tables/upkeep.ts";
import type { TaskError } from "../../task/errors.ts";
import type { WatchedFile } from "../../task/watched-file.ts";
import type { WatchedStore } from "../store.ts";
import { hasItsTask, tidied, WATCHED_PAGE_ROWS } from "../watched/tidied.ts";

/** The files of watched folders that have had their task, in PostgreSQL. */
export class PostgresWatchedFiles implements WatchedStore {
  readonly #database: PostgresDatabase;
  readonly #queries;

  constructor(database: PostgresDatabase) {
    this.#database = database;
    this.#queries = prepareQueries(database);
  }

  async taken(files: readonly WatchedFile[]): Promise<readonly WatchedFile[]> {
    return this.#database.read(async () => {
      const taken: WatchedFile[] = [];
      for (const file of files) if (await this.#find(file)) taken.push(file);
      return taken;
    });
  }

  async ofTarget(targetKey: string): Promise<readonly Pick<WatchedFile, "watch" | "path">[]> {
    return this.#database.read(() => this.#queries.ofTarget.execute({ targetKey }));
  }

  async tidy(
    watch: string,
    versionOf: (path: string) => string | undefined,
    nowMs: number,
  ): Promise<void> {
    let path: string | undefined = "";
    while (path !== undefined) {
      const after: string = path;
      path = await this.#database.write(() => this.#tidyPage(watch, after, versionOf, nowMs));
    }
  }

  /** @returns the last path that was looked at; undefined if there is none behind it */
  async #tidyPage(
    watch: string,
    after: string,
    versionOf: (path: string) => string | undefined,
    nowMs: number,
  ): Promise<string | undefined> {
    const page = await this.#queries.page.execute({ watch, path: after });
    const last = page.length < WATCHED_PAGE_ROWS ? undefined : page.at(-1)?.path;
    // The last path may go on behind the page.
    const rows = last === undefined ? page : page.filter(({ path }) => path !== last);
    if (last !== undefined) rows.push(...(await this.#queries.same.execute({ watch, path: last })));
    const { marks, forgotten } = tidied(rows, versionOf, nowMs);
    for (const row of marks) await this.#queries.mark.execute(row);
    for (const row of forgotten) await this.#queries.forget.execute(row);
    return last;
  }

  /**
   * Notes that a file has a task, in the transaction that makes it. If another node is making one, this waits until it is written or not.
   *
   * @returns the refusal if the file has its task already; nothing is noted then
   */
  async remember(
    file: WatchedFile,
    targetKey: string,
    taskId: string,
  ): Promise<TaskError | undefined> {
    const { rowCount } = await this.#queries.insert.execute({ ...file, targetKey, taskId });
    return rowCount === 1 ? undefined : this.refusal(file);
  }

  /** The refusal of a file that has a task, in that transaction. Another node may write one right after this. */
  async refusal(file: WatchedFile): Promise<TaskError | undefined> {
    const found = await this.#find(file);
    return found && hasItsTask(file, found.taskId);
  }

  async #find(file: WatchedFile): Promise<{ readonly taskId: string } | undefined> {
    return (await this.#queries.find.execute(file))[0];
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const isWatch = eq(watchedFiles.watch, sql.placeholder("watch"));
  const isPath = and(isWatch, eq(watchedFiles.path, sql.placeholder("path")));
  const isFile = and(isPath, eq(watchedFiles.version, sql.placeholder("version")));
  const wasGoneBefore = and(
    isNotNull(watchedFiles.goneMs),
    lte(watchedFiles.goneMs, sql.placeholder("beforeMs")),
  );
  return prepared({
    find: () =>
      orm
        .select({ taskId: watchedFiles.taskId })
        .from(watchedFiles)
        .where(isFile)
        .prepare("watched_find"),
    insert: () =>
      orm
        .insert(watchedFiles)
        .values({
          watch: sql.placeholder("watch"),
          path: sql.placeholder("path"),
          version: sql.placeholder("version"),
          targetKey: sql.placeholder("targetKey"),
          taskId: sql.placeholder("taskId"),
        })
        .onConflictDoNothing()
        .prepare("watched_insert"),
    ofTarget: () =>
      orm
        .select({ watch: watchedFiles.watch, path: watchedFiles.path })
        .from(watchedFiles)
        .where(eq(watchedFiles.targetKey, sql.placeholder("targetKey")))
        .prepare("watched_of_target"),
    page: () =>
      orm
        .select()
        .from(watchedFiles)
        .where(and(isWatch, gt(watchedFiles.path, sql.placeholder("path"))))
        .orderBy(watchedFiles.path)
        .limit(WATCHED_PAGE_ROWS)
        .prepare("watched_page"),
    same: () => orm.select().from(watchedFiles).where(isPath).prepare("watched_same"),
    mark: () =>
      orm
        .update(watchedFiles)
        .set({ goneMs: sql`${sql.placeholder("goneMs")}` })
        .where(isFile)
        .prepare("watched_mark"),
    forget: () =>
      orm.delete(watchedFiles).where(and(isFile, wasGoneBefore)).prepare("watched_forget"),
  });
}
