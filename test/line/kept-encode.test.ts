import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { hang, type MediaServer, startMediaServer, status } from "../fixtures/media-server.ts";
import {
  eventually,
  type Home,
  hasEnded,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let home: Home;
let service: RunningService;
let server: MediaServer;

const start = (env: Readonly<Record<string, string>> = {}) =>
  startService(home, { PONTUS_ATTEMPTS_MAX: "1", ...env });

beforeEach(async () => {
  home = newHome();
  server = await startMediaServer();
  copyFileSync(await clip({ seconds: 2 }), join(home.media, "in.mp4"));
});

afterEach(async () => {
  await service.stop("SIGKILL");
  await server.close();
});

const request = (target_urls: readonly string[], profile_name = "video_mp4_320x240_240kbps") => ({
  source: { source_url: "in.mp4" },
  profile_name,
  targets: target_urls.map((target_url) => ({ target_url })),
});

const keptFolder = () => join(home.data, "kept");
const kept = (): readonly string[] => (existsSync(keptFolder()) ? readdirSync(keptFolder()) : []);
/** How often a plan was made for a task: once for each run that encodes. */
const plansOf = (id: string): number => service.log().split(`Plan of task ${id}`).length - 1;

async function retry(id: string): Promise<void> {
  const answer = await service.call(`/api/v1/task/transcoding/${id}/retry`, { body: {} });
  expect(answer.status).toBe(200);
}

describe("a task with a target that fails", () => {
  test("is retried for what is missing alone, without its source and without encoding again", async () => {
    service = await start();
    server.next("/b.mp4", [status(403)]);
    const id = await service.create(request([server.url("/a.mp4"), server.url("/b.mp4")]));
    const failed = await service.until(id, hasEnded);
    expect(failed.targets.map(({ target_status }) => target_status)).toEqual(["SUCCESS", "FAILED"]);
    expect(kept()).toEqual([id]);
    rmSync(join(home.media, "in.mp4"));
    await retry(id);
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets[1]?.output).toEqual(task.targets[0]?.output);
    expect(server.files.get("/b.mp4")).toEqual(server.files.get("/a.mp4"));
    const paths = server.asked.map(({ path }) => path).sort();
    expect(paths).toEqual(["/a.mp4", "/b.mp4", "/b.mp4"]);
    expect(plansOf(id)).toBe(1);
    expect(service.log()).toContain("delivers what an earlier run has made");
    expect(kept()).toEqual([]);
  });

  test("keeps a set, too, and a restart loses nothing", async () => {
    service = await start();
    server.next("/set.m3u8", [status(403)]);
    const id = await service.create(
      request([server.url("/set.m3u8")], "video_hls_320x240_240kbps"),
    );
    await service.until(id, hasEnded);
    await service.stop();
    service = await start();
    await retry(id);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(plansOf(id)).toBe(0);
    const playlist = server.files.get("/set.m3u8")?.toString() ?? "";
    const segments = playlist.split("\n").filter((line) => line.endsWith(".ts"));
    expect(segments.length).toBeGreaterThan(0);
    for (const segment of segments) expect(server.files.has(`/${segment}`)).toBe(true);
  });

  test("is tried again by itself without encoding again", async () => {
    service = await start({ PONTUS_ATTEMPTS_MAX: "2" });
    server.next("/a.mp4", Array(4).fill(status(503)));
    const id = await service.create(request([server.url("/a.mp4")]));
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.attempt).toBe(2);
    expect(plansOf(id)).toBe(1);
  });

  test("found before the encode gets what was made for another", async () => {
    service = await start();
    copyFileSync(join(home.media, "in.mp4"), join(home.media, "occupied"));
    const id = await service.create(request(["occupied/b.mp4", server.url("/a.mp4")]));
    const failed = await service.until(id, hasEnded);
    expect(failed.targets.map(({ target_status }) => target_status)).toEqual(["FAILED", "SUCCESS"]);
    rmSync(join(home.media, "occupied"));
    await retry(id);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    const made = server.files.get("/a.mp4") ?? Buffer.of();
    expect(readFileSync(join(home.media, "occupied", "b.mp4")).equals(made)).toBe(true);
    expect(server.asked.map(({ path }) => path)).toEqual(["/a.mp4"]);
    expect(plansOf(id)).toBe(1);
    expect(kept()).toEqual([]);
  });

  test("encodes alone what was not kept", async () => {
    service = await start();
    copyFileSync(join(home.media, "in.mp4"), join(home.media, "occupied"));
    server.next("/a.mp4", [status(403)]);
    const other = { target_url: "occupied/b.mp3", profile_name: "audio_mp3_128kbps" };
    const one = request([server.url("/a.mp4")]);
    const id = await service.create({ ...one, targets: [...one.targets, other] });
    await service.until(id, hasEnded);
    const product = join(keptFolder(), id, "0");
    const made = readFileSync(join(product, readdirSync(product)[0] ?? ""));
    rmSync(join(home.media, "occupied"));
    await retry(id);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(server.files.get("/a.mp4")?.equals(made)).toBe(true);
    expect(existsSync(join(home.media, "occupied", "b.mp3"))).toBe(true);
    expect(plansOf(id)).toBe(2);
  });

  test.each([
    ["PONTUS_KEEP_ENCODE_SECONDS", "0"],
    ["PONTUS_KEEP_ENCODE_BYTES_MAX", "1000"],
  ])("keeps nothing with %s=%s, and encodes again", async (key, value) => {
    service = await start({ [key]: value });
    server.next("/a.mp4", [status(403)]);
    const id = await service.create(request([server.url("/a.mp4")]));
    await service.until(id, hasEnded);
    expect(kept()).toEqual([]);
    await retry(id);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(plansOf(id)).toBe(2);
  });
});

describe("a service that ends while it delivers", () => {
  test.each(["SIGKILL", "SIGTERM"] as const)(
    "by %s goes on with the encode it had",
    async (signal) => {
      service = await start({ PONTUS_ATTEMPTS_MAX: "3" });
      server.next("/a.mp4", [hang]);
      const id = await service.create(request([server.url("/a.mp4")]));
      await eventually(() => server.asked.length > 0 || undefined);
      await service.stop(signal);
      service = await start({ PONTUS_ATTEMPTS_MAX: "3" });
      await service.until(id, ({ task_status }) => task_status === "SUCCESS");
      expect(plansOf(id)).toBe(0);
      expect(kept()).toEqual([]);
    },
  );

  test("because its task was cancelled keeps nothing", async () => {
    service = await start();
    server.next("/a.mp4", [hang]);
    const id = await service.create(request([server.url("/a.mp4")]));
    await eventually(() => server.asked.length > 0 || undefined);
    await service.call(`/api/v1/task/transcoding/${id}/cancel`, { body: {} });
    await service.until(id, ({ task_status }) => task_status === "CANCELLED");
    expect(kept()).toEqual([]);
  });
});
