import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { EventStream } from "../../../src/http/events/event-stream.ts";
import { sqliteEventBench, until } from "../../fixtures/event-bench.ts";
import { readEvents } from "../../fixtures/event-source.ts";
import { createTask, startTask } from "../../fixtures/store-bench.ts";

// Real commits on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const ADA = { clientCode: "ada" };
const LONG_MS = 600_000;

/** A stream over a real store, and how often it ended. */
async function open({ heartbeatMs = LONG_MS, lifeMs = LONG_MS, taskId = "", place = 0 } = {}) {
  const made = sqliteEventBench();
  const state = { mayGoOn: true, ends: 0, follows: 0, isBroken: false };
  const feed = {
    follow: (...args: Parameters<typeof made.feed.follow>) => {
      state.follows += 1;
      if (state.isBroken) return Promise.reject(new Error("the database is away"));
      return made.feed.follow(...args);
    },
  };
  const stream = new EventStream(
    {
      feed,
      scope: { ...ADA, ...(taskId !== "" && { taskId }) },
      place,
      mayGoOn: async () => state.mayGoOn,
      onEnd: () => {
        state.ends += 1;
      },
    },
    { heartbeatMs, lifeMs },
  );
  const body = await stream.open(false);
  if (!body) throw new Error("Expected a stream");
  return { ...made, stream, body, state };
}

describe("EventStream", () => {
  test("keeps little for a reader that is slow, who misses nothing and is told nothing twice", async () => {
    const { bench, feed, body, state } = await open();
    const { claim } = await startTask(bench);
    const reader = body.getReader();
    let text = "";
    const readOnce = async () => {
      text += new TextDecoder().decode((await reader.read()).value);
    };
    const sequences = () =>
      [...text.matchAll(/"sequence":(\d+)/g)].map(([, found]) => Number(found));
    // It reads at first.
    while (sequences().length < 2) await readOnce();
    // Some 2 MB of events, while nobody reads.
    for (let round = 0; round < 10; round += 1) {
      const changes = Array.from({ length: 800 }, (_, at) =>
        at % 2 === 0 ? ("source_lost" as const) : ("source_back" as const),
      );
      await Promise.all(changes.map((change) => bench.tasks.saveSource(claim, change)));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const before = state.follows;
    while (sequences().length < 8002) await readOnce();
    expect(sequences()).toEqual(Array.from({ length: 8002 }, (_, at) => at + 1));
    // What did not fit was dropped, and read from the log again, in parts.
    expect(state.follows).toBeGreaterThan(before + 3);
    // From then on it is told what comes.
    const next = readOnce();
    await bench.tasks.saveSource(claim, "source_lost");
    await next;
    const follows = state.follows;
    await bench.tasks.saveSource(claim, "source_back");
    while (sequences().length < 8004) await readOnce();
    expect(state.follows).toBe(follows);
    await reader.cancel();
    feed.close();
  });

  test("gives a sign of life, from the place that was reached by then", async () => {
    const { bench, feed, body } = await open({ heartbeatMs: 5 });
    await createTask(bench, { clientCode: "bob" });
    const newest = String(await feed.newest());
    const reading = readEvents(new Response(body));
    await until(() => reading.blocks.some(({ id }) => id === newest));
    expect(reading.blocks.find(({ id }) => id === newest)).toEqual({
      comment: "heartbeat",
      id: newest,
    });
    expect(reading.logged()).toEqual([]);
    await reading.leave();
    feed.close();
  });

  test("ends when its client may no longer read, after its life, and with the service", async () => {
    const refused = await open({ heartbeatMs: 5 });
    const refusedReading = readEvents(new Response(refused.body));
    refused.state.mayGoOn = false;
    await until(refusedReading.isOver);
    const old = await open({ lifeMs: 5 });
    const oldReading = readEvents(new Response(old.body));
    await until(oldReading.isOver);
    const stopped = await open();
    const stoppedReading = readEvents(new Response(stopped.body));
    await until(() => stoppedReading.blocks.length > 0);
    stopped.feed.close();
    await until(stoppedReading.isOver);
    for (const { feed, state } of [refused, old, stopped]) {
      expect(state.ends).toBeGreaterThan(0);
      feed.close();
    }
  });

  test("ends if the log cannot be read, at the place that its client knows", async () => {
    const { bench, feed, body, state } = await open();
    const { claim } = await startTask(bench);
    const changes = Array.from({ length: 400 }, () => bench.tasks.saveSource(claim, "source_lost"));
    await Promise.all(changes);
    // What waits has been dropped by then: it is to be read again.
    const told = { onEvents: () => {}, onClose: () => {} };
    const { following } = await feed.follow(ADA, await feed.newest(), told);
    await bench.tasks.saveSource(claim, "source_back");
    const newest = await feed.newest();
    await until(() => (following?.place() ?? 0) >= newest);
    state.isBroken = true;
    const reading = readEvents(new Response(body));
    await until(reading.isOver);
    expect([reading.logged(), state.ends]).toEqual([[], 1]);
    feed.close();
  });

  test("goes on if it cannot be found out whether its client may read", async () => {
    const made = sqliteEventBench();
    let asked = 0;
    const stream = new EventStream(
      {
        ...{ feed: made.feed, scope: ADA, place: 0, onEnd: () => {} },
        mayGoOn: () => {
          asked += 1;
          return Promise.reject(new Error("the database is busy"));
        },
      },
      { heartbeatMs: 2, lifeMs: LONG_MS },
    );
    const reading = readEvents(new Response(await stream.open(false)));
    await until(() => asked > 3);
    expect(reading.isOver()).toBe(false);
    await createTask(made.bench);
    await until(() => reading.logged().length > 0);
    await reading.leave();
    made.feed.close();
  });

  test("hands what waits over before it ends", async () => {
    const { feed, body } = await open({ place: 0 });
    feed.close();
    const reading = readEvents(new Response(body));
    await until(reading.isOver);
    expect(reading.blocks.map(({ id }) => id)).toEqual(["0"]);
  });
});
