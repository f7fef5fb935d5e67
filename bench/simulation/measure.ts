// What each call of a fleet asks of PostgreSQL: statements, commits, and CPU of the server. Writes bench/simulation/measured.json:
//   bun bench/simulation/measure.ts
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PostgresServer } from "../../test/fixtures/postgres-server.ts";
import { childrenOf, cpuSecondsOf } from "../processes.ts";
import { CALLS, type CallName, countQueries, FleetCalls } from "./calls.ts";

/** Calls of each kind, after some that warm its statements up. */
const RUNS = 200;
const WARM = 10;
/** So many tasks wait, so that claims look through more than an empty table. */
const PENDING = 5_000;
/** Connections that listen, as many as the server allows beside others, and what they are told. */
const LISTENERS = 80;
const NOTICES = 400;
const PAUSE_MS = 3;

const folder = mkdtempSync(join(tmpdir(), "pg-"));
const server = await PostgresServer.start(folder, { isSynced: true });
const cpuSeconds = (): number =>
  childrenOf(server.pid).reduce(
    (sum, { pid }) => sum + cpuSecondsOf(pid),
    cpuSecondsOf(server.pid),
  );
const url = await server.createDatabase();
const counter = countQueries();
const fleet = await FleetCalls.open(url);
const round = (value: number): number => Math.round(value * 10_000) / 10_000;

/** CPU of a notice that so many connections listen for. */
async function noticeMs(listeners: number): Promise<number> {
  const end = await fleet.listen(listeners);
  const before = cpuSeconds();
  for (let told = 0; told < NOTICES; told += 1) {
    await fleet.tell();
    // A connection that is still busy with one hears of the next together with it.
    await sleep(PAUSE_MS);
  }
  await fleet.settle();
  const ms = ((cpuSeconds() - before) * 1_000) / NOTICES;
  await end();
  return ms;
}

try {
  const measured: Partial<Record<CallName, object>> = {};
  for (const name of CALLS) {
    if (name === "create") await fleet.fill(PENDING);
    // As autovacuum does by and by.
    await server.query("vacuum analyze", url);
    const prepare = async (runs: number) => {
      const all: (() => Promise<unknown>)[] = [];
      for (let run = 0; run < runs; run += 1) all.push(await fleet.prepare(name));
      return all;
    };
    for (const call of await prepare(WARM)) await call();
    const ready = await prepare(RUNS);
    await fleet.settle();
    const before = { ...counter.counts, cpu: cpuSeconds(), ms: performance.now() };
    for (const call of ready) await call();
    const ms = (performance.now() - before.ms) / RUNS;
    // Notices are told a little later.
    await fleet.settle();
    const per = (value: number) => round(value / RUNS);
    measured[name] = {
      statements: per(counter.counts.statements - before.statements),
      commits: per(counter.counts.commits - before.commits),
      notices: per(counter.counts.notices - before.notices),
      cpuMs: per((cpuSeconds() - before.cpu) * 1000),
      ms: Math.round(ms * 100) / 100,
    };
    console.error(name, JSON.stringify(measured[name]));
    await fleet.endAll();
  }
  const notice = await noticeMs(0);
  const listened = await noticeMs(LISTENERS);
  const found = {
    calls: measured,
    noticeMs: round(notice),
    listenerMs: round((listened - notice) / LISTENERS),
  };
  writeFileSync(join(import.meta.dirname, "measured.json"), `${JSON.stringify(found, null, 2)}\n`);
  await fleet.close();
} finally {
  await server.stop("SIGQUIT");
  rmSync(folder, { recursive: true, force: true });
}
