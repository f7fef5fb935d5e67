import { and, asc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { CHANNEL, orderOf } from "../db/postgres/notices/notices.ts";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { requestRates, workers } from "../db/postgres/tables/fleet.ts";
import { sliceRuns } from "../db/postgres/tables/slices.ts";
import { isLazy } from "../db/postgres/task-changes.ts";
import type { Capabilities } from "../plan/plan.ts";
import { TaskError } from "../task/errors.ts";
import { allCapabilities } from "./all-capabilities.ts";
import { Census } from "./census.ts";
import type {
  Beat,
  CallsGiven,
  CallsWanted,
  Fleet,
  Node,
  Order,
  RunningSlice,
  SeenNode,
} from "./fleet.ts";

/** A node that has been silent for longer is dead, or cut off: nothing is judged by what it can. */
const SILENT_MS = 30_000;
/** It is shown for so long, that operators find out what became of it. */
const KEPT_MS = 3_600_000;
/** How long what the nodes can is remembered. */
const REMEMBERED_MS = 2_000;
/** How many slices are told of. */
const SLICES_MAX = 1_000;

/** How long a client is remembered that calls no more. */
const FORGOTTEN_MS = 60_000;

/** What the client may make now, of the row that is there. A time that is far ahead is of a database that was restored. */
const FILLED = `least($4::float8, rate.calls + case when rate.at_ms > $5::bigint + 10000 then $4::float8
  else greatest(0, $5::bigint - rate.at_ms) * $3::float8 / 1000 end)`;
const GIVEN = `least($2::integer, floor(${FILLED})::integer)`;
/** Nothing is lost if a crash takes it back, so the commit does not wait for the disk. */
const TAKE_CALLS = `insert into request_rates as rate (client_code, calls, given, at_ms)
  select $1::text, $4::float8 - least($2::integer, $4::float8), least($2::integer, $4::float8), $5::bigint
  from (select set_config('synchronous_commit', 'off', true) as value) as lazily where value is not null
  on conflict (client_code) do update set given = ${GIVEN}, calls = ${FILLED} - ${GIVEN},
    at_ms = case when rate.at_ms > $5::bigint + 10000 then $5::bigint else greatest($5::bigint, rate.at_ms) end
  returning given as calls, calls as left, not exists (select 1 from request_rates as other
    where other.client_code <> $1::text and other.at_ms > $5::bigint - 10000) as "isAlone"`;

/** The nodes of a fleet, and what they share, in its tables. */
export class PostgresFleet implements Fleet {
  readonly #database: PostgresDatabase;
  readonly #now: () => number;
  readonly #queries;
  #forgotMs = 0;
  readonly #census: Census;
  #known: { readonly text: string; readonly all: Capabilities | undefined } | undefined;
  #asked: { readonly atMs: number; readonly answer: Promise<Capabilities | undefined> } | undefined;

  /** @param options - `now`: the clock of the database */
  constructor(database: PostgresDatabase, { now }: { readonly now: () => number }) {
    this.#database = database;
    this.#now = now;
    this.#queries = prepareQueries(database);
    this.#census = new Census(database);
  }

  get idleNodes(): number {
    return this.#census.idleNodes;
  }

  get isKeeper(): boolean {
    return this.#census.isKeeper;
  }

  async beat(node: Node, beat: Beat): Promise<Order> {
    const told = { ...beat, seenMs: this.#now() };
    const again = () => this.#queries.beat.execute({ id: node.id, ...told });
    const [known] = await this.#database.alone(again);
    if (!known) await this.#join(node, told);
    await this.#census.take(node.id, told.seenMs - SILENT_MS);
    return known ?? { isToDrain: false, handBackMs: null };
  }

  /** Once in the life of a node, or of its row. */
  async #join(node: Node, told: Beat & { readonly seenMs: number }): Promise<void> {
    await this.#database.write(async () => {
      await this.#queries.purge.execute({ beforeMs: told.seenMs - KEPT_MS });
      await this.#database.orm
        .insert(workers)
        .values({ ...node, ...told })
        .onConflictDoNothing();
    });
  }

  async leave(id: string): Promise<void> {
    await this.#database.write(() => this.#queries.remove.execute({ id }));
  }

  async nodes(): Promise<readonly SeenNode[]> {
    return this.#database.read(() => this.#queries.all.execute());
  }

  async slices(): Promise<readonly RunningSlice[]> {
    return this.#database.read(() => this.#queries.slices.execute());
  }

  async capabilities(): Promise<Capabilities | undefined> {
    const atMs = performance.now();
    if (!this.#asked || atMs - this.#asked.atMs > REMEMBERED_MS) {
      const answer = this.#lookUp();
      const asked = { atMs, answer };
      this.#asked = asked;
      // What could not be read is asked for again by the next call.
      answer.catch(() => {
        if (this.#asked === asked) this.#asked = undefined;
      });
    }
    return this.#asked.answer;
  }

  async order(id: string, { isToDrain, handBackMs }: Order): Promise<SeenNode> {
    return this.#database.write(async () => {
      const [node] = await this.#queries.order.execute({ id, isToDrain, handBackMs });
      if (!node)
        throw new TaskError("no_such_resource", `Cannot find worker "${id}": there is none`);
      await this.#database.execute("select pg_notify($1, $2)", [CHANNEL, orderOf(id)]);
      return node;
    });
  }

  async takeCalls({ clientCode, perSecond, atOnce, wanted }: CallsWanted): Promise<CallsGiven> {
    const nowMs = this.#now();
    const values = [clientCode, wanted, perSecond, atOnce, nowMs];
    // One statement, which is a transaction by itself.
    const { rows } = await this.#database.read(() =>
      this.#database.execute(TAKE_CALLS, values, "fleet_take_calls"),
    );
    this.#forgetCalls(nowMs);
    return rows[0] as CallsGiven;
  }

  /** Removes the rows of clients that have not called for long: they may make all calls, as one without a row. */
  #forgetCalls(nowMs: number): void {
    if (nowMs - this.#forgotMs < FORGOTTEN_MS) return;
    this.#forgotMs = nowMs;
    const beforeMs = nowMs - FORGOTTEN_MS;
    this.#database.write(() => this.#queries.forget.execute({ beforeMs })).catch(() => {});
  }

  onOrder(id: string, listener: () => void): () => void {
    return this.#database.listen(CHANNEL, (notice) => {
      if (notice === "" || notice === orderOf(id)) listener();
    });
  }

  /** The same object for the same nodes: what is judged by it is remembered with it. */
  async #lookUp(): Promise<Capabilities | undefined> {
    const sinceMs = this.#now() - SILENT_MS;
    const rows = await this.#database.read(() => this.#queries.able.execute({ sinceMs }));
    // Nodes that run no tasks count nobody else.
    this.#database.hearers = Math.max(1, rows.length);
    const text = JSON.stringify(rows);
    if (this.#known?.text !== text)
      this.#known = { text, all: allCapabilities(rows.map(({ capabilities }) => capabilities)) };
    return this.#known.all;
  }
}

