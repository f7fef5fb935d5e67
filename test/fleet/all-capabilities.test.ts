import { expect, test } from "bun:test";
import { allCapabilities, everything } from "../../src/fleet/all-capabilities.ts";
import { refuseImpossibleAssignment } from "../../src/plan/feasible/set-feasible.ts";
import { aCapabilities } from "../plan/builders.ts";
import { aRendition } from "../profile/builders.ts";

const FULL = aCapabilities();

test("allCapabilities of no node are none, and those of one are its own", () => {
  expect(allCapabilities([])).toBeUndefined();
  const lists = (of: typeof FULL) => [of.encoders, of.muxers, of.filters, of.protocols];
  const all = allCapabilities([FULL]);
  expect(all && lists(all)).toEqual(lists(FULL).map((list) => [...list].toSorted()));
});

test("allCapabilities are the most of several", () => {
  const first = { ...FULL, version: "5.1.6", filters: ["a"], threads: 2, outputPixelsMax: 10 };
  const second = { ...FULL, version: "10.0", filters: ["b"], threads: 4, outputPixelsMax: 20 };
  const wanted = { version: "10.0", filters: ["a", "b"], threads: 4, outputPixelsMax: 20 };
  expect(allCapabilities([first, second])).toMatchObject(wanted);
  const { outputPixelsMax: _, ...unlimited } = second;
  expect(allCapabilities([first, unlimited])).not.toHaveProperty("outputPixelsMax");
});

test("where no node has told what it can, everything is taken to be possible", () => {
  const assignment = { rendition: aRendition(), targets: [0] };
  const none = { ...FULL, encoders: [] };
  expect(() => refuseImpossibleAssignment(assignment, none)).toThrow();
  expect(() => refuseImpossibleAssignment(assignment, everything)).not.toThrow();
});
