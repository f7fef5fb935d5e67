import { and, asc, eq, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { profiles, profileUses } from "../db/schema.ts";
import type { Profile } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import type { ProfileStore, StoredProfile } from "./store.ts";

/** Custom profiles in SQLite. */
export class SqliteProfileStore implements ProfileStore {
  readonly #queries;

  /** @param clock - `now`: ms since the epoch */
  constructor(
    private readonly database: Database,
    private readonly clock: { readonly now: () => number },
  ) {
    this.#queries = prepareQueries(database);
  }

  async create(clientCode: string, profile: Profile): Promise<StoredProfile> {
    const createMs = this.clock.now();
    const row = { clientCode, name: profile.name, profile, createMs };
    const { changes } = await this.database.write(() => this.#queries.insert.run(row));
    if (Number(changes) === 0) throw profileExists(profile.name);
    return { profile, createMs };
  }

  async get(clientCode: string, name: string): Promise<StoredProfile | undefined> {
    return this.database.read(() => this.#queries.byName.get({ clientCode, name }));
  }

  async list(clientCode: string): Promise<readonly StoredProfile[]> {
    return this.database.read(() => this.#queries.ofClient.all({ clientCode }));
  }

  async remove(clientCode: string, name: string): Promise<void> {
    await this.database.write(() => {
      if (this.#queries.use.get({ clientCode, name })) throw profileInUse(name);
      if (Number(this.#queries.remove.run({ clientCode, name }).changes) === 0)
        throw noSuchProfile(name);
    });
  }
}

/** The error about a name that is taken. */
export const profileExists = (name: string): TaskError =>
  new TaskError("profile_exists", `Cannot create profile "${name}": it is there`);

/** The error about a profile that must stay. */
export const profileInUse = (name: string): TaskError =>
  new TaskError("profile_not_empty", `Cannot delete profile "${name}": unfinished tasks use it`);

/** The error about a profile that is not there. */
export const noSuchProfile = (name: string): TaskError =>
  new TaskError("no_such_profile", `Cannot delete profile "${name}": there is none`);

function prepareQueries({ orm, prepared }: Database) {
  const clientCode = sql.placeholder("clientCode");
  const name = sql.placeholder("name");
  const columns = { profile: profiles.profile, createMs: profiles.createMs };
  const isProfile = and(eq(profiles.clientCode, clientCode), eq(profiles.name, name));
  return prepared({
    insert: () =>
      orm
        .insert(profiles)
        .values({
          clientCode,
          name,
          profile: sql.placeholder("profile"),
          createMs: sql.placeholder("createMs"),
        })
        .onConflictDoNothing()
        .prepare(),
    byName: () => orm.select(columns).from(profiles).where(isProfile).prepare(),
    ofClient: () =>
      orm
        .select(columns)
        .from(profiles)
        .where(eq(profiles.clientCode, clientCode))
        .orderBy(asc(profiles.name))
        .prepare(),
    use: () =>
      orm
        .select({ taskSeq: profileUses.taskSeq })
        .from(profileUses)
        .where(and(eq(profileUses.clientCode, clientCode), eq(profileUses.profileName, name)))
        .limit(1)
        .prepare(),
    remove: () => orm.delete(profiles).where(isProfile).prepare(),
  });
}
