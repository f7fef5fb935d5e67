import { expect, setDefaultTimeout, test } from "bun:test";
import { OPEN_EGRESS } from "../../src/net/egress-policy.ts";
import { Webhooks } from "../../src/webhooks/webhooks.ts";
import { logged } from "../fixtures/logged.ts";
import { endedTask, shown, withBench } from "../fixtures/notified.ts";
import { eventually } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

test("Webhooks looks again after a look that failed", async () => {
  const records = await logged();
  await withBench(async (bench, receiver) => {
    await endedTask(bench, { url: receiver.url, events: ["ended"] });
    const { clients, clock, notifications } = bench;
    let looks = 0;
    const webhooks = new Webhooks({
      clients,
      notifications: {
        isDue: async () => {
          looks += 1;
          if (looks === 1) throw new Error("the database is away");
          return notifications.isDue();
        },
        take: (...asked) => notifications.take(...asked),
        settle: (...settled) => notifications.settle(...settled),
      },
      policyOf: () => OPEN_EGRESS,
      trusted: async () => undefined,
      now: () => clock.nowMs,
    });
    webhooks.start();
    await eventually(() => receiver.messages.length > 0 || undefined);
    await webhooks.stop();
    expect(receiver.messages.map(shown)).toEqual(["ended 5"]);
  });
  expect(records.map(({ rawMessage }) => rawMessage)).toEqual([
    "Cannot look for receivers to notify: {error}",
  ]);
});
