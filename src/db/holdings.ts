import { and, eq, sql } from "drizzle-orm";
import type { TaskError } from "../task/errors.ts";
import type { StoredTarget } from "../task/row.ts";
import { type Held, keysOf, takenTarget, targetTaken } from "../task/targets.ts";
import type { Database } from "./database.ts";
import { activeTargets, profileUses, tasks } from "./schema.ts";
import type { SqliteTaskRow } from "./task-row.ts";

/** What unfinished tasks hold: their targets, which no other task may write, and their custom profiles, which may not be deleted. */
export class Holdings {
  readonly #queries;

  constructor({ orm, prepared, statement, question }: Database) {
    const key = sql.placeholder("key");
    const taskSeq = sql.placeholder("taskSeq");
    const clientCode = sql.placeholder("clientCode");
    const profileName = sql.placeholder("profileName");
    this.#queries = prepared({
      held: () =>
        question(
          orm
            .select({ taskSeq: activeTargets.taskSeq })
            .from(activeTargets)
            .where(eq(activeTargets.key, key)),
        ),
      owner: () =>
        orm
          .select({ id: tasks.id, clientCode: tasks.clientCode })
          .from(activeTargets)
          .innerJoin(tasks, eq(tasks.seq, activeTargets.taskSeq))
          .where(eq(activeTargets.key, key))
          .prepare(),
      hold: () => statement(orm.insert(activeTargets).values({ key, taskSeq })),
      release: () =>
        orm
          .delete(activeTargets)
          .where(and(eq(activeTargets.key, key), eq(activeTargets.taskSeq, taskSeq)))
          .prepare(),
      use: () =>
        orm
          .insert(profileUses)
          .values({ clientCode, profileName, taskSeq })
          .onConflictDoNothing()
          .prepare(),
      unuse: () =>
        orm
          .delete(profileUses)
          .where(
            and(
              eq(profileUses.clientCode, clientCode),
              eq(profileUses.profileName, profileName),
              eq(profileUses.taskSeq, taskSeq),
            ),
          )
          .prepare(),
    });
  }

  /** The refusal of targets of which an unfinished task holds one: that is named if it is the client's own, as those of others are none of its business. */
  refusal(
    verb: string,
    clientCode: string,
    targets: readonly (Held & Pick<StoredTarget, "url">)[],
  ): TaskError | undefined {
    const taken = takenTarget(targets, (key) => this.#queries.held.has({ key }));
    return taken && targetTaken(verb, clientCode, taken, this.#owner(taken));
  }

  /** The unfinished task that holds a target, or the folder of its set; undefined if none does. */
  #owner(target: Held): Pick<SqliteTaskRow, "id" | "clientCode"> | undefined {
    return keysOf(target)
      .map((key) => this.#queries.owner.get({ key }))
      .find((owner) => owner !== undefined);
  }

  /** Holds targets that are free, and the task's custom profiles. */
  take(
    {
      seq,
      clientCode,
      customProfiles,
    }: Pick<SqliteTaskRow, "seq" | "clientCode" | "customProfiles">,
    targets: readonly Held[],
  ): void {
    for (const key of targets.flatMap(keysOf)) this.#queries.hold.run({ key, taskSeq: seq });
    for (const profileName of customProfiles)
      this.#queries.use.run({ clientCode, profileName, taskSeq: seq });
  }

  /** Releases everything that a task holds. */
  release({ seq, clientCode, customProfiles, targets }: SqliteTaskRow): void {
    for (const key of targets.flatMap(keysOf)) this.#queries.release.run({ key, taskSeq: seq });
    for (const profileName of customProfiles)
      this.#queries.unuse.run({ clientCode, profileName, taskSeq: seq });
  }
}
