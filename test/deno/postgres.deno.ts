import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { taskStoreContract } from "../contract/store.ts";
import { taskLifeContract } from "../contract/store-life.ts";
import { postgresBench } from "../fixtures/postgres-bench.ts";
import { PostgresServer } from "../fixtures/postgres-server.ts";
import { harness } from "./harness.ts";

// Not the tests' own folder: the names of sockets are short.
const folder = mkdtempSync(join(tmpdir(), "pg-"));
const server = await PostgresServer.start(folder);
// The first database has all tables, and the others are copies of it.
await (await postgresBench(server)).database.close();
const closing: (() => Promise<void>)[] = [];

after(async () => {
  await Promise.all(closing.map((close) => close()));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function make() {
  const bench = await postgresBench(server, "test_1");
  closing.push(() => bench.database.close());
  return bench;
}

taskStoreContract("PostgresTaskStore", make, harness);
taskLifeContract("PostgresTaskStore", make, harness);
