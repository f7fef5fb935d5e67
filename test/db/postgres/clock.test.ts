import { afterEach, expect, setDefaultTimeout, setSystemTime, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type DatabaseClock, openClock } from "../../../src/db/postgres/clock.ts";
import { eventually } from "../../fixtures/service.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const HOUR_MS = 3_600_000;
const open: DatabaseClock[] = [];

afterEach(() => {
  setSystemTime();
  for (const clock of open.splice(0)) clock.close();
});

/** A server at a given time, which answers after a while, and a counter that only the test moves. */
function bench({ serverMs = 1_000_000, tripMs = 4 } = {}) {
  const state = { serverMs, countedMs: 70, tripMs };
  const pass = (ms: number): void => {
    state.serverMs += ms;
    state.countedMs += ms;
  };
  return {
    state,
    pass,
    start: async (lookMs = 1) => {
      const clock = await openClock({
        ask: async () => {
          // The whole way back: the worst case.
          const { serverMs: answer } = state;
          pass(state.tripMs);
          return answer;
        },
        monotonicMs: () => state.countedMs,
        lookMs,
      });
      open.push(clock);
      return clock;
    },
  };
}

test("openClock tells the server's time, whatever this machine takes for the time of day", async () => {
  setSystemTime(new Date(Date.now() + HOUR_MS));
  const { state, pass, start } = bench();
  const clock = await start();
  expect(Math.abs(clock.now() - state.serverMs)).toBeLessThanOrEqual(2);
  setSystemTime(new Date(Date.now() - 2 * HOUR_MS));
  pass(5_000);
  expect(Math.abs(clock.now() - state.serverMs)).toBeLessThanOrEqual(2);
});

test("its time never goes back while looks differ, as answers take longer at times", async () => {
  const { state, pass, start } = bench();
  const clock = await start();
  let before = clock.now();
  for (let at = 0; at < 200; at += 1) {
    state.tripMs = at % 7 === 0 ? 400 : 1;
    pass(0.3);
    await Promise.resolve();
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    before = now;
  }
  expect(Math.abs(before - state.serverMs)).toBeLessThanOrEqual(5);
});

test("it follows a server whose clock is set, forth and back", async () => {
  const { state, start } = bench();
  const clock = await start();
  const isNear = () => Math.abs(clock.now() - state.serverMs) <= 10 || undefined;
  state.serverMs += HOUR_MS;
  expect(await eventually(isNear)).toBe(true);
  state.serverMs -= 2 * HOUR_MS;
  expect(await eventually(isNear)).toBe(true);
});

test("it is held where the server's clock is set back by less than a second", async () => {
  const { state, pass, start } = bench({ tripMs: 0 });
  const clock = await start();
  const before = clock.now();
  state.serverMs -= 500;
  await sleep(20);
  pass(200);
  expect(clock.now()).toBe(before);
  pass(400);
  expect(clock.now()).toBe(before + 100);
});

test("it goes on by itself while the server cannot be asked", async () => {
  let isAway = false;
  let countedMs = 0;
  const clock = await openClock({
    ask: async () => {
      if (isAway) throw new Error("away");
      return 5_000 + countedMs;
    },
    monotonicMs: () => countedMs,
    lookMs: 1,
  });
  open.push(clock);
  isAway = true;
  await sleep(20);
  countedMs += 1_000;
  expect(clock.now()).toBe(6_000);
});

test("openClock fails where the first look does", async () => {
  const ask = () => Promise.reject(new Error("away"));
  expect(openClock({ ask })).rejects.toThrow("away");
});
