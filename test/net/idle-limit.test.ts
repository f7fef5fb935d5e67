import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { IdleLimit } from "../../src/net/idle-limit.ts";

describe("IdleLimit", () => {
  test("is over when nothing starts it anew", async () => {
    const idle = new IdleLimit(1);
    idle.start();
    await once(idle.signal, "abort");
    expect(idle.isOver).toBe(true);
  });

  test("begins nothing after its end, and waits for nothing while it is stopped", async () => {
    const [ended, stopped, running] = [new IdleLimit(1), new IdleLimit(1), new IdleLimit(1)];
    ended.end();
    ended.start();
    stopped.start();
    stopped.stop();
    running.start();
    await once(running.signal, "abort");
    expect([ended.isOver, stopped.isOver]).toEqual([false, false]);
  });
});
