import { and, asc, desc, eq, sql } from "drizzle-orm";
import { LOCKS } from "../../db/postgres/locks.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { tasks } from "../../db/postgres/tables/tasks.ts";
import { rounds } from "../../db/postgres/tables/upkeep.ts";
import type { BossEntries, EntryOf } from "./entries.ts";
import { ENTRY_COLUMNS } from "./queries.ts";
import { type QueueKey, queueNameOf } from "./queue-name.ts";
import { isReady } from "./turn-query.ts";

/** How many rows, and how many entries, one pass holds against each other. */
const BATCH = 500;
/** Of how many clients at most, one query each. */
const CLIENTS_MAX = 50;
/** Of how many queues the rows are at most: some queries each, and where pg-boss has lost one, it makes that anew. */
const QUEUES_MAX = 50;
/** Gives a row to the one node that mends now. */
const LOCK = `select 1 where pg_try_advisory_xact_lock(${LOCKS.MENDING})`;

/** How often a part of the round is made, by any node. */
const EVERY_MS = 60_000;
const ROUND = "mending";

const FIRST_ENTRY = { queue: "", id: "00000000-0000-0000-0000-000000000000" };
const FIRST_ROW = { clientCode: "", createMs: 0, seq: 0 };

/** Where the next batches begin. */
type Place = { readonly entry: typeof FIRST_ENTRY; readonly row: typeof FIRST_ROW };

type FoundRow = EntryOf & { readonly createMs: number; readonly seq: number };
/** Rows of a batch, and where the one after it begins. */
type NextRows = { readonly found: readonly FoundRow[]; readonly next: Place["row"] };

/**
 * Makes entries and rows agree again, the rows being right: after a backup was restored, or somebody wrote to pg-boss's tables. It goes along both
 * in batches and begins anew at the end, each time a little; a claim that finds a queue in disorder has that queue mended at once.
 */
export class Mending {
  readonly #database: PostgresDatabase;
  readonly #entries: BossEntries;
  readonly #asked;
  readonly #rows;
  readonly #rounds;
  /** Before this time, by the clock of all nodes, this one need not ask whether it is time. */
  #askMs = 0;

  constructor(database: PostgresDatabase, entries: BossEntries) {
    this.#database = database;
    this.#entries = entries;
    this.#asked = prepareEntries(database);
    this.#rows = prepareRows(database);
    this.#rounds = prepareRound(database);
  }

