import { describe, expect, test } from "bun:test";
import { RequestRates } from "../../../src/service/rates/request-rates.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const ADA = { clientCode: "ada", requestsPerSecond: null };
const BOB = { clientCode: "bob", requestsPerSecond: null };

/** Rates by a clock that the test sets. */
function ratesOf(perSecond: number) {
  const clock = { ms: 0 };
  const rates = new RequestRates(perSecond, () => clock.ms);
  /** How many of 100 calls at once are answered. */
  const burst = (caller: typeof ADA | { clientCode: string; requestsPerSecond: number }): number =>
    Array.from({ length: 100 }).filter(() => {
      try {
        rates.take(caller);
        return true;
      } catch {
        return false;
      }
    }).length;
  return { clock, rates, burst };
}

describe("RequestRates", () => {
  test("lets a client who is alone call as often as it likes", () => {
    const { burst } = ratesOf(10);
    expect(burst(ADA)).toBe(100);
  });

  test("limits each client by the default while another calls", () => {
    const { rates, burst } = ratesOf(10);
    rates.take(BOB);
    expect(burst(ADA)).toBe(10);
    expect(burst(BOB)).toBe(10);
  });

  test("fills up with time, to the calls of one second at most", () => {
    const { clock, rates, burst } = ratesOf(10);
    rates.take(BOB);
    expect(burst(ADA)).toBe(10);
    clock.ms += 500;
    expect(burst(ADA)).toBe(5);
    clock.ms += 9_000;
    expect(burst(ADA)).toBe(10);
  });

  test("lets 100 calls come at once, however many are allowed in a second", () => {
    const { clock, rates, burst } = ratesOf(1000);
    rates.take(BOB);
    expect([burst(ADA), burst(ADA)]).toEqual([100, 0]);
    clock.ms += 50;
    expect(burst(ADA)).toBe(50);
  });

  test("counts another client as calling for ten seconds", () => {
    const { clock, rates, burst } = ratesOf(10);
    rates.take(BOB);
    clock.ms = 10_000;
    expect(burst(ADA)).toBe(10);
    clock.ms = 10_001;
    expect(burst(ADA)).toBe(100);
  });

  test("remembers the other client behind many calls of the one", () => {
    const { clock, rates, burst } = ratesOf(10);
    rates.take(ADA);
    rates.take(BOB);
    rates.take(ADA);
    clock.ms = 5_000;
    expect(burst(ADA)).toBe(10);
    expect(burst(BOB)).toBe(10);
  });

  test("holds a client's own limit always, and none where its record says 0", () => {
    const { rates, burst } = ratesOf(10);
    expect(burst({ ...ADA, requestsPerSecond: 3 })).toBe(3);
    rates.take(BOB);
    expect(burst({ clientCode: "zoe", requestsPerSecond: 0 })).toBe(100);
  });

  test("limits nobody by default where the default is 0", () => {
    const { rates, burst } = ratesOf(0);
    rates.take(BOB);
    expect(burst(ADA)).toBe(100);
  });

  test("says which client calls too often, and takes a call back", async () => {
    const { rates } = ratesOf(0);
    const caller = { ...ADA, requestsPerSecond: 1 };
    const takeBack = rates.take(caller);
    const { code, message } = await taskErrorOf(Promise.resolve().then(() => rates.take(caller)));
    expect([code, message]).toEqual([
      "too_many_requests",
      'Cannot answer client "ada": it makes more than 1 calls a second',
    ]);
    takeBack();
    expect(rates.take(caller)).toBeInstanceOf(Function);
  });
});
