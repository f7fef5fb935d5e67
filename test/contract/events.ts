import { type EventBench, follow, named, until } from "../fixtures/event-bench.ts";
import { aFailure, anOutput, aTargetOf, createTask, startTask } from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<EventBench>;

const ADA = { clientCode: "ada" };
const PROGRESS = { phase: "TRANSCODING", outTimeSeconds: 1, speed: 2, fps: 50 } as const;
/** Longer than rows of deleted tasks stay. */
const LATER_MS = 600_000;

/** Ends a pending task: three more events. */
const LOG_OF_CANCELLED = [1, 2, 3];

/** What holds for every feed of events. */
export function eventFeedContract(name: string, make: Make, harness: Harness): void {
  harness.describe(name, () => {
    reading(make, harness);
    following(make, harness);
    progressing(make, harness);
  });
}

function reading(make: Make, { describe, test, expect }: Harness): void {
  describe("follow() of what is there", () => {
    test("tells the log behind a place, in its order", async () => {
      const { bench, feed } = await make();
      const ids = [await createTask(bench), await createTask(bench)];
      for (const id of [...ids].reverse()) await bench.tasks.cancel("ada", id);
      const all = await follow(feed, ADA);
      const names = ["0:1", "1:1", "1:2", "1:3", "0:2", "0:3"];
      expect(named(all.events, ids)).toEqual(names);
      const places = all.events.map(({ place }) => place ?? 0);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(new Set(places).size).toBe(names.length);
      for (const [at, place] of places.entries()) {
        const rest = await follow(feed, ADA, place);
        expect(named(rest.events, ids)).toEqual(names.slice(at + 1));
      }
      expect(all.following.place()).toBe(await feed.newest());
      feed.close();
    });

    test("tells a client of its own tasks alone, or of one of them", async () => {
      const { bench, feed } = await make();
      const ids = [await createTask(bench), await createTask(bench, { clientCode: "bob" })];
      ids.push(await createTask(bench));
      const of = async (clientCode: string, at?: number) => {
        const taskId = at === undefined ? {} : { taskId: ids[at] ?? "" };
        return named((await follow(feed, { clientCode, ...taskId })).events, ids);
      };
      expect(await of("ada")).toEqual(["0:1", "2:1"]);
      expect(await of("bob")).toEqual(["1:1"]);
      expect(await of("ada", 2)).toEqual(["2:1"]);
      expect(await of("ada", 1)).toEqual([]);
      feed.close();
    });

    test("tells a long log part by part, whole", async () => {
      const { bench, feed } = await make();
      const { claim } = await startTask(bench);
      const changes = Array.from({ length: 700 }, (_, at) =>
        at % 2 === 0 ? ("source_lost" as const) : ("source_back" as const),
      );
      await Promise.all(changes.map((change) => bench.tasks.saveSource(claim, change)));
      const sequences = Array.from({ length: 702 }, (_, at) => at + 1);
      for (const scope of [ADA, { ...ADA, taskId: claim.taskId }]) {
        const told = await follow(feed, scope);
        expect(told.events.map(({ sequence }) => sequence)).toEqual(sequences);
        expect(told.parts).toBeGreaterThan(1);
      }
      feed.close();
    });

    test("tells a part that is no larger where addresses are long, and leaves nothing out", async () => {
      const { bench, feed } = await make();
      const names = Array.from({ length: 40 }, (_, at) => `${"x".repeat(4000)}${at}`);
      const { claim } = await startTask(bench, { targets: names.map(aTargetOf) });
      for (const at of names.keys())
        await bench.tasks.saveTarget(claim, at, { status: "FAILED", failure: aFailure });
      for (const scope of [ADA, { ...ADA, taskId: claim.taskId }]) {
        let place = 0;
        let isEnd = false;
        const sequences: number[] = [];
        while (!isEnd) {
          const part = await feed.follow(scope, place, {
            onEvents: (events) => {
              expect(JSON.stringify(events).length).toBeLessThan(100_000);
              sequences.push(...events.map(({ sequence }) => sequence));
            },
            onClose: () => {},
          });
          isEnd = part.following !== undefined;
          place = part.place;
        }
        expect(sequences).toEqual(Array.from({ length: names.length + 2 }, (_, at) => at + 1));
      }
      feed.close();
    });

    test("tells everything of an event, with the address of its target", async () => {
      const { bench, feed } = await make();
      const { claim } = await startTask(bench, { targets: [aTargetOf("x"), aTargetOf("y")] });
      const { nowMs } = bench.clock;
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      await bench.tasks.saveTarget(claim, 1, { status: "FAILED", failure: aFailure });
      const { events } = await follow(feed, ADA);
      const common = { ...ADA, taskId: claim.taskId, timeMs: nowMs, attempt: 1, status: "RUNNING" };
      const target = { ...common, type: "target" };
      const url = (of: string) => aTargetOf(of).url;
      const shown = events.slice(1).map(({ place: _, ...event }) => event);
      expect(shown).toEqual([
        { ...common, sequence: 2, type: "started" },
        { ...target, sequence: 3, target: 0, targetStatus: "SUCCESS", targetUrl: url("x") },
        {
          ...{ ...target, sequence: 4, target: 1, targetStatus: "FAILED", targetUrl: url("y") },
          failure: aFailure,
        },
      ] as unknown as typeof shown);
      feed.close();
    });

    test("gives no place twice, also after the newest events are gone", async () => {
      const { bench, feed } = await make();
      const id = await createTask(bench);
      await bench.tasks.cancel("ada", id);
      const place = await feed.newest();
      await bench.tasks.remove("ada", id);
      bench.clock.nowMs += LATER_MS;
      expect(await bench.tasks.purge()).toBe(1 + LOG_OF_CANCELLED.length);
      expect(await feed.newest()).toBe(0);
      const next = await createTask(bench);
      expect(named((await follow(feed, ADA, place)).events, [next])).toEqual(["0:1"]);
      feed.close();
    });

    test("gives places in their order while the clock stands still or is set back", async () => {
      const { bench, feed } = await make();
      const ids = [await createTask(bench)];
      bench.clock.nowMs -= LATER_MS;
      ids.push(await createTask(bench), await createTask(bench));
      expect(named((await follow(feed, ADA)).events, ids)).toEqual(["0:1", "1:1", "2:1"]);
      feed.close();
    });
  });
}

