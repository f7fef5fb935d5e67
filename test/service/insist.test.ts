import { describe, expect, test } from "bun:test";
import { insist } from "../../src/service/insist.ts";
import { TaskError } from "../../src/task/errors.ts";

const busy = () => new TaskError("service_unavailable", "Cannot write: the disk is full");
/** Waits for nothing. */
const AT_ONCE = { now: () => 0, wake: Promise.resolve(), isOver: () => false };

/** A write that fails so many times before it is taken. */
function failing(times: number, error: () => Error) {
  let tries = 0;
  return {
    tries: () => tries,
    write: async () => {
      tries += 1;
      if (tries <= times) throw error();
      return "written";
    },
  };
}

describe("insist", () => {
  test("writes again while the store is busy", async () => {
    const { tries, write } = failing(3, busy);
    expect(await insist(write, AT_ONCE)).toBe("written");
    expect(tries()).toBe(4);
  });

  test("gives up at once where another try is no use", async () => {
    const { tries, write } = failing(9, () => new TaskError("lease_lost", "Cannot write"));
    await expect(insist(write, AT_ONCE)).rejects.toThrow("Cannot write");
    expect(tries()).toBe(1);
  });

  test("gives up after ten minutes, and where nobody waits any more", async () => {
    let clock = 0;
    const late = failing(9, busy);
    const now = () => {
      clock += 250_000;
      return clock;
    };
    await expect(insist(late.write, { ...AT_ONCE, now })).rejects.toThrow("full");
    expect(late.tries()).toBe(3);
    const over = failing(9, busy);
    await expect(insist(over.write, { ...AT_ONCE, isOver: () => true })).rejects.toThrow("full");
    expect(over.tries()).toBe(1);
  });
});
