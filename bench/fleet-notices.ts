// What a notice costs a PostgreSQL server, by how many connections listen, on its channel or on another one:
//   bun bench/fleet-notices.ts
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { PostgresServer } from "../test/fixtures/postgres-server.ts";
import { childrenOf, cpuSecondsOf } from "./processes.ts";

/** Connections that listen, as many as the server allows beside others. */
const LISTENERS = 80;
const NOTICES = 1_000;
/** So that none is told together with the one before. */
const PAUSE_MS = 3;
const ROUNDS = 2;

const folder = mkdtempSync(join(tmpdir(), "pg-"));
const server = await PostgresServer.start(folder);
const cpuSeconds = (): number =>
  childrenOf(server.pid).reduce(
    (sum, { pid }) => sum + cpuSecondsOf(pid),
    cpuSecondsOf(server.pid),
  );
const url = await server.createDatabase();
const teller = new pg.Client(url);

/** @returns CPU of the server for a notice on a channel, in ms, while connections listen on one */
async function noticeMs(listeners: number, channel: string): Promise<number> {
  const all = Array.from({ length: listeners }, () => new pg.Client(url));
  for (const client of all) {
    await client.connect();
    await client.query(`listen ${channel}`);
  }
  const before = cpuSeconds();
  for (let told = 0; told < NOTICES; told += 1) {
    await teller.query({ name: "tell", text: "select pg_notify('told', 'e')" });
    await sleep(PAUSE_MS);
  }
  const ms = ((cpuSeconds() - before) * 1_000) / NOTICES;
  for (const client of all) await client.end();
  return ms;
}

try {
  await teller.connect();
  await noticeMs(0, "told");
  const [version] = await server.query("show server_version", url);
  console.log(`CPU of PostgreSQL ${version?.["server_version"]} for a notice, in ms\n`);
  console.log(`| round | none listens | ${LISTENERS} listen on its channel | on another |`);
  console.log("| --- | --- | --- | --- |");
  for (let round = 1; round <= ROUNDS; round += 1) {
    const arms = [
      await noticeMs(0, "told"),
      await noticeMs(LISTENERS, "told"),
      await noticeMs(LISTENERS, "other"),
    ];
    console.log(`| ${round} | ${arms.map((ms) => ms.toFixed(3)).join(" | ")} |`);
  }
  await teller.end();
} finally {
  await server.stop("SIGQUIT");
  rmSync(folder, { recursive: true, force: true });
}
