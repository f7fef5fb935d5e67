import { and, eq, gt, isNotNull, lte, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { watchedFiles } from "../../db/tables/watched-files.ts";
import type { TaskError } from "../../task/errors.ts";
import type { WatchedFile } from "../../task/watched-file.ts";
import type { WatchedStore } from "../store.ts";
import { hasItsTask, tidied, WATCHED_PAGE_ROWS } from "./tidied.ts";

/** The files of watched folders that have had their task, in SQLite. */
export class WatchedFiles implements WatchedStore {
  readonly #database: Database;
  readonly #queries;

  constructor(database: Database) {
    this.#database = database;
    const { orm } = database;
    const isWatch = eq(watchedFiles.watch, sql.placeholder("watch"));
    const isPath = and(isWatch, eq(watchedFiles.path, sql.placeholder("path")));
    const isFile = and(isPath, eq(watchedFiles.version, sql.placeholder("version")));
    this.#queries = database.prepared({
      find: () =>
        orm.select({ taskId: watchedFiles.taskId }).from(watchedFiles).where(isFile).prepare(),
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
          .prepare(),
      ofTarget: () =>
        orm
          .select({ watch: watchedFiles.watch, path: watchedFiles.path })
          .from(watchedFiles)
          .where(eq(watchedFiles.targetKey, sql.placeholder("targetKey")))
          .prepare(),
      page: () =>
        orm
          .select()
          .from(watchedFiles)
          .where(and(isWatch, gt(watchedFiles.path, sql.placeholder("path"))))
          .orderBy(watchedFiles.path)
          .limit(WATCHED_PAGE_ROWS)
          .prepare(),
      same: () => orm.select().from(watchedFiles).where(isPath).prepare(),
      mark: () =>
        orm
          .update(watchedFiles)
          .set({ goneMs: sql.placeholder("goneMs") })
          .where(isFile)
          .prepare(),
      forget: () =>
        orm
          .delete(watchedFiles)
          .where(
            and(
              isFile,
              isNotNull(watchedFiles.goneMs),
              lte(watchedFiles.goneMs, sql.placeholder("beforeMs")),
            ),
          )
          .prepare(),
    });
  }

  async taken(files: readonly WatchedFile[]): Promise<readonly WatchedFile[]> {
    return this.#database.read(() =>
      files.filter((file) => this.#queries.find.get(file) !== undefined),
    );
  }

  async ofTarget(targetKey: string): Promise<readonly Pick<WatchedFile, "watch" | "path">[]> {
    return this.#database.read(() => this.#queries.ofTarget.all({ targetKey }));
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
  #tidyPage(
    watch: string,
    after: string,
    versionOf: (path: string) => string | undefined,
    nowMs: number,
  ): string | undefined {
    const page = this.#queries.page.all({ watch, path: after });
    const last = page.length < WATCHED_PAGE_ROWS ? undefined : page.at(-1)?.path;
    // The last path may go on behind the page.
    const rows = last === undefined ? page : page.filter(({ path }) => path !== last);
    if (last !== undefined) rows.push(...this.#queries.same.all({ watch, path: last }));
    const { marks, forgotten } = tidied(rows, versionOf, nowMs);
    for (const row of marks) this.#queries.mark.run(row);
    for (const row of forgotten) this.#queries.forget.run(row);
    return last;
  }

  /** Notes that a file has a task, in the transaction that makes it. */
  remember(file: WatchedFile, targetKey: string, taskId: string): void {
    this.#queries.insert.run({ ...file, targetKey, taskId });
  }

  /** The refusal of a file that has a task, in that transaction. It is not thrown, as that would roll back the batch of all writers. */
  refusal(file: WatchedFile): TaskError | undefined {
    const found = this.#queries.find.get(file);
    return found && hasItsTask(file, found.taskId);
  }
}