  /** Does `mend`, at most once a minute for all nodes. @returns as `mend` */
  async mendInTime(nowMs: number): Promise<number> {
    // A clock that is set back would keep it from asking for as long.
    if (nowMs < this.#askMs && nowMs > this.#askMs - EVERY_MS) return 0;
    this.#askMs = nowMs + EVERY_MS;
    return this.#database.write(async () => {
      const due = await this.#rounds.begin.execute({ atMs: nowMs });
      return due.length === 0 ? 0 : this.#mendNext();
    });
  }

  /** Holds the next batches against each other. @returns how many entries were added and removed */
  async mend(): Promise<number> {
    return this.#database.write(() => this.#mendNext());
  }

  async #mendNext(): Promise<number> {
    const lock = await this.#database.execute(LOCK, [], "lock_mending");
    if (lock.rows.length === 0) return 0;
    const [{ place } = { place: null }] = await this.#rounds.place.execute();
    const entries = await this.#nextEntries(place?.entry ?? FIRST_ENTRY);
    const rows = ofFewQueues(await this.#nextRows(place?.row ?? FIRST_ROW));
    const removed = await this.#removeStale(entries.found);
    const added = await this.#addMissing(rows.found);
    await this.#rounds.goOn.execute({ place: { entry: entries.next, row: rows.next } });
    return removed + added;
  }

  /** Mends the first of one queue. Call it inside `write`. @returns as `mend` */
  async mendQueue(key: QueueKey): Promise<number> {
    const queue = queueNameOf(key);
    const entries = await this.#asked.ofQueue.execute({ queue });
    const removed = await this.#removeStale(entries.map(({ id }) => ({ queue, id })));
    return removed + (await this.#addMissing(await this.#rows.ofQueue.execute(key)));
  }

  async #nextEntries(entry: Place["entry"]) {
    const found = await this.#asked.from.execute(entry);
    return { found, next: found.length < BATCH ? FIRST_ENTRY : (found.at(-1) ?? FIRST_ENTRY) };
  }

  async #nextRows(row: Place["row"]): Promise<NextRows> {
    const found: FoundRow[] = [];
    let next = row;
    for (let clients = 0; clients < CLIENTS_MAX && found.length < BATCH; clients += 1) {
      const rows = await this.#rows.from.execute({ ...next, limit: BATCH - found.length });
      found.push(...rows);
      const last = rows.at(-1);
      if (last && found.length === BATCH) {
        const { clientCode, createMs, seq } = last;
        return { found, next: { clientCode, createMs, seq } };
      }
      const [client] = await this.#rows.nextClient.execute(next);
      if (!client?.code) return { found, next: FIRST_ROW };
      next = { ...FIRST_ROW, clientCode: client.code };
    }
    return { found, next };
  }

  /** Removes those of the entries that are of no ready task, or not of this queue. */
  async #removeStale(entries: readonly { readonly queue: string; readonly id: string }[]) {
    if (entries.length === 0) return 0;
    const places = new Map<string, string>();
    const ids = entries.map(({ id }) => id);
    for (const row of await this.#rows.ready.execute({ ids })) places.set(row.id, queueNameOf(row));
    const stale = entries.filter(({ id, queue }) => places.get(id) !== queue);
    if (stale.length === 0) return 0;
    // Nobody makes a task ready while its row is locked, so no entry is removed that was added meanwhile.
    const rows = await this.#rows.locked.execute({ ids: stale.map(({ id }) => id) });
    const now = new Map(rows.map((row) => [row.id, row.isReady ? queueNameOf(row) : undefined]));
    const gone = stale.filter(({ id, queue }) => now.get(id) !== queue);
    for (const [queue, all] of Map.groupBy(gone, (each) => each.queue))
      await this.#entries.remove(
        queue,
        all.map(({ id }) => id),
      );
    return gone.length;
  }

  /** Adds the entries that rows lack, in their order. */
  async #addMissing(rows: readonly EntryOf[]) {
    const missing: string[] = [];
    for (const [queue, all] of Map.groupBy(rows, queueNameOf)) {
      const there = await this.#asked.there.execute({ queue, ids: all.map(({ id }) => id) });
      const ids = new Set(there.map(({ id }) => id));
      const lacking = all.filter(({ id }) => !ids.has(id));
      // Takes longest, and so before rows are locked that claims would wait for.
      if (lacking.length > 0) await this.#entries.insistOn(queue);
      missing.push(...lacking.map(({ id }) => id));
    }
    if (missing.length === 0) return 0;
    const locked = await this.#rows.locked.execute({ ids: missing });
    const ready = new Map(locked.filter((row) => row.isReady).map((row) => [row.id, row]));
    const lacking = missing.flatMap((id) => ready.get(id) ?? []);
    // One that somebody ended by pg-boss's own means is still there, and would stand in the way.
    for (const [queue, all] of Map.groupBy(lacking, queueNameOf))
      await this.#entries.remove(
        queue,
        all.map(({ id }) => id),
      );
    await this.#entries.enqueueAll(lacking);
    return lacking.length;
  }
}

/** Those of the first queues alone; the next part begins with the others. */
function ofFewQueues({ found, next }: NextRows): NextRows {
  const queues = new Set<string>();
  const end = found.findIndex((row) => queues.add(queueNameOf(row)).size > QUEUES_MAX);
  const last = found[end - 1];
  if (!last) return { found, next };
  const { clientCode, createMs, seq } = last;
  return { found: found.slice(0, end), next: { clientCode, createMs, seq } };
}

