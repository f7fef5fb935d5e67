import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { TASKS } from "../fixtures/http-app.ts";
import { mountReadOnly } from "../fixtures/mounts.ts";
import { BUN, denoAllowed } from "../fixtures/runtimes.ts";
import { type Home, newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const RUNTIMES = [
  ["Bun", BUN],
  ["Deno", denoAllowed()],
] as const;

let home: Home;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  home = newHome();
  copyFileSync(await clip({ seconds: 2 }), join(home.media, "in.mp4"));
  const long = { width: 1280, height: 720, rate: "30", seconds: 12 } as const;
  copyFileSync(await clip(long), join(home.media, "long.mp4"));
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningService> {
  const service = await startService(home, env, command);
  undo.push(() => service.stop("SIGKILL"));
  return service;
}

const request = (target: string, source_url = "in.mp4") => ({
  source: { source_url },
  profile_name: "video_mp4_320x240_240kbps",
  targets: [{ target_url: `out/${target}` }],
});

const done = (service: RunningService, id: string) =>
  service.until(id, ({ task_status }) => task_status === "SUCCESS");

const setFilesMax = (pid: number, count: number): void =>
  void execFileSync("prlimit", ["--pid", String(pid), `--nofile=${count}:`]);

/** Leaves a process so many file descriptors beside those that it has open. */
function leaveFiles(pid: number, count: number): void {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let free = 0; free < count; limit += 1) if (!open.has(limit)) free += 1;
  setFilesMax(pid, limit);
}

describe("a service that has no file descriptors left", () => {
  // On Bun alone: Deno 2.9.6 itself may panic where it has none left.
  test("answers, and tries its task again until it has some", async () => {
    // Runs that fail for the host's fault are not counted.
    const service = await start(BUN, { PONTUS_ATTEMPTS_MAX: "2" });
    await done(service, await service.create(request("first.mp4")));
    // Enough for a call, and not for the pipes of a program.
    leaveFiles(service.pid, 3);
    const id = await service.create(request("second.mp4"));
    const failed = await service.until(id, ({ attempts }) => attempts[1]?.error !== undefined);
    for (const { error } of failed.attempts)
      expect(error?.detail).toMatch(/^Cannot .+: the host has no file descriptors left$/);
    expect(failed.task_status).toBe("PENDING");
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    setFilesMax(service.pid, 1024);
    expect((await done(service, id)).attempt).toBeGreaterThan(2);
  });
});

describe.each(RUNTIMES)("a service on %s whose database cannot be written", (_, command) => {
  test("answers so, and goes on with its tasks at its next start", async () => {
    const first = await start(command, { PONTUS_CONCURRENCY: "0" });
    const id = await first.create(request("a.mp4"));
    await first.stop();
    const unmount = mountReadOnly(join(home.data, "pontus.db"));
    if (!unmount) return;
    undo.push(unmount);
    const service = await startService(home, {}, command, "/healthz");
    undo.push(() => service.stop("SIGKILL"));
    const created = await service.call(TASKS, { body: request("b.mp4") });
    expect(created.status).toBe(503);
    expect(created.headers.get("Retry-After")).toMatch(/^\d+$/);
    expect(await created.json()).toMatchObject({ error: { code: "ServiceUnavailable" } });
    const readiness = await fetch(`${service.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      checks: { store: { ok: false, detail: "Cannot use the database: it cannot be written" } },
    });
    expect(await service.stop()).toBe(0);
    for (const step of undo.splice(0).reverse()) await step();
    await done(await start(command), id);
  });
});

/** Debian has a library for each kind of processor. */
const FAKETIME = readdirSync("/usr/lib", { encoding: "utf8" })
  .map((kind) => join("/usr/lib", kind, "faketime", "libfaketime.so.1"))
  .find((path) => existsSync(path));

const JUMPS = [
  ["back", "-3600"],
  ["forward", "+3600"],
] as const;

describe.each(RUNTIMES)("on %s, a service whose clock", (_, command) => {
  test.each(JUMPS)(
    "is set %s by an hour goes on with its run and takes up others",
    async (_, by) => {
      const clock = join(home.media, "..", "clock");
      writeFileSync(clock, "+0");
      const service = await start(command, {
        LD_PRELOAD: FAKETIME ?? "",
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: "1",
        // As where a clock is set: timers go on.
        DONT_FAKE_MONOTONIC: "1",
        PONTUS_CLOCK_SKEW_SECONDS: "7200",
      });
      const createTime = async (id: string) => Date.parse((await service.task(id)).create_time);
      const id = await service.create(request("long.mp4", "long.mp4"));
      await service.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > 0);
      writeFileSync(clock, by);
      const next = await service.create(request("next.mp4"));
      expect(Math.abs((await createTime(next)) - (await createTime(id)))).toBeGreaterThan(
        3_000_000,
      );
      for (const each of [id, next]) expect((await done(service, each)).attempt).toBe(1);
    },
  );
});
