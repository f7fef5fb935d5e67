import { eq, type SQL, sql } from "drizzle-orm";
import type { TaskError } from "../../task/errors.ts";
import type { StoredTarget } from "../../task/row.ts";
import { isFinal } from "../../task/status.ts";
import { type Held, keysOf, takenTarget, targetTaken } from "../../task/targets.ts";
import { kept } from "./columns.ts";
import type { PostgresDatabase } from "./postgres.ts";
import { activeTargets, tasks } from "./tables/tasks.ts";
import type { PostgresTaskRow } from "./task-row.ts";

type Asked = Held & Pick<StoredTarget, "url">;

/** What unfinished tasks hold: their targets, which no other task may write, and their custom profiles, which may not be deleted. */
export class Holdings {
  readonly #queries;

  constructor({ orm, prepared }: PostgresDatabase) {
    const task = orm.$with("task", {}).as(sql`select ${sql.placeholder("taskSeq")}::bigint as seq`);
    const got = orm.$with("got", {}).as(holding(sql`task`));
    const used = orm.$with("used", {}).as(using(sql`task`));
    this.#queries = prepared({
      owners: () =>
        orm
          .select({ key: activeTargets.key, id: tasks.id, clientCode: tasks.clientCode })
          .from(activeTargets)
          .leftJoin(tasks, eq(tasks.seq, activeTargets.taskSeq))
          .where(sql`${activeTargets.key} = any(${sql.placeholder("keys")}::text[])`)
          .prepare("holders_of_targets"),
      take: () =>
        orm
          .with(task, got, used)
          .select({ key: sql<string>`got.key` })
          .from(sql`got`)
          .prepare("hold_targets"),
    });
  }

  /** Holds targets and the task's custom profiles. @returns the refusal if they are not free: nothing of this transaction may be kept then */
  async take(
    verb: string,
    row: Pick<PostgresTaskRow, "seq" | "clientCode" | "customProfiles">,
    targets: readonly Asked[],
  ): Promise<TaskError | undefined> {
    const values = held(row, targets);
    const taken = await this.#queries.take.execute({ ...values, taskSeq: row.seq });
    const keys = taken.map(({ key }) => key);
    return this.missed(verb, row.clientCode, targets, keys);
  }

  /** The refusal of targets of which only some keys could be held just now. */
  async missed(
    verb: string,
    clientCode: string,
    targets: readonly Asked[],
    got: readonly string[],
  ): Promise<TaskError | undefined> {
    const taken = takenTarget(targets, (key) => !got.includes(kept(key)));
    if (!taken) return undefined;
    const keys = keysOf(taken).filter((key) => !got.includes(kept(key)));
    // Whoever held them may be gone by now.
    const [owner] = await this.#queries.owners.execute({ keys });
    return targetTaken(verb, clientCode, taken, owner);
  }

  /** The refusal of targets of which an unfinished task holds one, or of which one is listed twice. */
  async refusal(
    verb: string,
    clientCode: string,
    targets: readonly Asked[],
  ): Promise<TaskError | undefined> {
    const owners = await this.#queries.owners.execute({ keys: targets.flatMap(keysOf) });
    const ownerOf = (key: string) => owners.find((owner) => owner.key === key);
    const taken = takenTarget(targets, (key) => ownerOf(key) !== undefined);
    if (!taken) return undefined;
    const owner = keysOf(taken)
      .map(ownerOf)
      .find((one) => one !== undefined);
    return targetTaken(verb, clientCode, taken, owner);
  }
}

/**
 * Holds what is free, and gives the keys that were; a statement of whoever holds one but has not committed is waited for. In the order of
 * the keys, so that no two wait for each other. The values are those of `held`.
 *
 * @param task - what gives the `seq` of the task
 */
export const holding = (task: SQL): SQL => sql`insert into active_targets (key, task_seq)
  select key, ${task}.seq from ${task}, unnest(${sql.placeholder("keys")}::text[]) as key
  order by key collate "C" on conflict do nothing returning key`;

/** Uses custom profiles. The values are those of `held`. */
export const using = (task: SQL): SQL => sql`insert into profile_uses
  (client_code, profile_name, task_seq)
  select ${sql.placeholder("clientCode")}::text, name, ${task}.seq
  from ${task}, unnest(${sql.placeholder("profileNames")}::text[]) as name
  order by name collate "C" on conflict do nothing`;

/** The values of `holding` and `using`. */
export const held = (
  { clientCode, customProfiles }: Pick<PostgresTaskRow, "clientCode" | "customProfiles">,
  targets: readonly Held[],
) => ({ clientCode, keys: targets.flatMap(keysOf), profileNames: customProfiles });

/** Lets go of targets and of custom profiles, by the values of `released`. */
export const RELEASING = {
  targets: sql`delete from active_targets where task_seq = ${sql.placeholder("seq")}
    and key = any(${sql.placeholder("releasedKeys")}::text[])`,
  profiles: sql`delete from profile_uses where client_code = ${sql.placeholder("clientCode")}
    and profile_name = any(${sql.placeholder("releasedProfiles")}::text[])
    and task_seq = ${sql.placeholder("seq")}`,
};

/** The values of `RELEASING`: everything that a task holds if it has ended, else nothing. */
export const released = ({
  status,
  targets,
  customProfiles,
}: Pick<PostgresTaskRow, "status" | "targets" | "customProfiles">) => ({
  releasedKeys: isFinal(status) ? targets.flatMap(keysOf) : [],
  releasedProfiles: isFinal(status) ? customProfiles : [],
});
