import { readdir } from "node:fs/promises";
import { type DeviceNumbers, deviceNumbers } from "./device-numbers.ts";
import type { Metrics } from "./metrics.ts";

/** What is asked for its numbers. */
export type GaugeSources = {
  readonly queue: {
    readonly depth: () => Promise<{ readonly pending: number; readonly running: number }>;
    readonly oldestDueMs: () => Promise<number | undefined>;
  };
  readonly intake: { readonly isOpen: () => boolean };
  /** Undefined until tasks are taken up. */
  readonly worker: () =>
    | { readonly running: number; readonly slots: number; readonly hardware?: DeviceNumbers }
    | undefined;
  readonly now: () => number;
};

/** What is the same as long as the process lives. */
export type GaugeFacts = {
  readonly build: { readonly version: string; readonly runtime: string };
  /** The disks, each by its name and a folder on it. */
  readonly folders: readonly (readonly [name: string, folder: string])[];
  readonly spaceOf: (
    folder: string,
  ) => Promise<{ readonly freeBytes: number; readonly totalBytes: number } | undefined>;
};

/** Whoever asks again within this gets the same numbers: anybody may ask, and counting takes a while. */
const FRESH_MS = 1_000;
/** How often it is looked how late a timer comes. */
const LAG_LOOK_MS = 250;

/**
 * Looks up, when somebody asks, what is not counted as it happens.
 *
 * @param clockMs - tells how long it is since it was asked last
 * @returns what does that
 */
export function watchGauges(
  metrics: Metrics,
  sources: GaugeSources,
  facts: GaugeFacts,
  clockMs: () => number = () => performance.now(),
): () => Promise<void> {
  metrics
    .gauge("pontus_build_info", "What runs, always 1", ["version", "runtime"])
    .set(facts.build, 1);
  const looks = [
    workGauges(metrics, sources),
    deviceNumbers(metrics, () => sources.worker()?.hardware),
    diskGauges(metrics, facts),
    processNumbers(metrics),
    lagGauge(metrics),
  ];
  let asked: { readonly atMs: number; readonly done: Promise<void> } | undefined;
  return async () => {
    const atMs = clockMs();
    if (!asked || atMs - asked.atMs > FRESH_MS) {
      const done = Promise.all(looks.map((look) => look())).then(() => {});
      asked = { atMs, done };
    }
    await asked.done;
  };
}

function workGauges(metrics: Metrics, { queue, intake, worker: find, now }: GaugeSources) {
  const tasks = metrics.gauge(
    "pontus_tasks",
    "Tasks in the store that wait (PENDING) or run (RUNNING)",
    ["status"],
  );
  const oldest = metrics.gauge(
    "pontus_oldest_pending_seconds",
    "How long the oldest task that is due has waited; 0 if none is",
  );
  const readable = metrics.gauge("pontus_store_up", "Whether the store could be read, 1 or 0");
  const slots = metrics.gauge("pontus_slots", "How many tasks may run here at once");
  const used = metrics.gauge("pontus_slots_in_use", "How many tasks run here");
  const open = metrics.gauge("pontus_intake_open", "Whether new tasks are taken, 1 or 0");
  return async (): Promise<void> => {
    const worker = find();
    slots.set(worker?.slots ?? 0);
    used.set(worker?.running ?? 0);
    open.set(Number(intake.isOpen()));
    try {
      const { pending, running } = await queue.depth();
      const oldestMs = await queue.oldestDueMs();
      tasks.set({ status: "PENDING" }, pending);
      tasks.set({ status: "RUNNING" }, running);
      oldest.set(oldestMs === undefined ? 0 : Math.max(0, now() - oldestMs) / 1000);
      readable.set(1);
    } catch {
      // Old numbers would look like true ones.
      tasks.reset();
      oldest.remove();
      readable.set(0);
    }
  };
}

function diskGauges(metrics: Metrics, { folders, spaceOf }: GaugeFacts) {
  const free = metrics.gauge("pontus_disk_free_bytes", "What is free on a disk", ["disk"]);
  const size = metrics.gauge("pontus_disk_size_bytes", "How large a disk is", ["disk"]);
  return async (): Promise<void> => {
    for (const [name, folder] of folders) {
      const space = await spaceOf(folder);
      if (!space) continue;
      free.set({ disk: name }, space.freeBytes);
      size.set({ disk: name }, space.totalBytes);
    }
  };
}

/** Numbers of the process by the names that Prometheus has for them. */
function processNumbers(metrics: Metrics) {
  const memory = metrics.gauge("process_resident_memory_bytes", "Resident memory size in bytes");
  const started = metrics.gauge(
    "process_start_time_seconds",
    "Start time of the process since the epoch in seconds",
  );
  const files = metrics.gauge("process_open_fds", "Number of open file descriptors");
  const cpu = metrics.counter("process_cpu_seconds_total", "User and system CPU time in seconds");
  started.set(Date.now() / 1000 - process.uptime());
  let countedSeconds = 0;
  return async (): Promise<void> => {
    memory.set(process.memoryUsage().rss);
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    cpu.inc(Math.max(0, seconds - countedSeconds));
    countedSeconds = seconds;
    // Only Linux has it, and Deno may not permit to read it.
    const open = await readdir("/proc/self/fd").catch(() => undefined);
    if (open) files.set(open.length);
  };
}

/** How late a timer came at worst since the last look: what every call waits for at least. */
function lagGauge(metrics: Metrics) {
  const lag = metrics.gauge(
    "pontus_event_loop_lag_seconds",
    "How late a timer came at worst since this was last asked for",
  );
  let worstMs = 0;
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    worstMs = Math.max(worstMs, nowMs - lastMs - LAG_LOOK_MS);
    lastMs = nowMs;
  }, LAG_LOOK_MS).unref();
  return async (): Promise<void> => {
    lag.set(worstMs / 1000);
    worstMs = 0;
  };
}
