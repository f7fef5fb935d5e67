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
    const task = orm
      .$with("task", {})
      .as(
        sql`select ${sql.placeholder("taskSeq")}::bigint as seq, ${sql.placeholder("taskId")}::text as id`,
      );
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
    row: Pick<PostgresTaskRow, "seq" | "id" | "clientCode" | "customProfiles">,
    targets: readonly Asked[],
  ): Promise<TaskError | undefined> {
    const values = held([{ ...row, targets }]);
    const taken = await this.#queries.take.execute({ ...values, taskSeq: row.seq, taskId: row.id });
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
 * @param task - what gives the `seq` and the `id` of each task
 */
export const holding = (task: SQL): SQL => sql`insert into active_targets (key, task_seq)
  select key, ${task}.seq
  from unnest(${sql.placeholder("keys")}::text[], ${sql.placeholder("keyTasks")}::text[]) as held (key, task_id)
  join ${task} on ${task}.id = held.task_id
  order by key collate "C" on conflict do nothing returning key`;

/** Uses custom profiles. The values are those of `held`. */
export const using = (task: SQL): SQL => sql`insert into profile_uses
  (client_code, profile_name, task_seq)
  select held.client_code, name, ${task}.seq
  from unnest(${sql.placeholder("profileClients")}::text[], ${sql.placeholder("profileNames")}::text[],
    ${sql.placeholder("profileTasks")}::text[]) as held (client_code, name, task_id)
  join ${task} on ${task}.id = held.task_id
  order by held.client_code collate "C", name collate "C" on conflict do nothing`;

type Holder = Pick<PostgresTaskRow, "id" | "clientCode" | "customProfiles"> & {
  readonly targets: readonly Held[];
};

const keysOfTask = ({ targets }: Pick<Holder, "targets">) => targets.flatMap(keysOf);

/** The values of `holding` and `using`. */
export const held = (rows: readonly Holder[]) => ({
  keys: rows.flatMap(keysOfTask),
  keyTasks: rows.flatMap((row) => keysOfTask(row).map(() => row.id)),
  profileClients: rows.flatMap(({ clientCode, customProfiles }) =>
    customProfiles.map(() => clientCode),
  ),
  profileNames: rows.flatMap(({ customProfiles }) => customProfiles),
  profileTasks: rows.flatMap(({ id, customProfiles }) => customProfiles.map(() => id)),
});

/** Lets go of targets and of custom profiles, by the values of `released`. */
export const RELEASING = {
  targets: sql`delete from active_targets using
    unnest(${sql.placeholder("releasedKeys")}::text[], ${sql.placeholder("releasedTasks")}::bigint[])
      as released (key, task_seq)
    where active_targets.key = released.key and active_targets.task_seq = released.task_seq`,
  profiles: sql`delete from profile_uses using
    unnest(${sql.placeholder("unusedClients")}::text[], ${sql.placeholder("unusedProfiles")}::text[],
      ${sql.placeholder("unusedTasks")}::bigint[]) as unused (client_code, profile_name, task_seq)
    where profile_uses.client_code = unused.client_code
      and profile_uses.profile_name = unused.profile_name and profile_uses.task_seq = unused.task_seq`,
};

/** The values of `RELEASING`: everything that those of the tasks hold which have ended. */
export function released(
  rows: readonly Pick<
    PostgresTaskRow,
    "seq" | "clientCode" | "status" | "targets" | "customProfiles"
  >[],
) {
  const ended = rows.filter(({ status }) => isFinal(status));
  return {
    releasedKeys: ended.flatMap(keysOfTask),
    releasedTasks: ended.flatMap((row) => keysOfTask(row).map(() => row.seq)),
    unusedClients: ended.flatMap(({ clientCode, customProfiles }) =>
      customProfiles.map(() => clientCode),
    ),
    unusedProfiles: ended.flatMap(({ customProfiles }) => customProfiles),
    unusedTasks: ended.flatMap(({ seq, customProfiles }) => customProfiles.map(() => seq)),
  };
}
