import { describe, expect, test } from "bun:test";
import type { Span } from "../../src/telemetry/spans.ts";
import { otlpJson } from "../../src/telemetry/spans.ts";
import { parseTraceParent } from "../../src/telemetry/trace-context.ts";
import { Tracing } from "../../src/telemetry/tracing.ts";
import { Watching } from "../../src/telemetry/watching.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { claimTask, createTask } from "../fixtures/store-bench.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const ANSWERED = {
  ...{ method: "POST", route: "/api/v{version}/task/transcoding", status: 200, seconds: 0.01 },
  ...{ requestId: () => "r-1", clientCode: "ada", taskId: "t-1" },
};

function aTracing(percent = 100) {
  const spans: Span[] = [];
  const sink = { add: (span: Span) => void spans.push(span), close: async () => {} };
  return { spans, tracing: new Tracing(sink, percent) };
}

/** A task that a call with this trace context has created, claimed. */
async function aTask(traceParent: string) {
  const bench = sqliteBench();
  await createTask(bench, { origin: { traceParent } });
  return (await claimTask(bench)).task;
}

describe("Tracing", () => {
  test("makes one trace of a call, the runs of its task and their parts", async () => {
    const { spans, tracing } = aTracing();
    const call = tracing.beginCall("POST", `00-${TRACE}-${SPAN}-01`);
    call.end(ANSWERED);
    const run = tracing.beginRun(await aTask(call.traceParent), 1);
    run.begin("transcode", { mediaSeconds: 2 }).end();
    run.begin("target", { target: 0, protocol: "s3" }).end({
      ...{ code: "target_full", detail: "Cannot write s3://b/x?token=t0k3n" },
    });
    run.end({ code: "target_full", detail: "Cannot write" });
    const [posted, transcoded, delivered, ran] = spans;
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(posted).toMatchObject({
      ...{ parentId: SPAN, name: "POST /api/v{version}/task/transcoding", kind: 2 },
    });
    expect(ran).toMatchObject({ parentId: posted?.spanId, name: "run", failure: "Cannot write" });
    expect(transcoded).toMatchObject({ parentId: ran?.spanId, name: "transcode" });
    expect(delivered).toMatchObject({
      parentId: ran?.spanId,
      name: "deliver to target",
      failure: "Cannot write s3://b/x?token=***",
      attributes: { "pontus.target.protocol": "s3", "error.type": "target_full" },
    });
  });

  test("sends what the caller sends, whatever the share, and as large a share of all others", () => {
    const { spans, tracing } = aTracing(0);
    tracing.beginCall("GET", `00-${TRACE}-${SPAN}-01`).end(ANSWERED);
    expect(spans).toHaveLength(1);
    const unsent = tracing.beginCall("GET", undefined);
    unsent.end(ANSWERED);
    expect(spans).toHaveLength(1);
    // What follows from it is not sent either.
    expect(parseTraceParent(unsent.traceParent)?.flags).toBe(0);
    const all = aTracing(100);
    all.tracing.beginCall("GET", `00-${TRACE}-${SPAN}-00`).end(ANSWERED);
    expect(all.spans).toEqual([]);
    for (let left = 100; left > 0; left -= 1)
      all.tracing.beginCall("GET", "no traceparent").end(ANSWERED);
    expect(all.spans).toHaveLength(100);
  });
});

test("calls that probes and pages make are no spans", () => {
  const { spans, tracing } = aTracing();
  const watching = new Watching(tracing);
  watching.beginCall("GET", undefined).end({ ...ANSWERED, route: "/readyz" });
  expect(spans).toEqual([]);
  watching.beginCall("GET", undefined).end(ANSWERED);
  expect(spans).toHaveLength(1);
});

test("otlpJson() writes a span as OTLP has it", () => {
  const span: Span = {
    ...{ traceId: TRACE, spanId: SPAN, parentId: undefined, name: "run", kind: 5 },
    ...{ startMs: 1_700_000_000_000.25, endMs: 1_700_000_000_001, failure: "Cannot go on" },
    attributes: { text: "a", whole: 3, part: 0.5, none: undefined },
  };
  const { resourceSpans } = otlpJson([span], "1.2.3");
  expect(resourceSpans[0]?.resource.attributes).toContainEqual({
    ...{ key: "service.name", value: { stringValue: "pontus" } },
  });
  expect(resourceSpans[0]?.scopeSpans[0]?.spans).toEqual([
    {
      ...{ traceId: TRACE, spanId: SPAN, name: "run", kind: 5 },
      startTimeUnixNano: "1700000000000250000",
      endTimeUnixNano: "1700000000001000000",
      attributes: [
        { key: "text", value: { stringValue: "a" } },
        { key: "whole", value: { intValue: "3" } },
        { key: "part", value: { doubleValue: 0.5 } },
      ],
      status: { code: 2, message: "Cannot go on" },
    },
  ]);
});
