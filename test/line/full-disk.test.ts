import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { mountTmpfs } from "../fixtures/mounts.ts";
import {
  eventually,
  hasEnded,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A service whose store and scratch share a disk, usually of 6 MiB, with a source that is larger. */
async function onSmallDisk(
  env: Readonly<Record<string, string>> = {},
  size = "6m",
): Promise<RunningService | undefined> {
  const home = newHome();
  mkdirSync(home.data);
  const unmount = mountTmpfs(home.data, `size=${size}`);
  if (!unmount) return undefined;
  undo.push(unmount);
  const noise = ["-vf", "noise=alls=60:allf=t", "-b:v", "20M", "-minrate", "20M"];
  const large = await clip({ width: 640, height: 360, seconds: 6, args: noise });
  copyFileSync(large, join(home.media, "large.mp4"));
  copyFileSync(await clip(), join(home.media, "small.mp4"));
  const service = await startService(home, {
    PONTUS_ATTEMPTS_MAX: "2",
    PONTUS_RETRY_MAX_SECONDS: "0",
    ...env,
  });
  undo.push(() => service.stop());
  return service;
}

const request = (source_url: string) => ({
  source: { source_url },
  profile_name: "video_mkv_transmux",
  targets: [{ target_url: `out/${source_url}.mkv` }],
});

describe("a disk that store and scratch share", () => {
  test("is full with one task, and that is what the task tells", async () => {
    const service = await onSmallDisk();
    if (!service) return;
    const id = await service.create(request("large.mp4"));
    const task = await service.until(id, hasEnded);
    expect(task.error).toMatchObject({ code: "InternalError" });
    expect(task.error?.detail).toContain("disk is full");
    expect(task.attempts.map(({ error }) => error?.detail?.includes("disk is full"))).toEqual([
      true,
      true,
    ]);
    // What took the space is gone: others go on.
    const next = await service.create(request("small.mp4"));
    await service.until(next, ({ task_status }) => task_status === "SUCCESS");
  });

  test("is full for a while: nothing new begins, what is known goes on, and then all does", async () => {
    // The reserve is 2 % of it: of 6 MiB that is what some creates take, which come before the next look at the disk.
    const service = await onSmallDisk({}, "40m");
    if (!service) return;
    const { data } = service.home;
    // The service keeps some space for its store.
    const reserve = join(data, "pontus.db-reserve");
    await eventually(() => existsSync(reserve) || undefined);
    const filler = join(data, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(48 << 20))).toThrow("ENOSPC");
    const refused = await eventually(async () => {
      const answer = await service.call("/api/v1/task/transcoding", { body: request("small.mp4") });
      return answer.status === 503 ? answer : undefined;
    });
    expect(refused.headers.get("Retry-After")).toMatch(/^\d+$/);
    expect(await refused.json()).toMatchObject({ error: { code: "ServiceUnavailable" } });
    const readiness = await fetch(`${service.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      ready: false,
      checks: {
        disk: {
          ok: false,
          detail: expect.stringMatching(
            /^\S+ MiB are free on the disk of the data folder, and 2.0 MiB are needed$/,
          ),
        },
      },
    });
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    // The store takes more writes than its log had room for: each call uses its nonce.
    for (let calls = 0; calls < 50; calls += 1)
      expect((await service.call("/api/v1/task/transcoding")).status).toBe(200);
    rmSync(filler);
    await eventually(async () => ((await fetch(`${service.url}/readyz`)).ok ? true : undefined));
    await eventually(() => existsSync(reserve) || undefined);
    const body = { ...request("small.mp4"), targets: [{ target_url: "after.mkv" }] };
    const id = await service.create(body);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
  });

  test("is nearly full while a task runs: its run is ended before the last byte is gone, and tried again", async () => {
    const service = await onSmallDisk({}, "160m");
    if (!service) return;
    const { data, media } = service.home;
    const long = { width: 1280, height: 720, rate: "30", seconds: 20 } as const;
    copyFileSync(await clip(long), join(media, "long.mp4"));
    const reserve = join(data, "pontus.db-reserve");
    await eventually(() => existsSync(reserve) || undefined);
    const id = await service.create({
      ...request("long.mp4"),
      profile_name: "video_mp4_640x360_520kbps",
    });
    await service.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > 0);
    const { bavail, bsize } = statfsSync(data);
    const filler = join(data, "filler");
    // Under a quarter of the watermark, and more than the whole output: it is the service that ends the run, however late it looks.
    writeFileSync(filler, Buffer.alloc(bavail * bsize - (1_900 << 10)));
    const ended = await service.until(id, ({ attempts }) => attempts[0]?.error !== undefined);
    expect(ended.task_status).toBe("PENDING");
    expect(ended.attempts[0]?.error).toMatchObject({
      code: "InternalError",
      detail: "Cannot go on: the disk is full",
    });
    rmSync(filler);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
  });

  test("is full of what a dead service left: the next start empties that before it opens the store", async () => {
    const service = await onSmallDisk({ PONTUS_CONCURRENCY: "0" });
    if (!service) return;
    const { home } = service;
    const id = await service.create(request("small.mp4"));
    await service.stop("SIGKILL");
    // The store needs space to open: for the index of its log, which a crash of the machine may take away.
    for (const name of ["pontus.db-shm", "pontus.db-reserve"])
      rmSync(join(home.data, name), { force: true });
    const [instance = ""] = readdirSync(join(home.data, "scratch"));
    const left = join(home.data, "scratch", instance, "a-task-1");
    mkdirSync(left);
    expect(() => writeFileSync(join(left, "out.mp4"), Buffer.alloc(8 << 20))).toThrow("ENOSPC");
    const next = await startService(home);
    undo.push(() => next.stop());
    await next.until(id, ({ task_status }) => task_status === "SUCCESS");
  });

  test("is full of other things: the start says which folder has no room", async () => {
    const service = await onSmallDisk();
    if (!service) return;
    const { home } = service;
    await service.stop("SIGKILL");
    for (const name of ["pontus.db-shm", "pontus.db-wal", "pontus.db-reserve"])
      rmSync(join(home.data, name), { force: true });
    expect(() => writeFileSync(join(home.data, "filler"), Buffer.alloc(8 << 20))).toThrow("ENOSPC");
    await expect(startService(home)).rejects.toThrow(
      `Cannot write to the folder "${home.data}": its disk is full`,
    );
  });
});
