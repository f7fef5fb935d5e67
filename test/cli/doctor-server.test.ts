import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverFindings } from "../../src/cli/doctor/server.ts";
import { openPostgres } from "../../src/db/postgres/postgres.ts";
import { PostgresServer } from "../fixtures/postgres-server.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

// Not the tests' own folder: the names of sockets are short.
const folder = mkdtempSync(join(tmpdir(), "pg-"));
let server: PostgresServer;

beforeAll(async () => {
  server = await PostgresServer.start(folder);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("doctor tells an empty database, one that is in use, and one of a newer version apart, and changes none", async () => {
  const url = await server.createDatabase();
  const stands = async () => {
    const [finding] = await serverFindings(url);
    return `${finding?.state}: ${finding?.detail}`;
  };
  expect(await stands()).toMatch(
    /^ok: .*PostgreSQL 1\d.*: its tables are made at the first start$/,
  );
  expect(await stands()).toMatch(/first start$/);
  await (await openPostgres(url)).close();
  expect(await stands()).toMatch(/^ok: .*: its tables are there$/);
  await server.query("update pontus_schema set version = 999", url);
  expect(await stands()).toMatch(/^problem: A newer version of Pontus made the tables/);
});

test.each([
  [
    "a database that is missing",
    () => server.url("nothing"),
    /"nothing" does not exist/,
    /createdb/,
  ],
  [
    "a server that is away",
    () => "postgres://ada:hunter2@127.0.0.1:1/pontus",
    /^Cannot use "postgres:\/\/\*\*\*@127.0.0.1:1\/pontus": /,
    /start the server/,
  ],
  [
    "a user that the server does not know",
    () => server.url().replace("pontus@", "nobody@"),
    /role "nobody" does not exist/,
    /user and the password/,
  ],
])("doctor says what to do about %s", async (_, url, detail, advice) => {
  const [finding] = await serverFindings(url());
  expect(finding).toMatchObject({ state: "problem" });
  expect(finding?.detail).toMatch(detail);
  expect(finding?.advice).toMatch(advice);
});
