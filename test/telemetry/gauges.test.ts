import { expect, setDefaultTimeout, test } from "bun:test";
import { type GaugeSources, watchGauges } from "../../src/telemetry/gauges.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { eventually } from "../fixtures/service.ts";

// Waiting is patient on a busy machine.
setDefaultTimeout(60_000);

/** What is scraped of a service that stands so. */
async function scrape(changes: Partial<GaugeSources> = {}) {
  const metrics = new Metrics();
  let [counted, clockMs] = [0, 0];
  const refresh = watchGauges(
    metrics,
    {
      queue: {
        depth: async () => {
          counted += 1;
          return { pending: 3, running: 1 };
        },
        oldestDueMs: async () => 4_000,
      },
      intake: { isOpen: () => true },
      worker: () => ({ running: 1, slots: 4 }),
      now: () => 10_000,
      ...changes,
    },
    {
      build: { version: "1.2.3", runtime: "bun 1" },
      folders: [
        ["data", "/d"],
        ["media_1", "/m"],
      ],
      spaceOf: async (folder) => (folder === "/d" ? { freeBytes: 1, totalBytes: 10 } : undefined),
    },
    () => clockMs,
  );
  await Promise.all([refresh(), refresh()]);
  await refresh();
  const read = async (sample: string) => {
    const text = await metrics.registry.metrics();
    const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
  /** Asks again, later. */
  const again = async () => {
    clockMs += 1_001;
    await refresh();
  };
  return { read, counted: () => counted, again };
}

test("the numbers of now are looked up when somebody asks, and not again for who asks at once", async () => {
  const { read, counted } = await scrape();
  expect(await read('pontus_tasks{status="PENDING"}')).toBe(3);
  expect(await read('pontus_tasks{status="RUNNING"}')).toBe(1);
  expect(await read("pontus_oldest_pending_seconds")).toBe(6);
  expect(await read("pontus_slots")).toBe(4);
  expect(await read("pontus_slots_in_use")).toBe(1);
  expect(await read("pontus_intake_open")).toBe(1);
  expect(await read("pontus_store_up")).toBe(1);
  expect(await read('pontus_disk_free_bytes{disk="data"}')).toBe(1);
  expect(await read('pontus_disk_size_bytes{disk="data"}')).toBe(10);
  expect(await read('pontus_disk_free_bytes{disk="media_1"}')).toBeUndefined();
  expect(await read('pontus_build_info{version="1.2.3",runtime="bun 1"}')).toBe(1);
  expect(await read("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(await read("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(await read("process_open_fds")).toBeGreaterThan(2);
  expect(await read("process_start_time_seconds")).toBeLessThan(Date.now() / 1000);
  expect(counted()).toBe(1);
});

test("a store that cannot be read gives no old numbers", async () => {
  let isLocked = false;
  const orFail = async <T>(value: T): Promise<T> => {
    if (isLocked) throw new Error("locked");
    return value;
  };
  const { read, again } = await scrape({
    queue: {
      depth: () => orFail({ pending: 3, running: 1 }),
      oldestDueMs: () => orFail(4_000),
    },
  });
  expect(await read('pontus_tasks{status="PENDING"}')).toBe(3);
  isLocked = true;
  await again();
  expect(await read("pontus_store_up")).toBe(0);
  expect(await read('pontus_tasks{status="PENDING"}')).toBeUndefined();
  expect(await read("pontus_oldest_pending_seconds")).toBeUndefined();
  expect(await read("pontus_slots")).toBe(4);
});

test("before tasks are taken up there are no slots, and where none waits nobody waits", async () => {
  const { read } = await scrape({
    worker: () => undefined,
    intake: { isOpen: () => false },
    queue: { depth: async () => ({ pending: 0, running: 0 }), oldestDueMs: async () => undefined },
  });
  expect(await read("pontus_slots")).toBe(0);
  expect(await read("pontus_intake_open")).toBe(0);
  expect(await read("pontus_oldest_pending_seconds")).toBe(0);
});

test("a turn of the event loop that takes long is told as its lag", async () => {
  const { read, again } = await scrape();
  // Longer than the time between two looks: whenever the last one was, the next is at least 0.15 s late.
  Bun.sleepSync(400);
  const lag = await eventually(async () => {
    await again();
    const seconds = (await read("pontus_event_loop_lag_seconds")) ?? 0;
    return seconds > 0.1 ? seconds : undefined;
  });
  expect(lag).toBeLessThan(60);
});
