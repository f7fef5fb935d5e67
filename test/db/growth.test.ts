import { describe, expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { openDatabase } from "../../src/db/database.ts";
import { SqliteQueue } from "../../src/queue/sqlite.ts";
import { SqliteClientStore } from "../../src/store/clients.ts";
import { SqliteLeftoverStore } from "../../src/store/leftovers.ts";
import { SqliteProfileStore } from "../../src/store/profiles.ts";
import { SqliteTaskStore } from "../../src/store/tasks.ts";
import { QUEUE_LIMITS } from "../fixtures/store-bench.ts";

/** Steps of query plans that do not use a key, each with the reason why its cost does not grow with the table. */
const ALLOWED: readonly (readonly [step: string, reason: string])[] = [
  ["SCAN tasks USING COVERING INDEX tasks_ready", "the count of what is due"],
  ["SCAN ready", "clients, one step along an index each, up to the first that may have a slot"],
  ["SCAN turns USING COVERING INDEX turns_debt", "clients are few"],
  ["SCAN tasks USING COVERING INDEX tasks_leases", "the count of what runs"],
  ["SCAN nonces", "the oldest, with a limit"],
  ["SCAN idempotency_keys", "the oldest, with a limit"],
  ["SCAN clients USING COVERING INDEX clients_second_public_key", "clients are few"],
  ["SCAN clients", "clients are few, and it is done at the start alone"],
  ["SCAN CONSTANT ROW", "both ends of an index"],
  ["SCAN (subquery)", "one page of each state"],
  ["USE TEMP B-TREE FOR ORDER BY", "of the rows of one page, or one of each state"],
];

/** The statements that the stores and the queue prepare, with their query plans. */
function queryPlans(): ReadonlyMap<string, readonly string[]> {
  const database = openDatabase(":memory:");
  const { session } = database.orm._;
  const prepareQuery = session.prepareQuery.bind(session);
  const statements = new Set<string>();
  session.prepareQuery = (query, ...rest) => {
    statements.add(query.sql);
    return prepareQuery(query, ...rest);
  };
  // All of them, not only those that are asked for.
  const prepared: typeof database.prepared = (makers) => {
    for (const make of Object.values(makers)) make();
    return database.prepared(makers);
  };
  const eager = { ...database, prepared };
  const now = () => 0;
  new SqliteTaskStore(eager, { now });
  new SqliteLeftoverStore(eager);
  new SqliteProfileStore(eager, { now });
  new SqliteClientStore(eager);
  new SqliteQueue(eager, { now, ...QUEUE_LIMITS });
  const planOf = (statement: string) =>
    database.orm
      .all<{ readonly detail: string }>(sql.raw(`EXPLAIN QUERY PLAN ${statement}`))
      .map(({ detail }) => detail.replace(/-\d+\)$/, ")"));
  return new Map([...statements].map((statement) => [statement, planOf(statement)]));
}

describe("the queries of the stores and the queue", () => {
  const plans = queryPlans();

  test("walk no table that grows", () => {
    const allowed = ALLOWED.map(([step]) => step);
    const found = [...plans].flatMap(([statement, steps]) =>
      steps
        .filter((step) => /^(SCAN|USE TEMP)/.test(step) && !allowed.includes(step))
        .map((step) => `${step}: ${statement}`),
    );
    expect(plans.size).toBeGreaterThan(25);
    expect(found).toEqual([]);
  });

  test.each([
    ["tasks_by_status", "client_code=? AND status=? AND create_ms>? AND create_ms<?"],
    [
      "tasks_by_profile",
      "client_code=? AND profile_name=? AND status=? AND create_ms>? AND create_ms<?",
    ],
  ])("list along %s", (index, key) => {
    const step = `SEARCH tasks USING COVERING INDEX ${index} (${key})`;
    expect([...plans.values()].flat()).toContain(step);
  });
});
