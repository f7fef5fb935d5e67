import { expect, test } from "bun:test";
import type { Capabilities } from "../../../src/plan/plan.ts";
import { keyOfStep, slicedCapabilities } from "../../../src/worker/parts/slicing.ts";

const CAPABILITIES = { engine: "native", version: "7.1" } as unknown as Capabilities;
const LENGTHS = { minSeconds: 600, sliceSeconds: 60 };

test.each([
  [599, undefined],
  [600, 10],
  [601, 11],
  [7_200, 120],
])("a film of %d s is cut into %p slices, whoever is there", (durationSeconds, slices) => {
  expect(slicedCapabilities(CAPABILITIES, LENGTHS, { durationSeconds }).slices).toBe(slices);
  expect(slicedCapabilities(CAPABILITIES, undefined, { durationSeconds })).toBe(CAPABILITIES);
});

test("a step has another key for another source, engine or run, and the same for the same", () => {
  const runs = [{ args: ["-i", "input", "0/a.ts"], writes: ["0/a.ts"] }];
  const source = { sizeBytes: 1, version: '"a"' };
  const engine = { name: "native", capabilities: CAPABILITIES } as const;
  const newer = { ...engine, capabilities: { ...CAPABILITIES, version: "8.0" } };
  const keys = [
    keyOfStep("1", runs, source, engine),
    keyOfStep("1", runs, { ...source, version: '"b"' }, engine),
    keyOfStep("1", runs, { ...source, sizeBytes: 2 }, engine),
    keyOfStep("1", runs, source, newer),
    keyOfStep("1", [{ args: ["-an"], writes: ["0/a.ts"] }], source, engine),
  ];
  expect(new Set(keys.map(({ digest }) => digest)).size).toBe(keys.length);
  const again = [{ writes: ["0/a.ts"], args: ["-i", "input", "0/a.ts"] }];
  expect(keyOfStep("1", again, { ...source }, engine)).toEqual(keys[0] as (typeof keys)[number]);
});
