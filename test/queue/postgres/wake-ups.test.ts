import { expect, setDefaultTimeout, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { idleMsOf, spreadMsOf, WakeUps } from "../../../src/queue/postgres/wake-ups.ts";
import { eventually } from "../../fixtures/service.ts";

setDefaultTimeout(30_000);

test("the time within which idle nodes look grows with their number, up to that after which each looks by itself", () => {
  expect([0, 1, 2, 10, 1_000, 1_000_000].map((nodes) => spreadMsOf(nodes))).toEqual([
    0, 0, 5, 45, 4_995, 30_000,
  ]);
});

test("one that hears of nothing looks by itself, the rarer the more are idle", () => {
  const times = [1, 250, 500, 1_000, 1_000_000].map((nodes) => idleMsOf(nodes, 0.5));
  expect(times).toEqual([5_000, 5_000, 10_000, 20_000, 30_000]);
  expect([0, 1].map((chance) => idleMsOf(1, chance))).toEqual([3_750, 6_250]);
});

test("a node that is idle alone looks at once, each time", () => {
  let looks = 0;
  const wakeUps = new WakeUps(
    () => {
      looks += 1;
    },
    () => 1,
  );
  wakeUps.hear();
  wakeUps.hear();
  expect(looks).toBe(2);
});

test("one of many looks later, once for all that it has heard meanwhile, and not at all when it is closed", async () => {
  const looked: number[] = [];
  const nodes = Array.from(
    { length: 40 },
    (_, node) =>
      new WakeUps(
        () => looked.push(node),
        () => 40,
      ),
  );
  for (const wakeUps of nodes) for (let heard = 0; heard < 3; heard += 1) wakeUps.hear();
  expect(looked).toEqual([]);
  for (const wakeUps of nodes.splice(30)) wakeUps.close();
  await eventually(async () => (looked.length >= 30 ? looked : undefined));
  await sleep(spreadMsOf(40));
  expect(looked.toSorted((a, b) => a - b)).toEqual(nodes.map((_, node) => node));
  // By chance, not in a line.
  expect(looked).not.toEqual(looked.toSorted((a, b) => a - b));
  nodes[0]?.hear();
  await eventually(async () => (looked.length === 31 ? looked : undefined));
});
