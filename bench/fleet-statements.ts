// What each call costs that comes while a fleet is at work, by how many tasks its database holds:
//   bun bench/fleet-statements.ts 1000 1000000 [--running 200]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openPostgres } from "../src/db/postgres/postgres.ts";
import { BossEntries } from "../src/queue/postgres/entries.ts";
import { type Filling, fill } from "../test/fixtures/filled-postgres.ts";
import { hotCalls } from "../test/fixtures/hot-calls.ts";
import { overviewCalls } from "../test/fixtures/overview-calls.ts";
import { type Cost, PlanLog, planSettings } from "../test/fixtures/postgres-plans.ts";
import { PostgresServer } from "../test/fixtures/postgres-server.ts";

/** Each call so often: statements are planned for any values from their sixth run on. */
const RUNS = 9;

/** What a call cost, the plans of its last run included. */
type Measured = { readonly ms: number; readonly costs: readonly Cost[] };

async function measure(filled: Filling): Promise<Map<string, Measured>> {
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  // Plans are told of only at the end: telling takes longer than some statements.
  const { "auto_explain.log_min_duration": all, ...quiet } = planSettings(folder);
  const settings = { ...quiet, shared_buffers: "512MB", max_wal_size: "8GB" };
  const server = await PostgresServer.start(folder, { settings });
  try {
    const url = await server.createDatabase();
    const beganMs = performance.now();
    await fill(server, url, filled);
    console.error(
      `filled ${filled.tasks} in ${Math.round((performance.now() - beganMs) / 1000)} s`,
    );
    const database = await openPostgres(url, { connectionsMax: 1 });
    const entries = await BossEntries.open(url, database);
    const calls = Object.entries({
      // First, as the others change what it is about.
      ...overviewCalls(database, filled),
      ...hotCalls(database, entries, filled),
    });
    const measured = new Map<string, Measured>();
    for (const [name, run] of calls) {
      const times: number[] = [];
      for (let at = 0; at < RUNS; at += 1) {
        const startMs = performance.now();
        await run();
        times.push(performance.now() - startMs);
      }
      measured.set(name, { ms: times.sort((a, b) => a - b)[RUNS >> 1] ?? 0, costs: [] });
    }
    await server.query(`alter system set auto_explain.log_min_duration = ${all}`);
    await server.query("select pg_reload_conf()");
    const plans = new PlanLog(server, folder);
    await plans.costs();
    for (const [name, run] of calls) {
      await run();
      measured.set(name, { ms: measured.get(name)?.ms ?? 0, costs: await plans.costs() });
    }
    const sizes = await server.query(
      `select relname as name, pg_size_pretty(pg_total_relation_size(oid)) as size from pg_class
       where relkind = 'r' and relnamespace in ('public'::regnamespace, 'pontus_queue'::regnamespace)
       order by pg_total_relation_size(oid) desc limit 8`,
      url,
    );
    console.error(sizes.map(({ name, size }) => `${name} ${size}`).join(", "));
    await entries.close();
    await database.close();
    return measured;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { running: { type: "string", default: "200" } },
});
const sizes = positionals.map(Number);
const all: Map<string, Measured>[] = [];
for (const tasks of sizes)
  all.push(
    await measure({
      tasks,
      pending: Math.ceil(tasks * 0.1),
      running: Math.min(Number(values.running), Math.ceil(tasks / 10)),
    }),
  );
const most = (costs: readonly Cost[], key: "read" | "pages"): number =>
  Math.max(0, ...costs.map((cost) => cost[key]));
console.log(`| call | ${sizes.map((size) => `ms at ${size} | rows | pages`).join(" | ")} |`);
for (const name of all[0]?.keys() ?? [])
  console.log(
    `| ${name} | ${all
      .map((measured) => measured.get(name))
      .map(
        (one) =>
          `${one?.ms.toFixed(1)} | ${most(one?.costs ?? [], "read")} | ${most(one?.costs ?? [], "pages")}`,
      )
      .join(" | ")} |`,
  );
for (const [name, { costs }] of all.at(-1) ?? [])
  for (const { query, read, pages, readWhole, plan } of costs)
    if (read > 1_010 || pages > 2_500 || readWhole.length > 0)
      console.log(`${name}: ${query.replaceAll(/\s+/g, " ").slice(0, 160)} -- ${plan.join("; ")}`);
