import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SqliteEventFeed } from "../../src/events/sqlite.ts";
import { eventFeedContract } from "../contract/events.ts";
import { follow, sqliteEventBench, until } from "../fixtures/event-bench.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { createTask } from "../fixtures/store-bench.ts";

// Real commits on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

eventFeedContract("SqliteEventFeed", async () => sqliteEventBench(), { describe, test, expect });

test("SqliteEventFeed is woken by each commit of its process, and reads until it has told all", async () => {
  const bench = sqliteBench();
  // It never looks by itself.
  const feed = new SqliteEventFeed(bench.database, { now: Date.now, lookMs: 1e9 });
  const told = await follow(feed, { clientCode: "ada" });
  for (let wanted = 1; wanted <= 3; wanted += 1) {
    await createTask(bench);
    await until(() => told.events.length >= wanted);
  }
  // More than one read holds.
  await Promise.all(Array.from({ length: 1700 }, () => createTask(bench)));
  await until(() => told.events.length >= 1703);
  expect(told.events).toHaveLength(1703);
  feed.close();
});
