import type { NotificationStore } from "../../src/store/store.ts";
import { deliveryId, type Telling, type TellingResult } from "../../src/task/delivery.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { ALL, endedTask } from "../fixtures/notified.ts";
import {
  aFailure,
  createTask,
  RETENTION_MS,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Bench = StoreBench & { readonly notifications: NotificationStore };

const url = "https://ada.example/hook";
const TAKEN: TellingResult = { state: "SUCCESS", httpStatus: 204 };
const all = () => Number.MAX_SAFE_INTEGER;

const shown = ({ event }: Telling) => `${event.type} ${event.sequence}`;
const take = ({ notifications }: Bench, limit = 99) => notifications.take(limit, all);

/** Takes what is due and settles it, until nothing is; what was taken, in order. */
async function tellAll(bench: Bench, result: TellingResult = TAKEN): Promise<readonly string[]> {
  const told: string[] = [];
  while (await bench.notifications.isDue()) {
    for (const telling of await take(bench)) {
      told.push(shown(telling));
      await bench.notifications.settle(telling, result);
    }
  }
  return told;
}

/** What holds for everything that remembers what receivers are told. */
export function notificationStoreContract(
  name: string,
  make: () => Promise<Bench>,
  harness: Harness,
): void {
  const { describe, test, expect } = harness;

  const statesOf = async ({ notifications }: Bench, id: string) =>
    (await notifications.list("ada", id, { afterSequence: 0, limit: 99 })).map(
      ({ type, state, tries }) => `${type} ${state} ${tries}`,
    );

  describe(name, () => {
    test("gives each event of a task that has a receiver, in order, and one of a task at once", async () => {
      const bench = await make();
      await createTask(bench);
      expect(await bench.notifications.isDue()).toBe(false);
      await bench.tasks.cancel(
        "ada",
        (await bench.tasks.list("ada", { limit: 1 })).tasks[0]?.id ?? "",
      );
      const id = await endedTask(bench, { url });
      const [first, ...others] = await take(bench);
      expect(others).toEqual([]);
      expect(first).toMatchObject({
        ...{ clientCode: "ada", notification: { url }, tries: 0, fence: 1 },
        event: { taskId: id, sequence: 1, type: "created", status: "PENDING" },
        sinceMs: bench.clock.nowMs,
      });
      expect(await take(bench)).toEqual([]);
      if (first) await bench.notifications.settle(first, TAKEN);
      expect(await tellAll(bench)).toEqual(ALL.slice(1));
      expect(await bench.notifications.isDue()).toBe(false);
      expect(await statesOf(bench, id)).toEqual([
        ...["created SUCCESS 1", "started SUCCESS 1", "target SUCCESS 1"],
        ...["target SUCCESS 1", "ended SUCCESS 1"],
      ]);
    });

    test("gives the events that the receiver wants alone, and what comes after a pause", async () => {
      const bench = await make();
      const { claim } = await startTask(bench, {
        notification: { url, events: ["target", "retried"] },
      });
      expect(await bench.notifications.isDue()).toBe(false);
      await bench.tasks.saveTarget(claim, 0, { status: "RUNNING" });
      const [told] = await take(bench);
      expect(told?.event).toMatchObject({ target: 0, targetStatus: "RUNNING" });
      expect(told?.event.targetUrl).toMatch(/^file:\/\/\/media\/out-/);
      if (told) await bench.notifications.settle(told, TAKEN);
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      expect(await tellAll(bench)).toEqual(["target 4"]);
      await bench.tasks.retry("ada", claim.taskId);
      expect(await tellAll(bench)).toEqual(["retried 6"]);
    });

    test("gives nothing to a receiver that wants no events", async () => {
      const bench = await make();
      const id = await endedTask(bench, { url, events: [] });
      expect([await bench.notifications.isDue(), await statesOf(bench, id)]).toEqual([false, []]);
    });

    test("gives an event again at its time, before all later ones, and counts the tries", async () => {
      const bench = await make();
      const id = await endedTask(bench, { url });
      const [first] = await take(bench);
      const againMs = bench.clock.nowMs + 5_000;
      const failed = { state: "PENDING", httpStatus: 503, detail: "Cannot: no", againMs } as const;
      if (first) await bench.notifications.settle(first, failed);
      bench.clock.nowMs += 4_999;
      expect(await bench.notifications.isDue()).toBe(false);
      expect(
        (await bench.notifications.list("ada", id, { afterSequence: 0, limit: 1 }))[0],
      ).toEqual({
        ...{ taskId: id, sequence: 1, type: "created", timeMs: againMs - 5_000 },
        ...{
          state: "PENDING",
          tries: 1,
          lastMs: againMs - 5_000,
          httpStatus: 503,
          detail: "Cannot: no",
        },
      });
      await bench.tasks.retry("ada", id);
      expect(await bench.notifications.isDue()).toBe(false);
      bench.clock.nowMs += 1;
      const [again] = await take(bench);
      expect(again && [shown(again), again.tries, again.sinceMs]).toEqual([
        ...["created 1", 1, againMs - 5_000],
      ]);
      if (again)
        await bench.notifications.settle(again, { state: "FAILED", detail: "Cannot: never" });
      expect(await tellAll(bench)).toEqual([...ALL.slice(1), "retried 6"]);
      expect((await statesOf(bench, id)).slice(0, 2)).toEqual([
        "created FAILED 2",
        "started SUCCESS 1",
      ]);
    });

    test("leases a task to one service; when the lease has run out another goes on, and the first one writes nothing", async () => {
      const bench = await make();
      const id = await endedTask(bench, { url });
      const [stale] = await take(bench);
      const leaseMs = (stale?.untilMs ?? 0) - bench.clock.nowMs;
      expect(leaseMs).toBeGreaterThan(30_000);
      bench.clock.nowMs += leaseMs - 1;
      expect(await take(bench)).toEqual([]);
      bench.clock.nowMs += 1;
      const [other] = await take(bench);
      expect(other && [shown(other), other.fence]).toEqual(["created 1", 2]);
      const late = { state: "FAILED", detail: "Cannot: late" } as const;
      expect(stale && (await bench.notifications.settle(stale, late))).toBe(false);
      expect(other && (await bench.notifications.settle(other, TAKEN))).toBe(true);
      expect(stale && (await bench.notifications.settle(stale, late))).toBe(false);
      expect(await tellAll(bench)).toEqual(ALL.slice(1));
      expect((await statesOf(bench, id))[0]).toBe("created SUCCESS 1");
    });

    test("gives what was taken but not tried again at once, and does not count it", async () => {
      const bench = await make();
      await endedTask(bench, { url });
      const [first] = await take(bench);
      if (first) await bench.notifications.settle(first);
      const [again] = await take(bench);
      expect(again && [shown(again), again.tries]).toEqual(["created 1", 0]);
    });

    test("lets clients take turns, each up to its room", async () => {
      const bench = await make();
      for (const clientCode of ["ada", "ada", "ada", "bob", "eve"])
        await createTask(bench, { clientCode, notification: { url } });
      const clientsOf = (told: readonly Telling[]) => told.map(({ clientCode }) => clientCode);
      const two = await bench.notifications.take(4, () => 2);
      expect(clientsOf(two)).toEqual(["ada", "ada", "bob", "eve"]);
      for (const telling of two) await bench.notifications.settle(telling);
      expect(clientsOf(await bench.notifications.take(1, all))).toEqual(["ada"]);
      expect(clientsOf(await bench.notifications.take(1, all))).toEqual(["bob"]);
      expect(
        clientsOf(await bench.notifications.take(9, (code) => (code === "ada" ? 0 : 1))),
      ).toEqual(["eve"]);
    });

    test("gives progress to a receiver that wants it, while the task runs, seldom, and after the log", async () => {
      const bench = await make();
      const notification = { url, events: ["progress", "ended"] } as const;
      const { claim } = await startTask(bench, { notification });
      const progress = { phase: "TRANSCODING", outTimeSeconds: 1, speed: 2, fps: 50 } as const;
      expect(await tellAll(bench)).toEqual([]);
      await bench.tasks.saveProgress(claim, progress);
      bench.clock.nowMs += 9_999;
      expect(await tellAll(bench)).toEqual([]);
      bench.clock.nowMs += 1;
      const [told] = await take(bench);
      expect(told?.event).toMatchObject({
        type: "progress",
        sequence: 2,
        status: "RUNNING",
        progress,
      });
      if (told) await bench.notifications.settle(told, { state: "FAILED" });
      for (let i = 0; i < 20; i++) await bench.tasks.saveProgress(claim, { ...progress, fps: i });
      expect(await tellAll(bench)).toEqual([]);
      bench.clock.nowMs += 10_000;
      expect(await tellAll(bench)).toEqual(["progress 2"]);
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      expect(await tellAll(bench)).toEqual(["ended 4"]);
      bench.clock.nowMs += 10_000;
      expect(await tellAll(bench)).toEqual([]);
      expect(await statesOf(bench, claim.taskId)).toEqual(["ended SUCCESS 1"]);
    });

    test("replays an event that was taken or given up, at once, with a new time to try it", async () => {
      const bench = await make();
      const id = await endedTask(bench, { url });
      await tellAll(bench, { state: "FAILED", detail: "Cannot: gone" });
      bench.clock.nowMs += 86_400_000;
      const replayed = await bench.notifications.replay("ada", id, 4);
      expect(replayed).toMatchObject({ sequence: 4, state: "PENDING", tries: 0 });
      await bench.notifications.replay("ada", id, 2);
      const [told] = await take(bench);
      expect(told && [shown(told), told.sinceMs]).toEqual(["started 2", bench.clock.nowMs]);
      if (told) await bench.notifications.settle(told, TAKEN);
      expect(await tellAll(bench)).toEqual(["target 4"]);
      expect(await statesOf(bench, id)).toEqual([
        ...["created FAILED 1", "started SUCCESS 1", "target FAILED 1"],
        ...["target SUCCESS 1", "ended FAILED 1"],
      ]);
    });

    test("a replay ends a pause, but not the lease of a service that tells just now", async () => {
      const bench = await make();
      const id = await endedTask(bench, { url });
      const [first] = await take(bench);
      await bench.notifications.replay("ada", id, 1);
      expect(await take(bench)).toEqual([]);
      const againMs = bench.clock.nowMs + 600_000;
      if (first) await bench.notifications.settle(first, { state: "PENDING", againMs });
      expect(await take(bench)).toEqual([]);
      expect(await bench.notifications.replay("ada", id, 5)).toMatchObject({ state: "PENDING" });
      expect(await tellAll(bench)).toEqual(ALL);
    });

    test("lists and replays for the task's own client alone, and what there is", async () => {
      const bench = await make();
      const id = await endedTask(bench, { url, events: ["ended"] });
      const { notifications } = bench;
      const page = { afterSequence: 0, limit: 9 };
      for (const [code, failing] of [
        ["no_such_task", () => notifications.list("bob", id, page)],
        ["no_such_task", () => notifications.replay("bob", id, 5)],
        ["no_such_task", () => notifications.replay("ada", "none", 5)],
        ["no_such_resource", () => notifications.replay("ada", id, 1)],
        ["no_such_resource", () => notifications.replay("ada", id, 6)],
      ] as const)
        expect((await taskErrorOf(failing())).code).toBe(code);
      const plain = await createTask(bench);
      expect(await notifications.list("ada", plain, page)).toEqual([]);
      expect((await taskErrorOf(notifications.replay("ada", plain, 1))).code).toBe(
        "no_such_resource",
      );
      const [only] = await notifications.list("ada", id, page);
      expect(only && deliveryId(only)).toBe(`${id}-5`);
    });

    test("a task that is deleted, or whose time has come, tells nobody any more", async () => {
      const bench = await make();
      const [deleted, expired] = [await endedTask(bench, { url }), await endedTask(bench, { url })];
      const [told] = await take(bench, 1);
      await bench.tasks.remove("ada", deleted);
      expect(told && (await bench.notifications.settle(told, TAKEN))).toBe(false);
      bench.clock.nowMs += RETENTION_MS + 1;
      await bench.tasks.purge();
      expect(await bench.notifications.isDue()).toBe(false);
      for (const id of [deleted, expired])
        expect((await taskErrorOf(bench.tasks.get("ada", id))).code).toBe("no_such_task");
    });
  });
}
