import { OPEN_EGRESS } from "../../src/net/egress-policy.ts";
import { TaskError } from "../../src/task/errors.ts";
import {
  aClient,
  benchedBy,
  endedTask,
  type NotifiedBench,
  notifierOf,
  shown,
  statesOf,
} from "../fixtures/notified.ts";
import { answering } from "../fixtures/receiver.ts";
import { aFailure, startTask } from "../fixtures/store-bench.ts";

const HOUR_MS = 3_600_000;

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What holds where a receiver takes nothing, or may not be told. */
export function refusedNotifierContract(
  name: string,
  make: () => Promise<NotifiedBench>,
  { describe, test, expect }: Harness,
): void {
  const withBench = benchedBy(make);
  describe(name, () => {
    test("gives an event up after 24 hours, then tells the later ones, and a replay tells it again", () =>
      withBench(async (bench, receiver) => {
        const { tellDue } = notifierOf(bench);
        receiver.answer = answering(500);
        const { claim } = await startTask(bench, { notification: { url: receiver.url } });
        const tell = async (hours: number) => {
          for (let at = 0; at < hours * 12; at++) {
            await tellDue();
            bench.clock.nowMs += HOUR_MS / 12;
          }
        };
        await tell(23);
        await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
        expect(new Set(receiver.messages.map(shown))).toEqual(new Set(["created 1"]));
        await tell(3);
        const gaveUp = "Cannot notify the receiver: it answered with status 500";
        const [created, started, ...later] = await statesOf(bench, claim.taskId);
        expect([created, started]).toEqual([`FAILED ${gaveUp}`, `FAILED ${gaveUp}`]);
        expect(later).toEqual([`PENDING ${gaveUp}`, "PENDING"]);
        receiver.answer = answering(200);
        await bench.notifications.replay("ada", claim.taskId, 1);
        const before = receiver.messages.length;
        await tellDue();
        expect(receiver.messages.slice(before).map(shown)).toEqual([
          "created 1",
          "target 3",
          "ended 4",
        ]);
      }));

    test.each([
      [
        answering(301, { location: "/elsewhere" }),
        "it redirects with status 301, which is not followed",
      ],
      [answering(404), "it answered with status 404"],
    ] as const)("takes another answer than 2xx for a failure, case %#", (answer, says) =>
      withBench(async (bench, receiver) => {
        receiver.answer = answer;
        const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
        await notifierOf(bench).tellDue();
        expect(receiver.messages.map(({ path }) => path)).toEqual(["/hook"]);
        expect(await statesOf(bench, id)).toEqual([`PENDING Cannot notify the receiver: ${says}`]);
      }),
    );

    test("leaves a receiver alone for as long as it asks for, and for good if it says that it is gone", () =>
      withBench(async (bench, receiver) => {
        const { tellDue } = notifierOf(bench);
        const id = await endedTask(bench, { url: receiver.url, events: ["target"] });
        receiver.answer = answering(429, { "retry-after": "3600" });
        await tellDue();
        receiver.answer = answering(410);
        bench.clock.nowMs += HOUR_MS - 1;
        expect(await tellDue()).toBe(0);
        bench.clock.nowMs += 1;
        expect(await tellDue()).toBe(2);
        const gone = "FAILED Cannot notify the receiver: it answered with status 410";
        expect(await statesOf(bench, id)).toEqual([gone, gone]);
      }));

    test("reads how long a receiver wants to be left alone as a date, too, and takes no notice of nonsense", () =>
      withBench(async (bench, receiver) => {
        const { tellDue } = notifierOf(bench);
        await endedTask(bench, { url: receiver.url, events: ["ended"] });
        const hourAway = new Date(bench.clock.nowMs + HOUR_MS).toUTCString();
        receiver.answer = answering(503, { "retry-after": hourAway });
        await tellDue();
        bench.clock.nowMs += HOUR_MS - 1;
        expect(await tellDue()).toBe(0);
        bench.clock.nowMs += 1;
        receiver.answer = answering(503, { "retry-after": "soon" });
        expect(await tellDue()).toBe(1);
        // The pause after a second try, at its longest.
        bench.clock.nowMs += 12_500;
        expect(await tellDue()).toBe(1);
      }));

    test("tells again what could not be recorded, when its lease is over", () =>
      withBench(async (bench, receiver) => {
        const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
        const { notifications } = bench;
        let isBroken = true;
        const { tellDue } = notifierOf({
          ...bench,
          notifications: {
            take: (...asked) => notifications.take(...asked),
            settle: (...settled) =>
              isBroken ? Promise.reject(new Error("no")) : notifications.settle(...settled),
          },
        });
        expect(await tellDue()).toBe(1);
        isBroken = false;
        expect([await tellDue(), await statesOf(bench, id)]).toEqual([0, ["PENDING"]]);
        bench.clock.nowMs += HOUR_MS;
        expect([await tellDue(), await statesOf(bench, id)]).toEqual([1, ["SUCCESS"]]);
        expect(receiver.messages.map(shown)).toEqual(["ended 5", "ended 5"]);
      }));

    test("records what was told once the store is back, and tells it once", () =>
      withBench(async (bench, receiver) => {
        const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
        const { notifications } = bench;
        let refusals = 2;
        const { tellDue } = notifierOf({
          ...bench,
          notifications: {
            take: (...asked) => notifications.take(...asked),
            settle: (...settled) =>
              refusals-- > 0
                ? Promise.reject(new TaskError("service_unavailable", "Cannot write: it is away"))
                : notifications.settle(...settled),
          },
        });
        expect([await tellDue(), await statesOf(bench, id)]).toEqual([1, ["SUCCESS"]]);
        bench.clock.nowMs += HOUR_MS;
        expect(await tellDue()).toBe(0);
        expect(receiver.messages.map(shown)).toEqual(["ended 5"]);
      }));

    test("connects only where the policy allows, and does not say what is there", () =>
      withBench(async (bench, receiver) => {
        const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
        const asked = receiver.url.replace("127.0.0.1", "localhost");
        const named = await endedTask(bench, { url: asked, events: ["ended"] });
        await notifierOf(bench, { ...OPEN_EGRESS, preset: "public" }).tellDue();
        const refused = ["PENDING Cannot notify the receiver: it is not reachable"];
        for (const each of [id, named]) expect(await statesOf(bench, each)).toEqual(refused);
        expect(receiver.messages).toEqual([]);
      }));

    test("sends nothing beyond the client's reach, unless its operator has named the receiver", async () => {
      const reach = { source: {}, target: { hosts: ["media.example"] } };
      await withBench(
        async (bench, receiver) => {
          const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
          await notifierOf(bench).tellDue();
          const refused = "PENDING Cannot notify the receiver: its client may not send there";
          expect(await statesOf(bench, id)).toEqual([refused]);
          expect(receiver.messages).toEqual([]);
          const notification = { url: receiver.url };
          await bench.clients.seed([aClient("ada", { reach, notification })]);
          bench.clock.nowMs += HOUR_MS;
          await notifierOf(bench).tellDue();
          expect(receiver.messages.map(shown)).toEqual(["ended 5"]);
        },
        [aClient("ada", { reach })],
      );
    });

    test("waits for a client that is disabled, has no secrets, or is gone", () =>
      withBench(async (bench, receiver) => {
        const { tellDue } = notifierOf(bench);
        const id = await endedTask(bench, { url: receiver.url, events: ["ended"] });
        for (const [changes, why] of [
          [undefined, "its client is gone"],
          [{ disabled: true }, "its client is disabled"],
          [{ webhookSecrets: null }, "its client has no webhook_secrets to sign with"],
        ] as const) {
          if (changes) await bench.clients.seed([aClient("ada", changes)]);
          await tellDue();
          expect(await statesOf(bench, id)).toEqual([`PENDING Cannot notify the receiver: ${why}`]);
          bench.clock.nowMs += HOUR_MS;
        }
        expect(receiver.messages).toEqual([]);
        await bench.clients.seed([aClient("ada")]);
        expect(await tellDue()).toBe(1);
        expect(await statesOf(bench, id)).toEqual(["SUCCESS"]);
      }, []));
  });
}
