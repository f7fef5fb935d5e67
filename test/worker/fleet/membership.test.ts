import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { Beat, Fleet, Node, Order, SeenNode } from "../../../src/fleet/fleet.ts";
import { Drain } from "../../../src/service/drain.ts";
import { Membership } from "../../../src/worker/fleet/membership.ts";
import { eventually } from "../../fixtures/service.ts";

// Looked for again and again, on a busy machine.
setDefaultTimeout(60_000);

/** A membership in a fleet that notes what it is told, and orders what the test says. */
function bench() {
  const worker = { running: 2, isIdle: false, handBack: () => 2 };
  const state = { beats: [] as Beat[], left: [] as string[], nowMs: 5_000, isAway: false };
  let order: Order = { isToDrain: false, handBackMs: null };
  let hear = () => {};
  const fleet: Pick<Fleet, "beat" | "leave" | "onOrder" | "order"> = {
    beat: async (_, beat) => {
      if (state.isAway) throw new Error("away");
      state.beats.push(beat);
      return order;
    },
    leave: async (id) => void state.left.push(id),
    order: async (_, next) => {
      order = next;
      hear();
      return next as SeenNode;
    },
    onOrder: (_, listener) => {
      hear = listener;
      return () => {
        hear = () => {};
      };
    },
  };
  const drain = new Drain({ worker: () => worker, now: () => state.nowMs, onEnd: () => {} });
  const membership = new Membership({
    fleet: fleet as Fleet,
    node: { id: "a" } as Node,
    worker,
    drain,
    now: () => state.nowMs,
    hardware: () => "qsv",
  });
  onTestFinished(() => membership.stop());
  const command = (next: Order): void => {
    order = next;
    hear();
  };
  return { membership, drain, worker, state, command, ordered: () => order };
}

test("a Membership tells how its node stands, and leaves when it stops", async () => {
  const { membership, state, worker } = bench();
  await membership.start();
  expect(state.beats).toEqual([{ running: 2, isDraining: false, hardware: "qsv" }]);
  worker.running = 1;
  membership.tell();
  await eventually(() => state.beats.length === 2 || undefined);
  expect(state.beats.at(-1)).toMatchObject({ running: 1 });
  await membership.stop();
  expect(state.left).toEqual(["a"]);
});

test("it drains its node as it is ordered to, tells so at once, and ends that", async () => {
  const { membership, drain, state, command } = bench();
  await membership.start();
  command({ isToDrain: true, handBackMs: 65_000 });
  await eventually(() => state.beats.at(-1)?.isDraining || undefined);
  expect(drain.standing()).toMatchObject({ isOn: true, handBackMs: 65_000, handedBack: 0 });
  command({ isToDrain: true, handBackMs: 4_000 });
  await eventually(() => {
    const standing = drain.standing();
    return (standing.isOn && standing.handedBack === 2) || undefined;
  });
  command({ isToDrain: false, handBackMs: null });
  await eventually(() => state.beats.at(-1)?.isDraining === false || undefined);
  expect(drain.isOn()).toBe(false);
});

test("it does not end a drain that a call to the node itself began", async () => {
  const { membership, drain, state } = bench();
  await membership.start();
  drain.begin(undefined);
  membership.tell();
  await eventually(() => state.beats.at(-1)?.isDraining || undefined);
  expect(drain.isOn()).toBe(true);
});

test("what a call to the node itself began or ended can be changed from afar", async () => {
  const { membership, drain, command, ordered } = bench();
  await membership.start();
  drain.begin(1_000);
  membership.tell();
  await eventually(() => ordered().isToDrain || undefined);
  expect(ordered().handBackMs).toBe(6_000);
  command({ isToDrain: false, handBackMs: null });
  await eventually(() => !drain.isOn() || undefined);

  const order = { isToDrain: true, handBackMs: null };
  command(order);
  await eventually(() => drain.isOn() || undefined);
  drain.end();
  membership.tell();
  await eventually(() => !ordered().isToDrain || undefined);
  command(order);
  await eventually(() => drain.isOn() || undefined);
});

test("it goes on while its fleet cannot be told", async () => {
  const { membership, state } = bench();
  state.isAway = true;
  await membership.start();
  state.isAway = false;
  membership.tell();
  await eventually(() => state.beats.length > 0 || undefined);
});
