import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isPartial, killInDelivery, largeClip } from "../fixtures/kill-delivery.ts";
import { hang } from "../fixtures/media-server.ts";
import { s3EnvOf, startS3Server } from "../fixtures/s3-server.ts";
import { keysBelow, openUploads } from "../fixtures/s3-storage.ts";
import {
  eventually,
  type Home,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

let home: Home;
const undo: (() => unknown)[] = [];

beforeEach(() => {
  home = newHome();
  mkdirSync(join(home.media, "out"));
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<RunningService> {
  const service = await startService(home, env);
  undo.push(() => service.stop("SIGKILL"));
  return service;
}

const isKept = (id: string): boolean => existsSync(join(home.data, "kept", id));

async function cancel(service: RunningService, id: string): Promise<void> {
  const answer = await service.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
  expect(answer.status).toBe(200);
  expect((await service.task(id)).task_status).toBe("CANCELLED");
}

describe("a task whose service was killed while it delivered", () => {
  test("leaves nothing beside its target, nor its encode, once it is cancelled", async () => {
    const { id, target } = await killInDelivery(home, start);
    const next = await start({ PONTUS_CONCURRENCY: "0" });
    await next.until(id, ({ task_status }) => task_status === "PENDING");
    expect([isPartial(home, target), isKept(id)]).toEqual([true, true]);
    await cancel(next, id);
    await eventually(() => (isPartial(home, target) || isKept(id) ? undefined : true));
    expect(existsSync(join(home.media, "out", target))).toBe(false);
  });

  test("leaves nothing beside its target where that was its last run, and is delivered when its client says retry", async () => {
    const env = { PONTUS_ATTEMPTS_MAX: "1" };
    const { id, target } = await killInDelivery(home, () => start(env));
    const next = await start(env);
    const failed = await next.until(id, ({ task_status }) => task_status === "FAILED");
    expect(failed.attempt).toBe(1);
    await eventually(() => !isPartial(home, target) || undefined);
    expect(isKept(id)).toBe(true);
    const answer = await next.call(`/api/v1/task/transcoding/${id}/retry`, { method: "POST" });
    expect(answer.status).toBe(200);
    await next.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(next.log().includes(`Plan of task ${id}`)).toBe(false);
    expect(readdirSync(join(home.media, "out"))).toContain(target);
  });

  test("leaves no upload in a bucket once it is cancelled", async () => {
    const server = await startS3Server();
    undo.push(() => server.close());
    copyFileSync(await largeClip(), join(home.media, "large.mp4"));
    server.next(({ method, query }) => method === "PUT" && query.has("partNumber"), [hang]);
    const killed = await start(s3EnvOf(server));
    const id = await killed.create({
      source: { source_url: "large.mp4" },
      profile_name: "video_mkv_transmux",
      targets: [{ target_url: `s3://${server.bucket}/out.mkv` }],
    });
    await eventually(
      () => server.asked.some((asked) => asked.includes("partNumber=")) || undefined,
    );
    await killed.stop("SIGKILL");
    const next = await start({ ...s3EnvOf(server), PONTUS_CONCURRENCY: "0" });
    await next.until(id, ({ task_status }) => task_status === "PENDING");
    expect(await openUploads(server, "")).toEqual(["out.mkv"]);
    await cancel(next, id);
    await eventually(async () => (await openUploads(server, "")).length === 0 || undefined);
    expect(await keysBelow(server, "")).toEqual([]);
    await eventually(() => !isKept(id) || undefined);
  });
});