/** The slices that are made now, the first of them. */
const runningSlices = (orm: PostgresDatabase["orm"]) =>
  orm
    .select({ workerId: sliceRuns.workerId, taskId: sliceRuns.taskId, index: sliceRuns.part })
    .from(sliceRuns)
    .orderBy(asc(sliceRuns.taskId), asc(sliceRuns.part))
    .limit(SLICES_MAX)
    .prepare("fleet_slices");

function prepareQueries({ orm, prepared }: PostgresDatabase) {
  const id = sql.placeholder("id");
  const isIt = eq(workers.id, id);
  return prepared({
    beat: () =>
      orm
        .update(workers)
        .set({
          running: sql`${sql.placeholder("running")}`,
          isDraining: sql`${sql.placeholder("isDraining")}`,
          hardware: sql`${sql.placeholder("hardware")}`,
          seenMs: sql`${sql.placeholder("seenMs")}`,
        })
        .where(and(isIt, isLazy))
        .returning({ isToDrain: workers.isToDrain, handBackMs: workers.handBackMs })
        .prepare("fleet_beat"),
    order: () =>
      orm
        .update(workers)
        .set({
          isToDrain: sql`${sql.placeholder("isToDrain")}`,
          handBackMs: sql`${sql.placeholder("handBackMs")}`,
        })
        .where(isIt)
        .returning()
        .prepare("fleet_order"),
    remove: () => orm.delete(workers).where(isIt).prepare("fleet_remove"),
    purge: () =>
      orm
        .delete(workers)
        .where(lt(workers.seenMs, sql.placeholder("beforeMs")))
        .prepare("fleet_purge"),
    // Past those that others write now, as none waits for another then.
    forget: () =>
      orm
        .delete(requestRates)
        .where(
          inArray(
            requestRates.clientCode,
            orm
              .select({ clientCode: requestRates.clientCode })
              .from(requestRates)
              .where(lt(requestRates.atMs, sql.placeholder("beforeMs")))
              .for("update", { skipLocked: true }),
          ),
        )
        .prepare("fleet_forget_calls"),
    all: () =>
      orm
        .select()
        .from(workers)
        .orderBy(asc(workers.startedMs), asc(workers.id))
        .prepare("fleet_all"),
    slices: () => runningSlices(orm),
    able: () =>
      orm
        .select({ capabilities: workers.capabilities })
        .from(workers)
        .where(gte(workers.seenMs, sql.placeholder("sinceMs")))
        .orderBy(asc(workers.id))
        .prepare("fleet_able"),
  });
}
