import { getLogger } from "@logtape/logtape";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { prepared } from "../prepared.ts";
import { again } from "./calls/again.ts";
import { Calls } from "./calls/calls.ts";
import { onConnection, transact } from "./calls/transact.ts";
import { keptValue } from "./columns.ts";
import { isLost, mayRunAgain, translatePostgresError } from "./errors.ts";
import { migratePostgres, refuseNewer, STANDING } from "./migrate.ts";
import { Listener } from "./notices/listener.ts";
import { Notifier } from "./notices/notifier.ts";

const log = getLogger(["pontus", "database"]);

/** How long a call is tried again while the server is away or others are in its way. */
const AGAIN_MS_MAX = 5_000;
const STATEMENT_MS_MAX = 30_000;
const LOCK_MS_MAX = 10_000;
/** How long a transaction may wait for its node: one that is frozen or cut off holds its locks no longer than others wait for them. */
const IDLE_MS_MAX = 5_000;

/** How long connections wait for the server: for it to take them, for the end of a statement, for the locks of others. */
export const WAITS = {
  connectionTimeoutMillis: 5_000,
  // A little longer than the server's own limit: a server that is cut off answers nothing at all.
  query_timeout: STATEMENT_MS_MAX + 5_000,
  statement_timeout: STATEMENT_MS_MAX,
  lock_timeout: LOCK_MS_MAX,
  idle_in_transaction_session_timeout: IDLE_MS_MAX,
  keepAlive: true,
};

/** Its commit waits for no disk: what is told of lies there already, and nothing else is written. */
const NOTIFY = `select pg_notify(channel, payload), set_config('synchronous_commit', 'off', true)
  from unnest($1::text[], $2::text[]) as notice (channel, payload)`;

/**
 * Statements are planned once for each connection, not for the values of each call: all are written so that one plan serves all values, and planning a
 * claim takes longer than running it. Nor is any so long that compiling it would help. All find their rows by indexes: a plan that was made while a
 * table was small must not read it whole once it has grown.
 */
const PLANNING = [
  "plan_cache_mode=force_generic_plan",
  ...["jit", "enable_seqscan", "enable_hashjoin", "enable_mergejoin"].map((name) => `${name}=off`),
]
  .map((setting) => `-c ${setting}`)
  .join(" ");

/** Drizzle on the connection of the transaction in which it is used. */
export type PostgresOrm = NodePgDatabase;

/**
 * An open database on a PostgreSQL server. Prepare queries on `orm` by `prepared`, with a name each; run them inside `read` and `write`: each
 * runs on the connection of the call that it is made in, so nothing passes a connection on.
 */
export type PostgresDatabase = {
  readonly orm: PostgresOrm;

  /** Queries by name, each prepared when it is first asked for. */
  readonly prepared: typeof prepared;

  /** Runs queries that change nothing, each on its own. @throws {TaskError} `service_unavailable` */
  read<T>(queries: () => Promise<T>): Promise<T>;

  /**
   * Runs statements, all or nothing, in one transaction (READ COMMITTED: rows that are decided on are read `for update`). They may
   * run again, with what they did rolled back, so they must change nothing but the database. Inside another `write` they are part of its
   * transaction.
   *
   * @returns what they return, once it is on disk
   * @throws what they throw, or {TaskError} `service_unavailable`; if that comes while it commits, it may be written all the same
   */
  write<T>(statements: () => Promise<T>): Promise<T>;

  /**
   * Runs one statement that writes and is a transaction by itself, which costs a third of a `write`. It may run twice where the connection breaks, so
   * the second time must do no harm; in another call it cannot be.
   */
  alone<T>(statement: () => Promise<T>): Promise<T>;

  /** Has something done once what is written now is on disk; not at all if it is rolled back. To be called inside `write`. It must not throw. */
  readonly afterCommit: (work: () => void) => void;

  /** How many nodes hear notices, as far as is known: of many, each is told less often. */
  hearers: number;

  /**
   * Has all nodes told once what is written now is on disk, a little later, and once where several writes say the same; not at all if it
   * is rolled back. To be called inside `write`. A node that ends at that moment tells nothing.
   */
  readonly notify: (channel: string, payload: string) => void;

  /**
   * One statement of another library, with `$1` and so on, on the connection of the call that it is made in.
   *
   * @param name - prepares it, once for each connection; a name has one text for ever
   */
  readonly execute: (
    text: string,
    values?: readonly unknown[],
    name?: string,
  ) => Promise<{ rows: unknown[] }>;

  /**
   * Has a listener called at each notice on a channel, and once after each time that notices may have been missed.
   *
   * @returns what ends this
   */
  listen(channel: string, onNotice: (payload: string) => void): () => void;

  /** Checks whether writes succeed, and no newer version has made the tables useless for this one. @throws {TaskError} `service_unavailable` */
  checkWritable(): Promise<void>;

  /** Lets running calls end, for some seconds, and closes all connections; later calls are refused. */
  close(): Promise<void>;
};

