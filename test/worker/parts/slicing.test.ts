import { expect, test } from "bun:test";
import type { Capabilities } from "../../../src/plan/plan.ts";
import { keyOfStep, lengthsOfOwn, sharedCapabilities } from "../../../src/worker/parts/slicing.ts";

const CAPABILITIES = { engine: "native", version: "7.1" } as unknown as Capabilities;
const LENGTHS = { minSeconds: 600, sliceSeconds: 60 };

test("long encodes are cut for several workers only where they are shared", () => {
  expect(sharedCapabilities(CAPABILITIES, undefined)).toBe(CAPABILITIES);
  expect(sharedCapabilities(CAPABILITIES, LENGTHS)).toMatchObject({
    version: "7.1",
    spread: LENGTHS,
  });
});

test("slices are kept for a later run only where that can tell that it reads the same", () => {
  const own = { sizeBytes: 1, version: "1 2" };
  expect(lengthsOfOwn(LENGTHS, own)).toEqual(LENGTHS);
  for (const whole of [lengthsOfOwn(LENGTHS, undefined), lengthsOfOwn(LENGTHS, own, {})]) {
    const { spread } = sharedCapabilities(CAPABILITIES, whole);
    expect(spread?.whole).toBe(whole.whole as string);
    expect(spread?.whole).toMatch(/later run|each run/);
  }
});

test("a step has another key for another source, engine or run, and the same for the same", () => {
  const runs = [{ args: ["-i", "input", "0/a.ts"], writes: ["0/a.ts"] }];
  const reads = [{ path: "0/a.log", sizeBytes: 1, sha256: "00" }];
  const source = { sizeBytes: 1, version: '"a"' };
  const engine = { name: "native", capabilities: CAPABILITIES } as const;
  const newer = { ...engine, capabilities: { ...CAPABILITIES, version: "8.0" } };
  const keys = [
    keyOfStep("1", runs, source, engine),
    keyOfStep("1", runs, { ...source, version: '"b"' }, engine),
    keyOfStep("1", runs, { ...source, sizeBytes: 2 }, engine),
    keyOfStep("1", runs, source, newer),
    keyOfStep("1", [{ args: ["-an"], writes: ["0/a.ts"] }], source, engine),
    keyOfStep(
      "1",
      runs.map((run) => ({ ...run, reads })),
      source,
      engine,
    ),
  ];
  expect(new Set(keys.map(({ digest }) => digest)).size).toBe(keys.length);
  const again = [{ writes: ["0/a.ts"], args: ["-i", "input", "0/a.ts"] }];
  expect(keyOfStep("1", again, { ...source }, engine)).toEqual(keys[0] as (typeof keys)[number]);
});
