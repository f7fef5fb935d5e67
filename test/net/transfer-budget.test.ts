import { describe, expect, test } from "bun:test";
import {
  ANY_TRANSFER,
  TransferBudget,
  type TransferLimits,
} from "../../src/net/transfer-budget.ts";

/** A budget and its clock. */
function aBudget(limits: Partial<TransferLimits>, does: "sends" | "takes" = "sends") {
  const clock = { ms: 0 };
  const budget = new TransferBudget({ ...ANY_TRANSFER, ...limits }, does, () => clock.ms);
  /** Waits so long for so many bytes. */
  const wait = (ms: number, bytes: number) =>
    budget.waiting(async () => {
      clock.ms += ms;
      budget.took(bytes);
    });
  return { budget, clock, wait };
}

const RATE = { bytesPerSecondMin: 100, windowMs: 10_000 };

describe("TransferBudget", () => {
  test("counts bytes once that come again, for the size and not for the rate", async () => {
    const { budget, wait } = aBudget({ ...RATE, bytesMax: 3_000 });
    await wait(20_000, 2_500);
    budget.again(2_500);
    budget.expect(3_000);
    await wait(1_000, 3_000);
    await expect(wait(0, 1)).rejects.toMatchObject({ code: "source_too_large" });
    await expect(aBudget({ bytesMax: 1 }).wait(0, 2)).rejects.toThrow("larger than 1 bytes");
  });

  test("gives up what sends less than the rate, after a window for a beginning and one more", async () => {
    const { wait } = aBudget(RATE);
    for (let second = 1; second < 20; second++) await wait(1_000, 1);
    await expect(wait(1_000, 1)).rejects.toMatchObject({
      kind: "slow",
      state: "it sends less than 100 bytes a second",
    });
    // It stays given up, however often it is asked again.
    await expect(wait(0, 1)).rejects.toMatchObject({ kind: "slow" });
  });

  test("lets pass what keeps the rate on average, pauses and a slow beginning included", async () => {
    const { wait } = aBudget(RATE);
    await wait(19_000, 2_500);
    for (let window = 0; window < 20; window++) {
      await wait(9_000, 0);
      await wait(1_000, 1_500);
    }
  });

  test("does not let pass a trickle for what came fast before", async () => {
    const { wait } = aBudget(RATE);
    await wait(20_000, 1_000_000);
    await wait(9_000, 10);
    await expect(wait(1_000, 10)).rejects.toMatchObject({ kind: "slow" });
  });

  test("counts the time that a server is waited for, waits at once counting once, and no other", async () => {
    const { budget, clock, wait } = aBudget({ waitMs: 5_000 });
    await budget.waiting(() => wait(2_000, 0));
    clock.ms += 1_000_000;
    await budget.waiting(() =>
      budget.ourselves(async () => {
        clock.ms += 1_000_000;
      }),
    );
    await wait(3_000, 0);
    await expect(wait(1, 0)).rejects.toMatchObject({
      kind: "slow",
      state: "it took longer than 5 s",
    });
  });

  test("is at its end with the bytes of a source, told or come", async () => {
    const { budget } = aBudget({ bytesMax: 100 });
    budget.took(60);
    budget.expect(40);
    expect(() => budget.expect(41)).toThrow("it is larger than 100 bytes");
    budget.took(40);
    expect(() => budget.took(1)).toThrow("it is larger than 100 bytes");
    aBudget({ bytesMax: 100 }, "takes").budget.took(101);
  });

  test("counts a body that is sent by the time that it takes to be taken", async () => {
    const { budget, clock } = aBudget({ ...RATE, windowMs: 1_000 }, "takes");
    async function* made() {
      for (;;) {
        // Making it is no fault of the server.
        clock.ms += 1_000_000;
        yield new Uint8Array(10);
      }
    }
    let taken = 0;
    const send = async () => {
      for await (const chunk of budget.counting(made())) {
        taken += chunk.byteLength;
        clock.ms += 500;
      }
    };
    await expect(send()).rejects.toMatchObject({
      kind: "slow",
      state: "it takes less than 100 bytes a second",
    });
    expect(taken).toBe(40);
  });
});
