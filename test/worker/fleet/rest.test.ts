import { expect, test } from "bun:test";
import { Rest } from "../../../src/worker/fleet/rest.ts";

test("a rest is twice as long each time, up to five minutes, until a task succeeds", () => {
  const clock = { nowMs: 0 };
  const rest = new Rest(() => clock.nowMs);
  /** How long it rests from now on, in ms. */
  const rested = (): number => {
    rest.begin();
    const beganMs = clock.nowMs;
    while (rest.isOn) clock.nowMs += 2_500;
    return clock.nowMs - beganMs;
  };
  expect(rest.isOn).toBe(false);
  expect([rested(), rested(), rested()]).toEqual([5_000, 10_000, 20_000]);
  for (let times = 0; times < 8; times += 1) rested();
  expect(rested()).toBe(300_000);
  rest.end();
  expect(rested()).toBe(5_000);
});

test("runs that end together are one lack of room", () => {
  const clock = { nowMs: 0 };
  const rest = new Rest(() => clock.nowMs);
  rest.begin();
  rest.begin();
  clock.nowMs = 5_000;
  expect(rest.isOn).toBe(false);
});
