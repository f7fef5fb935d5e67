import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverFindings } from "../../src/cli/doctor/server.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { openPostgres } from "../../src/db/postgres/postgres.ts";
import { KeySeal } from "../../src/store/key-seal.ts";
import { PostgresClientStore } from "../../src/store/postgres/clients.ts";
import { PostgresServer } from "../fixtures/postgres-server.ts";
import { aClient } from "../fixtures/weighted-clients.ts";

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

const findingsOf = (url: string, secretKey = "") => {
  const env = { PONTUS_DATABASE_URL: url, PONTUS_SECRET_KEY: secretKey, PONTUS_DATA_DIR: folder };
  return serverFindings(parseConfig(env, { cores: 1 }).config);
};

test("doctor tells an empty database, one that is in use, and one of a newer version apart, and changes none", async () => {
  const url = await server.createDatabase();
  const stands = async () => {
    const [finding] = await findingsOf(url);
    return `${finding?.state}: ${finding?.detail}`;
  };
  expect(await stands()).toMatch(
    /^ok: .*PostgreSQL 1\d.*: its tables are made at the first start$/,
  );
  expect(await stands()).toMatch(/first start$/);
  await (await openPostgres(url)).close();
  expect(await stands()).toMatch(/^ok: .*: its tables are there$/);
  await server.query("update pontus_schema set version = 999", url);
  expect(await stands()).toMatch(/^ok: .*: a newer version has brought its tables up to date, /);
  await server.query("update pontus_schema set oldest = 999", url);
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
  const [finding] = await findingsOf(url());
  expect(finding).toMatchObject({ state: "problem" });
  expect(finding?.detail).toMatch(detail);
  expect(finding?.advice).toMatch(advice);
});

test("doctor tells whether the secret key is that of the fleet", async () => {
  const url = await server.createDatabase();
  const database = await openPostgres(url);
  const key = "a1".repeat(32);
  const clients = new PostgresClientStore(database, new KeySeal(Buffer.from(key, "hex")));
  expect(await findingsOf(url, key)).toHaveLength(1);
  await clients.seed([aClient("ada", 1)]);
  await database.close();
  const says = async (secretKey?: string) => {
    const [, finding] = await findingsOf(url, secretKey);
    return `${finding?.check}, ${finding?.state}: ${finding?.detail}`;
  };
  expect(await says(key)).toBe("secret key, ok: it decrypts the private keys of clients");
  expect(await says("b2".repeat(32))).toMatch(
    /^secret key, problem: .*PONTUS_SECRET_KEY is not the key that they were encrypted with/,
  );
  expect(await says()).toMatch(/^secret key, problem: .*PONTUS_SECRET_KEY is not set/);
});
