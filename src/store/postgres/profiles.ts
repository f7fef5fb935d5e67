import { and, asc, eq, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { profiles } from "../../db/postgres/tables/clients.ts";
import { profileUses } from "../../db/postgres/tables/tasks.ts";
import type { Profile } from "../../profile/profile.ts";
import { noSuchProfile, profileExists, profileInUse } from "../profiles.ts";
import type { ProfileStore, StoredProfile } from "../store.ts";

/** Custom profiles in PostgreSQL. */
export class PostgresProfileStore implements ProfileStore {
  readonly #database: PostgresDatabase;
  readonly #now: () => number;
  readonly #queries;

  /** @param clock - `now`: ms since the epoch */
  constructor(database: PostgresDatabase, { now }: { readonly now: () => number }) {
    this.#database = database;
    this.#now = now;
    this.#queries = prepareQueries(database);
  }

  async create(clientCode: string, profile: Profile): Promise<StoredProfile> {
    const createMs = this.#now();
    const row = { clientCode, name: profile.name, profile, createMs };
    const { rowCount } = await this.#database.write(() => this.#queries.insert.execute(row));
    if (rowCount !== 1) throw profileExists(profile.name);
    return { profile, createMs };
  }

  async get(clientCode: string, name: string): Promise<StoredProfile | undefined> {
    const found = () => this.#queries.byName.execute({ clientCode, name });
    return (await this.#database.read(found))[0];
  }

  async list(clientCode: string): Promise<readonly StoredProfile[]> {
    return this.#database.read(() => this.#queries.ofClient.execute({ clientCode }));
  }

  async remove(clientCode: string, name: string): Promise<void> {
    await this.#database.write(async () => {
      const uses = await this.#queries.use.execute({ clientCode, name });
      if (uses.length > 0) throw profileInUse(name);
      const { rowCount } = await this.#queries.remove.execute({ clientCode, name });
      if (rowCount !== 1) throw noSuchProfile(name);
    });
  }
}

function prepareQueries({ orm, prepared }: PostgresDatabase) {
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
        .prepare("profiles_insert"),
    byName: () => orm.select(columns).from(profiles).where(isProfile).prepare("profiles_by_name"),
    ofClient: () =>
      orm
        .select(columns)
        .from(profiles)
        .where(eq(profiles.clientCode, clientCode))
        .orderBy(asc(profiles.name))
        .prepare("profiles_of_client"),
    use: () =>
      orm
        .select({ taskSeq: profileUses.taskSeq })
        .from(profileUses)
        .where(and(eq(profileUses.clientCode, clientCode), eq(profileUses.profileName, name)))
        .limit(1)
        .prepare("profiles_use"),
    remove: () => orm.delete(profiles).where(isProfile).prepare("profiles_remove"),
  });
}
