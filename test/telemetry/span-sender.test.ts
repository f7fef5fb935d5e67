import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { SpanSender } from "../../src/telemetry/span-sender.ts";
import type { Span } from "../../src/telemetry/spans.ts";
import { logged } from "../fixtures/logged.ts";
import { eventually } from "../fixtures/service.ts";

// Waiting is patient on a busy machine.
setDefaultTimeout(60_000);

const aSpan = (name: string): Span => ({
  ...{ traceId: "a".repeat(32), spanId: "b".repeat(16), parentId: undefined, name, kind: 1 },
  ...{ startMs: 0, endMs: 1, attributes: {}, failure: undefined },
});

/** A collector that answers with the given status, the last of them from then on. */
function aCollector(...statuses: number[]) {
  const got: { readonly names: readonly string[]; readonly headers: Headers }[] = [];
  const server = Bun.serve({
    port: 0,
    fetch: async (request) => {
      const body = (await request.json()) as {
        resourceSpans: [{ scopeSpans: [{ spans: { name: string }[] }] }];
      };
      const names = body.resourceSpans[0].scopeSpans[0].spans.map(({ name }) => name);
      got.push({ names, headers: request.headers });
      return new Response("{}", {
        status: (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200,
      });
    },
  });
  onTestFinished(() => server.stop(true));
  const url = `http://localhost:${server.port}/v1/traces`;
  return { got, sender: new SpanSender({ url, headers: { "X-Key": "k" }, version: "1" }) };
}

test("spans go together, with the headers of the config", async () => {
  const { got, sender } = aCollector(200);
  for (const name of ["a", "b"]) sender.add(aSpan(name));
  const [sent] = await eventually(() => (got.length > 0 ? got : undefined));
  expect(sent?.names).toEqual(["a", "b"]);
  expect(sent?.headers.get("X-Key")).toBe("k");
  expect(sent?.headers.get("Content-Type")).toBe("application/json");
});

test("as many as a batch holds go at once, and what is left when it closes", async () => {
  const { got, sender } = aCollector(200);
  for (let at = 0; at < 600; at += 1) sender.add(aSpan(String(at)));
  await sender.close();
  expect(got.map(({ names }) => names.length)).toEqual([512, 88]);
});

test("what a collector that is away did not take is sent again, and said once", async () => {
  const records = await logged();
  const { got, sender } = aCollector(503, 200);
  sender.add(aSpan("a"));
  await sender.close();
  sender.add(aSpan("b"));
  await sender.close();
  expect(got.map(({ names }) => names)).toEqual([["a"], ["a", "b"]]);
  expect(records.map(({ message }) => message.join(""))).toEqual([
    "Cannot send traces: the collector answers 503",
    "Traces are sent again; 0 spans were dropped",
  ]);
});

test("what the collector refuses is not sent again, and counts as dropped", async () => {
  const records = await logged();
  const { got, sender } = aCollector(400, 200);
  sender.add(aSpan("a"));
  await sender.close();
  sender.add(aSpan("b"));
  await sender.close();
  expect(got.map(({ names }) => names)).toEqual([["a"], ["b"]]);
  expect(records.at(-1)?.message.join("")).toBe("Traces are sent again; 1 spans were dropped");
});

test("no more than 4,096 spans wait for a collector that is away, and the others count as dropped", async () => {
  const records = await logged();
  const { got, sender } = aCollector(503, 200);
  for (let at = 0; at < 5_000; at += 1) sender.add(aSpan("x"));
  await sender.close();
  await sender.close();
  expect(got.slice(1).reduce((sum, { names }) => sum + names.length, 0)).toBe(4_096);
  expect(records.at(-1)?.message.join("")).toBe("Traces are sent again; 904 spans were dropped");
});