function following(make: Make, { describe, test, expect }: Harness): void {
  describe("follow() of what comes", () => {
    test("tells what is committed here and in another process, once each", async () => {
      const { bench, feed, other } = await make();
      const ids = [await createTask(bench)];
      const told = await Promise.all([follow(feed, ADA), follow(feed, ADA, await feed.newest())]);
      ids.push(await createTask(bench), await createTask(other));
      await other.tasks.cancel("ada", ids[0] ?? "");
      await until(() => told.every(({ events }) => events.length >= 4));
      const names = ["0:1", "1:1", "2:1", "0:2", "0:3"];
      await until(() => told[0].events.length >= names.length);
      expect(named(told[0].events, ids)).toEqual(names);
      expect(named(told[1].events, ids)).toEqual(names.slice(1));
      expect(told[0].following.place()).toBe(await feed.newest());
      feed.close();
    });

    test("leaves nothing out and tells nothing twice to those who come while much is written", async () => {
      const { bench, feed } = await make();
      const ids: string[] = [];
      const told: Awaited<ReturnType<typeof follow>>[] = [];
      let isWriting = true;
      const joining = (async () => {
        while (isWriting) {
          told.push(await follow(feed, ADA));
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      })();
      for (let round = 0; round < 40; round += 1) {
        ids.push(...(await Promise.all(Array.from({ length: 20 }, () => createTask(bench)))));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      isWriting = false;
      await joining;
      expect(told.length).toBeGreaterThan(3);
      await until(() => told.every(({ events }) => events.length >= ids.length));
      const first = named(told[0]?.events ?? [], ids);
      expect(first.toSorted()).toEqual(ids.map((_, at) => `${at}:1`).toSorted());
      for (const { events } of told) expect(named(events, ids)).toEqual(first);
      feed.close();
    });

    test("tells the followers of one task of that alone, if it is their client's", async () => {
      const { bench, feed } = await make();
      const ids = [await createTask(bench), await createTask(bench)];
      const taskId = ids[1] ?? "";
      const stranger = await follow(feed, { clientCode: "bob", taskId });
      const told = await follow(feed, { ...ADA, taskId });
      for (const id of ids) await bench.tasks.cancel("ada", id);
      await until(() => told.events.length >= LOG_OF_CANCELLED.length);
      await until(() => stranger.following.place() === told.following.place());
      expect(stranger.events).toEqual([]);
      expect(named(told.events, ids)).toEqual(LOG_OF_CANCELLED.map((at) => `1:${at}`));
      feed.close();
    });

    test("tells more than one read holds", async () => {
      const { bench, feed } = await make();
      const told = await follow(feed, ADA);
      const ids = await Promise.all(Array.from({ length: 1200 }, () => createTask(bench)));
      await until(() => told.events.length >= ids.length);
      expect(new Set(named(told.events, ids)).size).toBe(ids.length);
      feed.close();
    });

    test("takes a place beyond the end as the end", async () => {
      const { bench, feed } = await make();
      await createTask(bench);
      const far = Number.MAX_SAFE_INTEGER;
      const told = await follow(feed, ADA, far);
      const ofTask = await follow(feed, { ...ADA, taskId: "none" }, far);
      expect([told.events, ofTask.following.place()]).toEqual([[], await feed.newest()]);
      const next = await createTask(bench);
      await until(() => told.events.length > 0);
      expect(named(told.events, [next])).toEqual(["0:1"]);
      feed.close();
    });

    test("tells nothing to those who have stopped, and goes on for the others", async () => {
      const { bench, feed } = await make();
      const told = [await follow(feed, ADA), await follow(feed, ADA)] as const;
      told[0].following.stop();
      await createTask(bench);
      await until(() => told[1].events.length > 0);
      expect(told[0].events).toEqual([]);
      told[1].following.stop();
      // One who comes after a rest is told all the same.
      await createTask(bench);
      const later = await follow(feed, ADA);
      await createTask(bench);
      await until(() => later.events.length >= 3);
      expect(later.events).toHaveLength(3);
      feed.close();
    });

    test("tells all that the feed is closed, later ones at once", async () => {
      const { feed } = await make();
      const told = await follow(feed, ADA);
      expect(told.isClosed()).toBe(false);
      feed.close();
      expect(told.isClosed()).toBe(true);
      expect((await follow(feed, ADA)).isClosed()).toBe(true);
    });
  });
}

function progressing(make: Make, { describe, test, expect }: Harness): void {
  describe("follow() of progress", () => {
    test("tells the newest of running tasks, without a place, until they have ended", async () => {
      const { bench, feed, other } = await make();
      const told = await follow(feed, ADA);
      const { claim } = await startTask(bench);
      await startTask(bench, { clientCode: "bob" });
      await other.tasks.saveProgress(claim, PROGRESS);
      await until(() => told.progress().length > 0);
      const { taskId, attempt } = claim;
      expect(told.progress()).toEqual([
        {
          ...{ taskId, ...ADA, attempt, sequence: 2, type: "progress", status: "RUNNING" },
          ...{ timeMs: bench.clock.nowMs, progress: PROGRESS },
        },
      ]);
      // Whoever comes later is told at once.
      for (const scope of [ADA, { ...ADA, taskId }])
        expect((await follow(feed, scope)).progress()).toEqual(told.progress());
      expect((await follow(feed, { clientCode: "bob" })).progress()).toEqual([]);
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      await until(() => told.logged().at(-1)?.type === "ended");
      expect((await follow(feed, ADA)).progress()).toEqual([]);
      feed.close();
    });
  });
}
