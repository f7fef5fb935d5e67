import { describe, expect, test } from "bun:test";
import { PlanSlots } from "../../src/service/plan-slots.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";

describe("PlanSlots", () => {
  /** Begins a plan, which ends when the function is called. */
  function begin(slots: PlanSlots, client: string) {
    const { promise, resolve } = Promise.withResolvers<string>();
    return { done: slots.within(client, () => promise), end: () => resolve(client) };
  }

  const refused = async (slots: PlanSlots, client: string): Promise<string> => {
    const { code, message } = await taskErrorOf(slots.within(client, async () => "made"));
    expect(code).toBe("too_many_requests");
    return message;
  };

  test("gives one to each client, as many as there are, and each again when it is free", async () => {
    const slots = new PlanSlots(2);
    const ada = begin(slots, "ada");
    expect(await refused(slots, "ada")).toBe(
      "Cannot plan the task: another plan of this client is being made",
    );
    const bob = begin(slots, "bob");
    expect(await refused(slots, "eve")).toBe("Cannot plan the task: other plans are being made");
    ada.end();
    expect(await ada.done).toBe("ada");
    expect(await slots.within("eve", async () => "made")).toBe("made");
    expect(await refused(slots, "bob")).toContain("of this client");
    bob.end();
    await bob.done;
  });

  test("is free again after a plan that failed", async () => {
    const slots = new PlanSlots(1);
    const failing = slots.within("ada", () => Promise.reject(new Error("no source")));
    await expect(failing).rejects.toThrow("no source");
    expect(await slots.within("ada", async () => "made")).toBe("made");
  });

  test("makes no plan where there is no slot", async () => {
    expect(await refused(new PlanSlots(0), "ada")).toBe(
      "Cannot plan the task: this service makes none",
    );
  });
});
