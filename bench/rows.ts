import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { openSqlite } from "#sqlite";
import { openDatabase } from "../src/db/database.ts";
import { SqliteQueue } from "../src/queue/sqlite.ts";
import { SqliteTaskStore } from "../src/store/tasks.ts";
import { fillStore, pendingOf, restoringSql } from "./fill.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { CREDENTIALS } from "./service.ts";
import { median, ratioOf, type Spread, spreadOf } from "./statistics.ts";

const CLIENT = CREDENTIALS.client_code;
/** As the API's own default. */
const PAGE = 20;
const LEASE_MS = 60_000;

/** What is timed; each is a call of the real store or queue. */
type Operation = { readonly name: string; readonly run: (turn: number) => Promise<unknown> };

/** A filled store of so many rows that is open. */
type Filled = {
  readonly rows: number;
  readonly operations: readonly Operation[];
  /** Makes the tasks that were claimed pending again. */
  readonly restore: () => Promise<void>;
  readonly close: () => void;
};

function idsOf(path: string, where: string, count: number): readonly string[] {
  const connection = openSqlite(path);
  const query = `SELECT group_concat(id) FROM
    (SELECT id FROM tasks WHERE client_code = '${CLIENT}' AND ${where} LIMIT ${count})`;
  const ids = String(connection.value(query)).split(",");
  connection.close();
  return ids;
}

/** A prime number, so that turns walk over all rows in an order that no cache foresees. */
const STRIDE = 7_368_787;

function openFilled(path: string, rows: number): Filled {
  // Spread over the whole table, however large it is.
  const spread = [...new Set(Array.from({ length: 4_000 }, (_, n) => 1 + ((n * STRIDE) % rows)))];
  const some = idsOf(path, `seq IN (${spread.join(",")})`, 4_000);
  const deep = idsOf(path, `seq BETWEEN ${Math.floor(rows / 10)} AND ${Math.floor(rows / 5)}`, 50);
  const database = openDatabase(path);
  const now = Date.now;
  const store = new SqliteTaskStore(database, { now });
  const queue = new SqliteQueue(database, { now, leaseMs: LEASE_MS, attemptsMax: 3 });
  const pick = (ids: readonly string[], turn: number): string =>
    ids[(turn * 31) % ids.length] ?? "";
  const claimAndFinish = async (): Promise<void> => {
    const work = await queue.claim({ id: "bench", engine: "native" });
    if (!work) throw new Error("Cannot claim: nothing is pending");
    const failure = { code: "unknown", detail: "Cannot go on: this is a measurement" } as const;
    await store.finish(work.claim, { status: "FAILED", failure });
  };
  const restore = (): Promise<void> =>
    database.write(() => {
      for (const statement of restoringSql(rows)) database.orm.run(sql.raw(statement));
    });
  return {
    rows,
    operations: [
      { name: "get", run: (turn) => store.get(CLIENT, pick(some, turn)) },
      { name: "list", run: () => store.list(CLIENT, { limit: PAGE }) },
      { name: "list-status", run: () => store.list(CLIENT, { limit: PAGE, status: "FAILED" }) },
      {
        name: "list-deep",
        run: (turn) => store.list(CLIENT, { limit: PAGE, cursor: pick(deep, turn) }),
      },
      { name: "claim", run: claimAndFinish },
    ],
    restore,
    close: () => database.close(),
  };
}

async function time(operation: Operation, turns: number, firstTurn: number): Promise<number[]> {
  const times: number[] = [];
  for (let turn = firstTurn; turn < firstTurn + turns; turn += 1) {
    const startMs = performance.now();
    await operation.run(turn);
    times.push((performance.now() - startMs) * 1000);
  }
  return times;
}

/** How reading and claiming take to a growing table. */
export async function measureRows({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const sizes = isQuick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000];
  const [turns, rounds] = isQuick ? [100, 2] : [300, 20];
  const stores: Filled[] = [];
  for (const rows of sizes) {
    const path = join(scratch, `${rows}.db`);
    const startMs = performance.now();
    await fillStore(path, rows);
    const seconds = (performance.now() - startMs) / 1000;
    const bytes = statSync(path).size;
    say(
      `${figure(rows)} rows in ${figure(seconds)} s, ${figure(bytes / 1e6)} MB, ${figure(pendingOf(rows))} pending`,
    );
    stores.push(openFilled(path, rows));
  }
  const names = stores[0]?.operations.map(({ name }) => name) ?? [];
  const results = new Map<string, Spread[]>();
  for (let round = 0; round <= rounds; round += 1)
    for (const name of names)
      for (const { rows, operations, restore } of stores) {
        const operation = operations.find((one) => one.name === name);
        if (!operation) throw new Error(`Cannot time "${name}": there is no such operation`);
        const spread = spreadOf(await time(operation, turns, round * turns));
        const key = `${name} ${rows}`;
        if (name === "claim") await restore();
        // The first round warms up code and caches.
        if (round > 0) results.set(key, [...(results.get(key) ?? []), spread]);
      }
  for (const { close } of stores) close();
  for (const rows of sizes) rmSync(join(scratch, `${rows}.db`));
  const facts = { sizes, turns, microseconds: Object.fromEntries(results) };
  return { rows: names.map((name) => rowOf(name, sizes, results)), facts };
}

function rowOf(
  name: string,
  sizes: readonly number[],
  results: ReadonlyMap<string, readonly Spread[]>,
): Row {
  const spreads = (rows: number) => results.get(`${name} ${rows}`) ?? [];
  const shown = (rows: number): string => {
    const p50 = median(spreads(rows).map((spread) => spread.p50));
    const mean = median(spreads(rows).map((spread) => spread.mean));
    return `p50 ${figure(p50)} µs, mean ${figure(mean)} µs`;
  };
  const [least = 0, most = 0] = [sizes[0], sizes.at(-1)];
  const medians = (rows: number) => spreads(rows).map(({ p50 }) => p50);
  const ratio = ratioOf(medians(most), medians(least));
  return {
    key: `rows.${name}`,
    what: `${name === "claim" ? "claim and finish" : name}: at ${figure(most)} rows; peer: at ${figure(least)}`,
    ours: shown(most),
    peer: shown(least),
    ratio,
    bar: "≤ 2 x",
    isMet: ratio <= 2,
  };
}
