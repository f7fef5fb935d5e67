import { Webhook } from "standardwebhooks";
import {
  ALL,
  aClient,
  aSecret,
  benchedBy,
  dataOf,
  endedTask,
  type NotifiedBench,
  notifierOf,
  shown,
  statesOf,
} from "../fixtures/notified.ts";
import { answering, type Message } from "../fixtures/receiver.ts";
import { aFailure, claimTask, createTask } from "../fixtures/store-bench.ts";

const HOUR_MS = 3_600_000;

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What holds for telling receivers, on every runtime. Only the clock is not the real one. */
export function notifierContract(
  name: string,
  make: () => Promise<NotifiedBench>,
  { describe, test, expect }: Harness,
): void {
  const withBench = benchedBy(make);
  describe(name, () => {
    test("signs each event as Standard Webhooks has it, with every secret that is valid", () =>
      withBench(
        async (bench, receiver) => {
          bench.clock.nowMs = Date.now();
          const id = await endedTask(bench, { url: `${receiver.url}?a=b` });
          await notifierOf(bench).tellDue();
          expect(receiver.messages.map(shown)).toEqual(ALL);
          for (const [at, message] of receiver.messages.entries()) {
            const { headers, body, path } = message;
            expect(path).toBe("/hook?a=b");
            expect(headers["content-type"]).toBe("application/json;charset=UTF-8");
            expect(headers["webhook-id"]).toBe(`${id}-${at + 1}`);
            const given = Object.fromEntries(
              Object.entries(headers).map(([name, value]) => [name, String(value)]),
            );
            for (const secret of [aSecret(1), aSecret(2)])
              expect(new Webhook(secret).verify(body, given)).toEqual(JSON.parse(body));
            expect(() => new Webhook(aSecret(3)).verify(body, given)).toThrow("No matching");
            expect(() => new Webhook(aSecret(1)).verify(`${body} `, given)).toThrow("No matching");
          }
          const last = JSON.parse(receiver.messages.at(-1)?.body ?? "");
          expect(last).toEqual({
            type: "ended",
            timestamp: new Date(bench.clock.nowMs).toISOString(),
            data: {
              ...{ task_id: id, sequence: 5, type: "ended", task_status: "FAILED", attempt: 1 },
              time: `${new Date(bench.clock.nowMs).toISOString().slice(0, 19)}Z`,
              error: { code: "OutputNotSupported", detail: aFailure.detail },
            },
          });
          expect(receiver.messages.map(dataOf)[2].target).toMatchObject({
            ...{ index: 0, target_status: "RUNNING" },
          });
        },
        [aClient("ada", { webhookSecrets: [aSecret(1), aSecret(2)] })],
      ));

    test("a receiver that was down for an hour gets all events, each task's in order, and once", () =>
      withBench(async (bench, receiver) => {
        const { tellDue } = notifierOf(bench);
        const beginMs = bench.clock.nowMs;
        const isDown = () => bench.clock.nowMs < beginMs + HOUR_MS;
        const taken: Message[] = [];
        let refused = 0;
        receiver.answer = (response, message) => {
          if (!isDown()) {
            taken.push(message);
            response.end();
          } else if (refused++ % 2 === 0) response.writeHead(503).end();
          else response.socket?.destroy();
        };
        const ids: string[] = [];
        for (let minute = 0; minute < 90; minute++) {
          // Tasks come and go meanwhile, also when it is back.
          if (minute % 10 === 0) ids.push(await endedTask(bench, { url: receiver.url }));
          for (let second = 0; second < 60; second += 5) {
            await tellDue();
            bench.clock.nowMs += 5_000;
          }
        }
        expect(ids).toHaveLength(9);
        for (const id of ids)
          expect([id, taken.filter((each) => dataOf(each).task_id === id).map(shown)]).toEqual([
            id,
            ALL,
          ]);
        // It is not flooded while it is down: the pauses double, to ten minutes.
        expect(refused).toBeGreaterThan(6 * 5);
        expect(refused).toBeLessThan(6 * 20);
        for (const id of ids) expect(await statesOf(bench, id)).toEqual(Array(5).fill("SUCCESS"));
      }));

    test("two services tell a receiver each event once and in order, and one that was suspended tells nothing late", () =>
      withBench(async (bench, receiver) => {
        const ids: string[] = [];
        for (let at = 0; at < 8; at++) ids.push(await endedTask(bench, { url: receiver.url }));
        const [suspended] = await bench.notifications.take(1, () => 1);
        const other = await bench.another();
        await Promise.all([notifierOf(bench).tellDue(), notifierOf(other).tellDue()]);
        const ofTask = (id: string) =>
          receiver.messages.filter((each) => dataOf(each).task_id === id).map(shown);
        const held = suspended?.event.taskId ?? "";
        expect(ofTask(held)).toEqual([]);
        bench.clock.nowMs = suspended?.untilMs ?? 0;
        await notifierOf(other).tellDue();
        for (const id of ids) expect([id, ofTask(id)]).toEqual([id, ALL]);
        const { clients, clock, notifications } = bench;
        const late = notifierOf({
          ...{ clients, clock },
          notifications: {
            take: async () => (suspended ? [suspended] : []),
            settle: (...settled) => notifications.settle(...settled),
          },
        });
        await Promise.all(await late.notifier.begin());
        expect(receiver.messages).toHaveLength(8 * 5);
        expect(await statesOf(bench, held)).toEqual(Array(5).fill("SUCCESS"));
      }));

    test("a client whose receiver hangs holds up no other client", () =>
      withBench(
        async (bench, receiver) => {
          const waiting: (() => void)[] = [];
          const allWait = Promise.withResolvers<void>();
          receiver.answer = (response, { path }) => {
            if (path !== "/hang") response.end();
            else if (waiting.push(() => response.end()) === 8) allWait.resolve();
          };
          const url = receiver.url.replace("/hook", "/hang");
          for (let at = 0; at < 50; at++) await createTask(bench, { notification: { url } });
          const { notifier } = notifierOf(bench);
          const hanging = await notifier.begin();
          expect(hanging).toHaveLength(8);
          const more = { clientCode: "bob", notification: { url: receiver.url } };
          await createTask(bench, more);
          const [bob, ...none] = await notifier.begin();
          expect(none).toEqual([]);
          await bob;
          expect(receiver.messages.filter(({ path }) => path === "/hook").map(shown)).toEqual([
            "created 1",
          ]);
          await allWait.promise;
          for (const end of waiting) end();
          await Promise.all(hanging);
        },
        [aClient("ada"), aClient("bob")],
      ));

    test("clients whose receivers hang hold up no other client, however many they are", () =>
      withBench(
        async (bench, receiver) => {
          const waiting: (() => void)[] = [];
          const allWait = Promise.withResolvers<void>();
          receiver.answer = (response, { path }) => {
            if (path !== "/hang") response.end();
            else if (waiting.push(() => response.end()) === 4 * 8) allWait.resolve();
          };
          const url = receiver.url.replace("/hook", "/hang");
          for (let at = 0; at < 4 * 9; at++)
            await createTask(bench, { clientCode: `h${at % 4}`, notification: { url } });
          const { notifier, tellDue } = notifierOf(bench);
          const hanging = await notifier.begin();
          expect(hanging).toHaveLength(4 * 8);
          await allWait.promise;
          for (let at = 0; at < 3; at++)
            await createTask(bench, { notification: { url: receiver.url } });
          expect(await tellDue()).toBe(3);
          expect(waiting).toHaveLength(4 * 8);
          for (const end of waiting) end();
          await Promise.all(hanging);
        },
        ["ada", "h0", "h1", "h2", "h3"].map((code) => aClient(code)),
      ));

    test("a service that stops ends what is under way, and the next one tells it", () =>
      withBench(async (bench, receiver) => {
        const asked = Promise.withResolvers<void>();
        receiver.answer = () => asked.resolve();
        const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
        const { notifier, stop } = notifierOf(bench);
        const begun = await notifier.begin();
        await asked.promise;
        stop.abort();
        await Promise.all(begun);
        expect(await statesOf(bench, id)).toEqual(["PENDING"]);
        receiver.answer = answering(204);
        expect(await notifierOf(bench).tellDue()).toBe(1);
        expect(receiver.messages.map(({ headers }) => headers["webhook-id"])).toEqual(
          Array(2).fill(`${id}-5`),
        );
      }));

    test("tells progress with a name of its own, and does not list it", () =>
      withBench(async (bench, receiver) => {
        const { tellDue } = notifierOf(bench);
        const id = await createTask(bench, {
          notification: { url: receiver.url, events: ["progress"] },
        });
        const { claim } = await claimTask(bench);
        await tellDue();
        const progress = { phase: "TRANSCODING", outTimeSeconds: 1, speed: 2, fps: 50 } as const;
        await bench.tasks.saveProgress(claim, progress);
        bench.clock.nowMs += 10_000;
        receiver.answer = answering(500);
        expect(await tellDue()).toBe(1);
        const [message] = receiver.messages;
        expect(message?.headers["webhook-id"]).toBe(`${id}-2-${bench.clock.nowMs}`);
        expect(message && dataOf(message)).toMatchObject({
          ...{ type: "progress", sequence: 2, task_status: "RUNNING" },
          progress: { phase: "TRANSCODING", out_time_seconds: 1, speed: 2, fps: 50 },
        });
        expect(await statesOf(bench, id)).toEqual([]);
      }));
  });
}
