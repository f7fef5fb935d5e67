import {
  afterAll,
  beforeAll,
  describe,
  expect,
  onTestFinished,
  setDefaultTimeout,
  spyOn,
  test,
} from "bun:test";
import pg from "pg";
import { EVENTS_CHANNEL } from "../../src/db/postgres/notices/notices.ts";
import { openPostgres, type PostgresDatabase } from "../../src/db/postgres/postgres.ts";
import { PostgresEventFeed } from "../../src/events/postgres.ts";
import { Settled } from "../../src/events/settled.ts";
import { eventFeedContract } from "../contract/events.ts";
import { follow, named, until } from "../fixtures/event-bench.ts";
import { FleetServer } from "../fixtures/fleet-bench.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const ADA = { clientCode: "ada" };

const fleet = new FleetServer();
const open: PostgresDatabase[] = [];
const writers: pg.Client[] = [];

beforeAll(() => fleet.start());

afterAll(async () => {
  await Promise.all([...open.map((each) => each.close()), ...writers.map((each) => each.end())]);
  await fleet.stop();
});

eventFeedContract("PostgresEventFeed", () => fleet.eventBench(), { describe, test, expect });

/** A database, and what writes to it in transactions that a test begins and ends. */
async function bench() {
  const url = await fleet.database();
  const database = await openPostgres(url);
  open.push(database);
  const writer = async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    writers.push(client);
    const run = async (text: string, values: readonly unknown[] = []) =>
      void (await client.query(text, [...values]));
    return {
      run,
      /** Writes the row of a task: its transaction has a number from then on. */
      task: (id: string) =>
        run(
          `insert into tasks (id, client_code, profile_name, status, priority, create_ms, attempt, failures, cancel_requested,
            event_sequence, attempts, targets, source_url, custom_profiles, assignments, needs)
           values ($1, 'ada', 'p', 'PENDING', 0, 1, 0, 0, false, 1, '[]', '[]', 'file:///a', '[]', '[]', '')`,
          [id],
        ),
      /** Gives the first event of a task its place. */
      event: (id: string) =>
        run(
          `insert into events (task_seq, sequence, time_ms, type, status, attempt)
           select seq, 1, 1, 'created', 'PENDING', 0 from tasks where id = $1`,
          [id],
        ),
      commit: (notice?: string) =>
        run(
          notice === undefined
            ? "commit"
            : `select pg_notify('${EVENTS_CHANNEL}', '${notice}'); commit`,
        ),
    };
  };
  const feed = (lookMs?: number) => {
    const options = { now: Date.now, ...(lookMs !== undefined && { lookMs }) };
    const made = new PostgresEventFeed(database, options);
    // Also where its test fails: one that is left open keeps its database busy, and other tests with it.
    onTestFinished(() => made.close());
    return made;
  };
  return { writer, feed, database };
}

describe("PostgresEventFeed", () => {
  test("passes over no event of a transaction that commits late, whichever began first", async () => {
    for (const isOlder of [true, false]) {
      const { writer, feed } = await bench();
      const [late, early] = [await writer(), await writer()];
      const told = await follow(feed(), ADA);
      for (const each of [late, early]) await each.run("begin");
      // Numbers of transactions go by the first row that is written, places by the events.
      await (isOlder ? late : early).task(isOlder ? "late" : "early");
      await (isOlder ? early : late).task(isOlder ? "early" : "late");
      await late.event("late");
      await early.event("early");
      await early.commit("e");
      // One who comes now is told nothing that the other event would come in behind.
      const later = feed();
      const toldLater = await follow(later, ADA);
      expect([told.events, toldLater.events]).toEqual([[], []]);
      await late.commit("e");
      for (const each of [told, toldLater]) {
        await until(() => each.events.length >= 2);
        expect(named(each.events, ["late", "early"])).toEqual(["0:1", "1:1"]);
        each.following.stop();
      }
    }
  });

  test("waits for no place that was taken by a transaction that was rolled back", async () => {
    const { writer, feed } = await bench();
    const [one, other] = [await writer(), await writer()];
    await one.run("begin");
    await one.task("one");
    await one.event("one");
    await other.task("other");
    await other.event("other");
    await one.run("rollback");
    const news = feed();
    const told = await follow(news, ADA);
    expect(named(told.events, ["one", "other"])).toEqual(["1:1"]);
    expect(told.following.place()).toBe(await news.newest());
  });

  test("is woken by a notice of any node, and looks by itself where there is none", async () => {
    const { writer, feed } = await bench();
    const node = await writer();
    const feeds = [feed(1e9), feed(20)] as const;
    const woken = await follow(feeds[0], ADA);
    const looking = await follow(feeds[1], ADA);
    await node.task("one");
    await node.event("one");
    await until(() => looking.events.length === 1);
    await node.task("two");
    await node.event("two");
    await node.run("select pg_notify($1, 'e')", [EVENTS_CHANNEL]);
    await until(() => woken.events.length === 2);
    expect(named(woken.events, ["one", "two"])).toEqual(["0:1", "1:1"]);
  });

  test("tells of no task whose id the database cannot hold", async () => {
    const { feed } = await bench();
    const news = feed();
    expect((await follow(news, { ...ADA, taskId: "a\0b" })).events).toEqual([]);
  });
});

describe("Settled", () => {
  test("comes to a place though there is always someone who writes, each for minutes", async () => {
    const { writer, database } = await bench();
    const [one, first, second] = [await writer(), await writer(), await writer()];
    await one.task("one");
    await one.event("one");
    await first.run("begin");
    await first.task("first");
    const settled = new Settled(database);
    expect(await settled.look()).toBe(false);
    await second.run("begin");
    await second.task("second");
    const now = performance.now();
    const later = spyOn(performance, "now").mockImplementation(() => now + 60_000);
    onTestFinished(() => later.mockRestore());
    expect(await settled.look()).toBe(false);
    await first.commit();
    expect(await settled.look()).toBe(true);
    expect(settled.place).toBe(await settled.newest());
  });

  test("begins anew on a server that counts its transactions from less", async () => {
    const server = { newest: 7, next: 1_000, oldest: 990 };
    const answers = async (text: string) => {
      if (text.includes("max(seq)")) return server.newest;
      if (text.includes("xact")) return server.next++;
      return `${Math.min(server.oldest, server.next)}:${server.next}:`;
    };
    const settled = new Settled({
      read: (queries: () => unknown) => queries(),
      execute: async (text: string) => ({ rows: [{ answer: await answers(text) }] }),
    } as unknown as PostgresDatabase);
    expect(await settled.look()).toBe(false);
    Object.assign(server, { next: 10, oldest: Number.POSITIVE_INFINITY });
    expect(await settled.look()).toBe(true);
    expect(settled.place).toBe(7);
  });
});