// Of tables of pg-boss, which are read here and changed only by itself.
const entry = { queue: sql<string>`name`, id: sql<string>`id::text` };
/** What is asked of pg-boss's entries. */
function prepareEntries({ orm, prepared }: PostgresDatabase) {
  const { queue, id, ids } = placeholders;
  const entries = () => orm.select(entry).from(sql`pontus_queue.job_common`);
  return prepared({
    from: () =>
      entries()
        .where(sql`(name, id) > (${queue}::text, ${id}::uuid)`)
        // With the table's name: an `id` alone would be the text that is selected, which no index is in the order of.
        .orderBy(sql`job_common.name, job_common.id`)
        .limit(BATCH)
        .prepare("entries_from"),
    ofQueue: () =>
      entries().where(sql`name = ${queue}::text`).limit(BATCH).prepare("entries_of_queue"),
    // One look for each: else a queue is read whole where that is expected to cost less, long as it may have become.
    there: () =>
      orm
        .select({ id: sql<string>`entry.id::text` })
        .from(
          sql`unnest(${ids}::uuid[]) as wanted (id) cross join lateral (
            select job_common.id from pontus_queue.job_common
            where name = ${queue}::text and job_common.id = wanted.id and state < 'active' offset 0) as entry`,
        )
        .prepare("entries_there"),
  });
}

/** What is asked of rows. */
function prepareRows({ orm, prepared }: PostgresDatabase) {
  const { clientCode, createMs, seq, ids } = placeholders;
  const isOneOf = sql`${tasks.id} = any(${ids}::text[])`;
  const ofClient = and(isReady, eq(tasks.clientCode, clientCode));
  return prepared({
    from: () =>
      orm
        .select({ ...ENTRY_COLUMNS, createMs: tasks.createMs, seq: tasks.seq })
        .from(tasks)
        .where(and(ofClient, sql`(create_ms, seq) > (${createMs}::bigint, ${seq}::bigint)`))
        .orderBy(asc(tasks.createMs), asc(tasks.seq))
        .limit(sql.placeholder("limit"))
        .prepare("ready_from"),
    nextClient: () =>
      orm
        .select({ code: sql<string | null>`min(client_code)` })
        .from(tasks)
        .where(and(isReady, sql`client_code > ${clientCode}::text`))
        .prepare("next_ready_client"),
    ofQueue: () =>
      orm
        .select(ENTRY_COLUMNS)
        .from(tasks)
        .where(
          and(
            ofClient,
            eq(tasks.needs, sql.placeholder("needs")),
            eq(tasks.isLive, sql.placeholder("isLive")),
          ),
        )
        .orderBy(desc(tasks.priority), asc(tasks.seq))
        .limit(BATCH)
        .prepare("ready_of_queue"),
    ready: () =>
      orm.select(ENTRY_COLUMNS).from(tasks).where(and(isOneOf, isReady)).prepare("ready_of_ids"),
    locked: () =>
      orm
        .select({ ...ENTRY_COLUMNS, isReady: sql<boolean>`${isReady}` })
        .from(tasks)
        .where(isOneOf)
        .orderBy(asc(tasks.seq))
        .for("no key update")
        .prepare("locked_of_ids"),
  });
}

/** What is kept of the round, for all nodes. */
function prepareRound({ orm, prepared }: PostgresDatabase) {
  const place = sql.placeholder("place");
  const last = sql`rounds.at_ms`;
  return prepared({
    // A time to come is of a clock that was set back since.
    begin: () =>
      orm
        .insert(rounds)
        .values({ name: ROUND, atMs: sql.placeholder("atMs") })
        .onConflictDoUpdate({
          target: rounds.name,
          set: { atMs: sql`excluded.at_ms` },
          setWhere: sql`${last} <= excluded.at_ms - ${sql.raw(String(EVERY_MS))} or ${last} > excluded.at_ms`,
        })
        .returning({ name: rounds.name })
        .prepare("begin_mending"),
    place: () =>
      orm
        .select({ place: sql<Place | null>`place` })
        .from(rounds)
        .where(eq(rounds.name, ROUND))
        .prepare("place_of_mending"),
    goOn: () =>
      orm
        .insert(rounds)
        .values({ name: ROUND, atMs: 0, place })
        .onConflictDoUpdate({ target: rounds.name, set: { place: sql`excluded.place` } })
        .prepare("go_on_mending"),
  });
}

const placeholders = {
  queue: sql.placeholder("queue"),
  id: sql.placeholder("id"),
  clientCode: sql.placeholder("clientCode"),
  createMs: sql.placeholder("createMs"),
  seq: sql.placeholder("seq"),
  ids: sql.placeholder("ids"),
};
