import { describe, expect, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { Together } from "../../../src/db/postgres/together.ts";
import { TaskError } from "../../../src/task/errors.ts";

/** Calls by their numbers; what is written together and alone, of which each waits until it is let go. */
function bench(refuse: (calls: readonly number[]) => Error | undefined = () => undefined) {
  const written: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  const write = async (calls: readonly number[]) => {
    written.push(calls);
    await new Promise<void>((resolve) => void gates.push(resolve));
    const error = refuse(calls);
    if (error) throw error;
    return calls.map((call) => `did ${call}`);
  };
  const together = new Together<number, string>({
    together: write,
    alone: async (call) => (await write([call]))[0] ?? "",
  });
  const letGo = async () => {
    for (const gate of gates.splice(0)) gate();
    await Bun.sleep(0);
  };
  return { together, written, letGo };
}

describe("Together", () => {
  test("writes a call at once, and together what comes meanwhile", async () => {
    const { together, written, letGo } = bench();
    const calls = [1, 2, 3].map((call) => together.run(call));
    expect(written).toEqual([[1]]);
    await letGo();
    expect(written).toEqual([[1], [2, 3]]);
    await letGo();
    expect(await Promise.all(calls)).toEqual(["did 1", "did 2", "did 3"]);
    const last = together.run(4);
    expect(written.at(-1)).toEqual([4]);
    await letGo();
    expect(await last).toBe("did 4");
  });

  test("writes at most 64 calls together", async () => {
    const { together, written, letGo } = bench();
    const calls = Array.from({ length: 70 }, (_, call) => together.run(call));
    for (let round = 0; round < 3; round += 1) await letGo();
    expect(written.map((batch) => batch.length)).toEqual([1, 64, 5]);
    expect(await Promise.all(calls)).toEqual(calls.map((_, call) => `did ${call}`));
  });

  test("writes apart from whatever a call is made in", async () => {
    const within = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const write = async (calls: readonly number[]) => {
      seen.push(within.getStore());
      return calls;
    };
    const together = new Together<number, number>({
      together: write,
      alone: async (call) => (await write([call]))[0] ?? 0,
    });
    await within.run("a transaction", () =>
      Promise.all([1, 2, 3].map((call) => together.run(call))),
    );
    expect(seen).toEqual([undefined, undefined]);
  });

  test("writes calls one by one where they cannot be written together", async () => {
    const { together, written, letGo } = bench((calls) =>
      calls.includes(3) ? new Error("not 3") : undefined,
    );
    const settling = Promise.allSettled([1, 2, 3, 4].map((call) => together.run(call)));
    for (let round = 0; round < 3; round += 1) await letGo();
    expect(written).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
    const settled = await settling;
    expect(
      settled.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message)),
    ).toEqual(["did 1", "did 2", "not 3", "did 4"]);
  });

  test("writes nothing again that may be written", async () => {
    const lost = new TaskError("service_unavailable", "Cannot tell whether it was written");
    const { together, written, letGo } = bench((calls) => (calls.length > 1 ? lost : undefined));
    const calls = [1, 2, 3].map((call) => together.run(call));
    const settled = Promise.allSettled(calls);
    for (let round = 0; round < 2; round += 1) await letGo();
    expect((await settled).map((one) => one.status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(written).toEqual([[1], [2, 3]]);
  });

  test("keeps no call waiting behind one that waits for others", async () => {
    const { together, written, letGo } = bench();
    const calls = [together.run(1), together.run(2)];
    while (written.length < 2) await Bun.sleep(5);
    expect(written).toEqual([[1], [2]]);
    await letGo();
    expect(await Promise.all(calls)).toEqual(["did 1", "did 2"]);
  });
});
