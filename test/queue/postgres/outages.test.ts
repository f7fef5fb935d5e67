import { expect, test } from "bun:test";
import { Outages } from "../../../src/queue/postgres/outages.ts";

const LEASE_MS = 6_000;

test("nobody is spared while the server answers at once", () => {
  const outages = new Outages(LEASE_MS);
  for (const waitedMs of [0, 5, 1_999]) expect(outages.spares(waitedMs, 0)).toBe(false);
});

test.each([
  ["a call has failed", (outages: Outages) => outages.unknown(), 0],
  ["a call has waited", () => {}, 2_000],
] as const)("after %s, leases are spared for as long as one lasts", (_, happen, waitedMs) => {
  const outages = new Outages(LEASE_MS);
  happen(outages);
  expect(outages.spares(waitedMs, 1_000)).toBe(true);
  expect(outages.spares(0, 6_999)).toBe(true);
  expect(outages.spares(0, 7_000)).toBe(false);
  expect(outages.spares(0, 7_000)).toBe(false);
});

test("a server that is always slow, and a clock that was set back, spare no lease for ever", () => {
  const slow = new Outages(LEASE_MS);
  const spared = Array.from({ length: 8 }, (_, at) => slow.spares(3_000, at * LEASE_MS));
  expect(spared).toEqual([true, true, true, false, true, true, true, false]);
  const back = new Outages(LEASE_MS);
  back.unknown();
  expect(back.spares(0, 3_600_000)).toBe(true);
  expect(back.spares(0, 1_000)).toBe(false);
});
