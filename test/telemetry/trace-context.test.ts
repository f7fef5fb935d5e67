import { expect, test } from "bun:test";
import {
  parseTraceParent,
  traceIdOf,
  writeTraceParent,
} from "../../src/telemetry/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test("a traceparent is read as it was written", () => {
  const text = `00-${TRACE}-${SPAN}-01`;
  const parsed = parseTraceParent(text);
  expect(parsed).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1 });
  expect(parsed && writeTraceParent(parsed)).toBe(text);
  expect(traceIdOf(text)).toBe(TRACE);
});

test("a newer version is read by what this one has", () => {
  expect(parseTraceParent(`cc-${TRACE}-${SPAN}-03-what.comes`)).toEqual({
    ...{ traceId: TRACE, spanId: SPAN, flags: 3 },
  });
});

// The cases that the recommendation forbids.
test.each([
  ["nothing", ""],
  ["version ff", `ff-${TRACE}-${SPAN}-01`],
  ["a trace of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
  ["a span of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
  ["more than version 00 has", `00-${TRACE}-${SPAN}-01-more`],
  ["upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ["a short trace", `00-${TRACE.slice(1)}-${SPAN}-01`],
  ["two of them", `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
])("%s is no traceparent", (_, text) => {
  expect(parseTraceParent(text)).toBeUndefined();
});
