import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Drain } from "../../src/service/drain.ts";
import { eventually } from "../fixtures/service.ts";

// Looked for again and again, on a busy machine.
setDefaultTimeout(60_000);

/** A drain of a worker on which so many tasks run; handing back ends them. */
function aDrain(running: number) {
  const worker = {
    running: running as number,
    taking: false as boolean,
    get isIdle(): boolean {
      return this.running === 0 && !this.taking;
    },
    handBack(): number {
      const tasks = this.running;
      this.running = 0;
      return tasks;
    },
  };
  const told = { ends: 0, changes: 0 };
  const drain = new Drain({
    worker: () => worker,
    now: () => 5_000,
    onEnd: () => told.ends++,
    onChange: () => told.changes++,
  });
  return { drain, worker, ends: () => told.ends, changes: () => told.changes };
}

describe("Drain", () => {
  test("says how far it is, and is over when it is ended", () => {
    const { drain, worker, ends } = aDrain(2);
    expect(drain.standing()).toEqual({ isOn: false, running: 2 });
    expect(drain.end()).toEqual({ isOn: false, running: 2 });
    expect([drain.isOn(), ends()]).toEqual([false, 0]);
    const on = { isOn: true, sinceMs: 5_000, handedBack: 0 } as const;
    expect(drain.begin(undefined)).toEqual({ ...on, running: 2, isDone: false });
    expect(drain.isOn()).toBe(true);
    worker.running = 0;
    worker.taking = true;
    expect(drain.standing()).toMatchObject({ running: 0, isDone: false });
    worker.taking = false;
    expect(drain.standing()).toEqual({ ...on, running: 0, isDone: true });
    expect(drain.end()).toEqual({ isOn: false, running: 0 });
    expect([drain.isOn(), ends()]).toEqual([false, 1]);
  });

  test("tells that it begins and that it ends, once", () => {
    const { drain, changes } = aDrain(1);
    drain.end();
    expect(changes()).toBe(0);
    drain.begin(undefined);
    drain.begin(60_000);
    expect(changes()).toBe(1);
    drain.end();
    drain.end();
    expect(changes()).toBe(2);
  });

  test("hands back at once, or after a while, what runs and what was being taken up", async () => {
    const { drain, worker } = aDrain(2);
    expect(drain.begin(0)).toMatchObject({ running: 0, handedBack: 2, handBackMs: 5_000 });
    worker.running = 1;
    expect(drain.begin(20)).toMatchObject({ running: 1, handedBack: 2, handBackMs: 5_020 });
    worker.taking = true;
    await eventually(() => (worker.running === 0 ? true : undefined));
    worker.running = 1;
    await eventually(() => (worker.running === 0 ? true : undefined));
    expect(drain.standing()).toMatchObject({ handedBack: 4 });
    drain.end();
  });

  test("hands nothing back once it is over, or may last as long as its tasks", async () => {
    const { drain, worker } = aDrain(1);
    drain.begin(5);
    drain.end();
    const patient = aDrain(1);
    patient.drain.begin(5);
    patient.drain.begin(undefined);
    const later = aDrain(1);
    later.drain.begin(10);
    await eventually(() => (later.worker.running === 0 ? true : undefined));
    expect([worker.running, patient.worker.running]).toEqual([1, 1]);
  });

  test("is done where no worker has started", () => {
    const drain = new Drain({ worker: () => undefined, now: () => 1, onEnd: () => {} });
    expect(drain.begin(0)).toMatchObject({ running: 0, isDone: true, handedBack: 0 });
  });
});
