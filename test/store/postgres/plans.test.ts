import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "../../../src/db/postgres/postgres.ts";
import { BossEntries } from "../../../src/queue/postgres/entries.ts";
import { fill } from "../../fixtures/filled-postgres.ts";
import { hotCalls } from "../../fixtures/hot-calls.ts";
import { OVER_CLIENTS, overviewCalls } from "../../fixtures/overview-calls.ts";
import { type Cost, PlanLog, planSettings } from "../../fixtures/postgres-plans.ts";
import { PostgresServer } from "../../fixtures/postgres-server.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** So many that reading a table whole costs more than looking a page up: plans are the same as for a million. */
const FILLED = { tasks: 24_000, pending: 12_000, running: 200 };
/** Rows of one scan or sort: the most that a batch of upkeep has, and one more, or twice a page of the feed. */
const ROWS_MAX = 1_010;
/** Pages of tables and indexes that one statement may look at: a batch of deletions looks at about two for each row. */
const PAGES_MAX = 2_500;

/** They have as many rows as there are clients, nodes, or queues of a client. */
const SMALL = ["clients", "profiles", "queue", "rounds", "turns", "version", "workers"];
/** They count what is pending, along an index: all of it, or now and then what a client has, up to its limit. */
const COUNTS = ["queue depth", "create, far from a limit", "retry", ...OVER_CLIENTS];

// Not the tests' own folder: the names of sockets are short.
const folder = mkdtempSync(join(tmpdir(), "pg-"));
let server: PostgresServer;

beforeAll(async () => {
  server = await PostgresServer.start(folder, { settings: planSettings(folder) });
  await fill(server, await server.createDatabase(), FILLED);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const isCheap = (call: string, { readWhole, read, sorted, pages }: Cost): boolean =>
  readWhole.every((table) => SMALL.includes(table)) &&
  (read <= ROWS_MAX || COUNTS.includes(call)) &&
  sorted <= ROWS_MAX &&
  (pages <= PAGES_MAX || OVER_CLIENTS.includes(call));

/** Options in the address take the place of the program's own; these are the same ones but for the mode. */
const optionsOf = (mode: string): string =>
  [
    `-c plan_cache_mode=${mode}`,
    ...["enable_seqscan", "enable_hashjoin", "enable_mergejoin"].map((name) => `-c ${name}=off`),
  ].join(" ");

// Connections have it planned for any values; who puts options into the address may have it planned for those of each call.
for (const mode of ["force_custom_plan", "force_generic_plan"])
  describe(mode, () => {
    test("finds what it needs by an index, and no more than a page of it, in any call", async () => {
      const copy = await server.createDatabase("test_1");
      const url = `${copy}&options=${encodeURIComponent(optionsOf(mode))}`;
      const database = await openPostgres(url);
      const entries = await BossEntries.open(url, database);
      const plans = new PlanLog(server, folder);
      await plans.costs();
      const dear: unknown[] = [];
      const seen: string[] = [];
      const calls = {
        // First, as the others change what it is about.
        ...overviewCalls(database, FILLED),
        ...hotCalls(database, entries, FILLED),
      };
      for (const [call, run] of Object.entries(calls)) {
        await run();
        const costs = await plans.costs();
        if (costs.length > 0) seen.push(call);
        dear.push(
          ...costs.filter((cost) => !isCheap(call, cost)).map((cost) => ({ call, ...cost })),
        );
      }
      await entries.close();
      await database.close();
      expect(dear).toEqual([]);
      // Each has asked the database something that was judged.
      expect(seen).toEqual(Object.keys(calls));
    });
  });
