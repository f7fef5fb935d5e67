import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "../../src/lib/process-identity.ts";
import { clip } from "../fixtures/clips.ts";
import {
  encodersOf,
  eventually,
  type Home,
  newHome,
  type RunningService,
  standbysOf,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Long enough to be met while it is encoded, on a fast machine too. */
const LONG = { width: 1280, height: 720, rate: "30", seconds: 12 } as const;

const services: RunningService[] = [];

async function start(home: Home, env?: Readonly<Record<string, string>>): Promise<RunningService> {
  const service = await startService(home, env);
  services.push(service);
  return service;
}

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop("SIGKILL")));
});

async function homeWithLongClip(): Promise<Home> {
  const home = newHome();
  copyFileSync(await clip(LONG), join(home.media, "long.mp4"));
  return home;
}

const request = {
  source: { source_url: "long.mp4" },
  profile_name: "video_mp4_1280x720_1728kbps",
  targets: [{ target_url: "out/long.mp4" }],
};

/** Waits until the task is being encoded, and gives the encoder. */
async function encoderOf(service: RunningService, id: string): Promise<ProcessIdentity> {
  await service.until(id, (task) => (task.progress?.out_time_seconds ?? 0) > 0);
  return eventually(() => encodersOf(service.home).find(isAlive));
}

describe("a service that is killed", () => {
  test("leaves an encoder, which the next one ends before it runs the task again", async () => {
    const home = await homeWithLongClip();
    const first = await start(home);
    const id = await first.create(request);
    const orphan = await encoderOf(first, id);
    const standby = await eventually(() => standbysOf(home).find(isAlive));
    await first.stop("SIGKILL");
    expect(isAlive(orphan)).toBe(true);
    await eventually(() => (isAlive(standby) ? undefined : true));
    expect((await first.call("/healthz").catch(() => undefined))?.ok).toBeUndefined();

    const second = await start(home);
    expect(isAlive(orphan)).toBe(false);
    const task = await second.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.attempts.map(({ attempt, error }) => [attempt, error?.code])).toEqual([
      [1, "InternalError"],
      [2, undefined],
    ]);
    expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(LONG.seconds, 0);
    expect(readdirSync(join(home.data, "scratch"))).toHaveLength(1);
    expect(readdirSync(join(home.media, "out"))).toEqual(["long.mp4"]);
  });

  test("by one task again and again gives that task up after the last attempt", async () => {
    const home = await homeWithLongClip();
    const env = { PONTUS_ATTEMPTS_MAX: "2" };
    const first = await start(home, env);
    const id = await first.create(request);
    await encoderOf(first, id);
    await first.stop("SIGKILL");
    const second = await start(home, env);
    await second.until(id, ({ attempt, progress }) => attempt === 2 && progress !== undefined);
    await second.stop("SIGKILL");

    const third = await start(home, env);
    const task = await third.until(id, ({ task_status }) => task_status === "FAILED");
    expect(task.error?.code).toBe("InternalError");
    expect(task.error?.detail).toContain("worker");
    expect(task.attempts).toHaveLength(2);
    expect(existsSync(join(home.media, "out", "long.mp4"))).toBe(false);
    expect(encodersOf(home)).toEqual([]);
  });
});

describe("a service that is asked to stop", () => {
  test("ends its encoder, gives the task back and leaves nothing", async () => {
    const home = await homeWithLongClip();
    const first = await start(home, { PONTUS_ATTEMPTS_MAX: "1" });
    const id = await first.create(request);
    const encoder = await encoderOf(first, id);
    expect(await first.stop("SIGTERM")).toBe(0);
    expect(isAlive(encoder)).toBe(false);
    expect(readdirSync(join(home.data, "scratch"))).toEqual([]);

    // One attempt is all that is allowed, and a stop does not use it up.
    const second = await start(home, { PONTUS_ATTEMPTS_MAX: "1" });
    const task = await second.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});

describe("a task that is cancelled while it runs", () => {
  test("ends as CANCELLED, with its encoder gone and nothing published", async () => {
    const home = await homeWithLongClip();
    const service = await start(home);
    const id = await service.create(request);
    const encoder = await encoderOf(service, id);
    const answer = await service.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
    expect(answer.status).toBe(202);
    expect(((await answer.json()) as { cancel_requested: boolean }).cancel_requested).toBe(true);
    const task = await service.until(id, ({ task_status }) => task_status === "CANCELLED");
    expect(task.targets[0]?.target_status).toBe("CANCELLED");
    expect(task.error).toBeUndefined();
    expect(isAlive(encoder)).toBe(false);
    expect(readdirSync(join(home.media, "out"))).toEqual([]);
  });

  test("runs again when its client says retry", async () => {
    const home = await homeWithLongClip();
    const service = await start(home, { PONTUS_CONCURRENCY: "0" });
    const id = await service.create(request);
    const path = `/api/v1/task/transcoding/${id}`;
    expect((await service.call(`${path}/cancel`, { method: "POST" })).status).toBe(200);
    expect((await service.task(id)).task_status).toBe("CANCELLED");
    const retried = await service.call(`${path}/retry`, { method: "POST" });
    expect(retried.status).toBe(200);
    expect(((await retried.json()) as { task_status: string }).task_status).toBe("PENDING");
    await service.stop();
    const second = await start(home);
    await second.until(id, ({ task_status }) => task_status === "SUCCESS");
  });
});

describe("a task with a limit", () => {
  test("ends as TimeOut when it takes longer", async () => {
    const service = await start(await homeWithLongClip());
    const id = await service.create({ ...request, timeout_seconds: 1 });
    const task = await service.until(id, ({ task_status }) => task_status === "FAILED");
    expect(task.error).toMatchObject({ code: "TimeOut", message: "Task time out." });
    expect(task.attempts).toHaveLength(1);
  });
});
