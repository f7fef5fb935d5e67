import { expect, setDefaultTimeout, test } from "bun:test";
import { OPEN_EGRESS } from "../../src/net/egress-policy.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import type { Span } from "../../src/telemetry/spans.ts";
import { Tracing } from "../../src/telemetry/tracing.ts";
import { Watching } from "../../src/telemetry/watching.ts";
import { aClient, notifierOf } from "../fixtures/notified.ts";
import { answering, startReceiver } from "../fixtures/receiver.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { createTask } from "../fixtures/store-bench.ts";

// Real servers on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const GIVEN = `00-${TRACE}-00f067aa0ba902b7-01`;

/** A task with this origin whose receiver was away at the first try, a minute after its event; told with this telemetry. */
async function toldOnce(watching: Watching) {
  const bench = sqliteBench();
  await bench.clients.seed([aClient("ada")]);
  const receiver = await startReceiver();
  const notification = { url: receiver.url, events: ["created"] } as const;
  await createTask(bench, { notification, origin: { traceParent: GIVEN } });
  const { tellDue } = notifierOf(bench, OPEN_EGRESS, watching);
  receiver.answer = answering(503);
  await tellDue();
  receiver.answer = answering(204);
  bench.clock.nowMs += 60_000;
  await tellDue();
  await receiver.close();
  return receiver.messages.map(({ headers }) => headers["traceparent"]);
}

test("each try to tell a receiver is a span of the task's trace, which the receiver can go on with", async () => {
  const spans: Span[] = [];
  const sink = { add: (span: Span) => void spans.push(span), close: async () => {} };
  const told = await toldOnce(new Watching(new Tracing(sink, 0)));
  expect(spans).toMatchObject([
    { traceId: TRACE, name: "notify receiver", failure: expect.stringContaining("503") },
    {
      ...{ traceId: TRACE, parentId: "00f067aa0ba902b7", failure: undefined },
      attributes: { "pontus.event.type": "created", "http.response.status_code": 204 },
    },
  ]);
  expect(told).toEqual(spans.map(({ spanId }) => `00-${TRACE}-${spanId}-01`));
});

test("where nothing is traced the receiver gets the trace of the task's caller, and tries are counted", async () => {
  const watching = new Watching();
  const metrics = new Metrics();
  watching.count(metrics);
  expect(await toldOnce(watching)).toEqual([GIVEN, GIVEN]);
  const text = await metrics.registry.metrics();
  expect(text).toContain('pontus_notifications_total{status="PENDING"} 1\n');
  expect(text).toContain('pontus_notifications_total{status="SUCCESS"} 1\n');
  // The moment at which its receiver took it counts, not when it was tried first.
  expect(text).toContain("pontus_notification_lag_seconds_sum 60\n");
});
