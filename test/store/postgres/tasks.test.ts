import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { taskStoreContract } from "../../contract/store.ts";
import { taskLifeContract } from "../../contract/store-life.ts";
import { postgresBench } from "../../fixtures/postgres-bench.ts";
import { PostgresServer } from "../../fixtures/postgres-server.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

// Not the tests' own folder: the names of sockets are short.
const folder = mkdtempSync(join(tmpdir(), "pg-"));
let server: PostgresServer;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await PostgresServer.start(folder);
  // The first database has all tables, and the others are copies of it.
  const { database } = await postgresBench(server);
  await database.close();
});

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function make() {
  const bench = await postgresBench(server, "test_1");
  closing.push(() => bench.database.close());
  return bench;
}

const harness = { describe, test, expect };
taskStoreContract("PostgresTaskStore", make, harness);
taskLifeContract("PostgresTaskStore", make, harness);