/** How a database is opened. */
export type PostgresOptions = {
  /** How many connections it holds at most, beside the one that listens. */
  readonly connectionsMax?: number;
  /** What operators see of its connections. */
  readonly name?: string;
  /** How long a call is tried again while the server is away or others are in its way. */
  readonly againMs?: number;
};

/**
 * Connects to a server and brings the database to the newest schema; several nodes may start at once.
 *
 * @throws {TaskError} `service_unavailable` if it cannot be reached, or a newer version of this program made tables that this one cannot use
 */
export async function openPostgres(
  url: string,
  { connectionsMax = 10, name = "pontus", againMs = AGAIN_MS_MAX }: PostgresOptions = {},
): Promise<PostgresDatabase> {
  const config: pg.PoolConfig = {
    connectionString: url,
    application_name: name,
    max: connectionsMax,
    ...WAITS,
    options: PLANNING,
  };
  const pool = new pg.Pool(config);
  // Of connections that are idle: the next call gets another one, and says what is wrong.
  pool.on("error", (error) => log.debug("A connection to the database broke: {error}", { error }));
  try {
    await migratePostgres(pool);
  } catch (error) {
    await pool.end().catch(() => {});
    throw translatePostgresError(error);
  }
  return serve(
    pool,
    againMs,
    new Listener({ connectionString: url, application_name: `${name} listener` }),
  );
}

/** How calls run on the connections of a pool. */
function callsOn(pool: pg.Pool, againMs: number) {
  const calls = new Calls();
  const read = async <T>(queries: () => Promise<T>): Promise<T> => {
    if (calls.under) return queries();
    return translated(() =>
      again(againMs, isLost, () =>
        onConnection(pool, (each) => calls.run({ client: each }, queries)),
      ),
    );
  };
  const alone = async <T>(statement: () => Promise<T>): Promise<T> => {
    if (calls.under) throw new Error("Cannot write by itself: this is inside of another call");
    return translated(() =>
      again(againMs, mayRunAgain, () =>
        onConnection(pool, (each) => calls.run({ client: each }, statement)),
      ),
    );
  };
  const write = async <T>(statements: () => Promise<T>): Promise<T> => {
    if (calls.under) {
      // Where it could not be undone, it must not begin.
      void calls.afterwards;
      return statements();
    }
    const { value, afterwards } = await translated(() =>
      again(againMs, mayRunAgain, () =>
        onConnection(pool, async (each) => {
          const call = { client: each, afterwards: [] as (() => void)[] };
          const written = await calls.run(call, () => transact(each, statements));
          return { value: written, afterwards: call.afterwards };
        }),
      ),
    );
    // Outside of the call, as its connection is another's by now.
    for (const work of afterwards) work();
    return value;
  };
  return { calls, read, alone, write };
}

function serve(pool: pg.Pool, againMs: number, listener: Listener): PostgresDatabase {
  const { calls, read, alone, write } = callsOn(pool, againMs);
  // Drizzle asks nothing else of a client.
  const client = {
    query: (config: pg.QueryConfig, values: readonly unknown[]) =>
      calls.current.client.query(config, values.map(keptValue)),
  };
  const orm = drizzle({ client: client as unknown as pg.PoolClient }) as unknown as PostgresOrm;
  const afterCommit = (work: () => void): void => void calls.afterwards.push(work);
  const notifier = new Notifier(
    ({ channels, payloads }) =>
      again(againMs, isLost, () =>
        onConnection(pool, async (each) => {
          await each.query({ name: "notify", text: NOTIFY, values: [channels, payloads] });
        }),
      ),
    () => database.hearers,
  );
  const database: PostgresDatabase = {
    hearers: 1,
    orm,
    prepared,
    read,
    write,
    alone,
    afterCommit,
    notify: (channel, payload) => afterCommit(() => notifier.tell(channel, payload)),
    execute: async (text, values, name) =>
      calls.current.client.query({ text, values: values as unknown[], ...(name && { name }) }),
    listen: (channel, onNotice) => listener.listen(channel, onNotice),
    checkWritable: () =>
      write(async () => {
        // Writes the version that is there already.
        await calls.current.client.query("update pontus_schema set version = version");
        const { rows } = await calls.current.client.query(STANDING);
        for (const standing of rows) refuseNewer(standing);
      }),
    close: async () => {
      await notifier.close();
      await Promise.all([listener.close(), pool.end()]);
    },
  };
  return database;
}

async function translated<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw translatePostgresError(error);
  }
}
