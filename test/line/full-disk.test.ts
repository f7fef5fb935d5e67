import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
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

/** A service whose store and scratch share a disk of 6 MiB, with a source that is larger. */
async function onSmallDisk(): Promise<RunningService | undefined> {
  const home = newHome();
  mkdirSync(home.data);
  const unmount = mountTmpfs(home.data, "size=6m");
  if (!unmount) return undefined;
  undo.push(unmount);
  const noise = ["-vf", "noise=alls=60:allf=t", "-b:v", "20M", "-minrate", "20M"];
  const large = await clip({ width: 640, height: 360, seconds: 6, args: noise });
  copyFileSync(large, join(home.media, "large.mp4"));
  copyFileSync(await clip(), join(home.media, "small.mp4"));
  const service = await startService(home, { PONTUS_ATTEMPTS_MAX: "2" });
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

  test("is full for a while: the service says that it is not ready, and then goes on", async () => {
    const service = await onSmallDisk();
    if (!service) return;
    const filler = join(service.home.data, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(8 << 20))).toThrow("ENOSPC");
    // The log of the store has some room of its own; once that is used up, nothing can be written.
    const refused = await eventually(async () => {
      const answer = await service.call("/api/v1/task/transcoding", { body: request("small.mp4") });
      return answer.status === 503 ? answer : undefined;
    });
    expect(await refused.json()).toMatchObject({ error: { code: "ServiceUnavailable" } });
    const readiness = await fetch(`${service.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      ready: false,
      checks: { store: { ok: false } },
    });
    rmSync(filler);
    await eventually(async () => ((await fetch(`${service.url}/readyz`)).ok ? true : undefined));
    const body = { ...request("small.mp4"), targets: [{ target_url: "after.mkv" }] };
    const id = await service.create(body);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
  });
});
