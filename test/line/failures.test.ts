import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isAlive } from "../../src/lib/process-identity.ts";
import { clip, ffmpeg, tempFolder } from "../fixtures/clips.ts";
import {
  encodersOf,
  eventually,
  hasEnded,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SECRET = "another tenant's secret line";

let service: RunningService;
let media: string;

beforeAll(async () => {
  service = await startService(undefined, {
    PONTUS_STALL_TIMEOUT_SECONDS: "2",
    PONTUS_STOP_GRACE_SECONDS: "1",
    PONTUS_ATTEMPTS_MAX: "1",
  });
  media = service.home.media;
  await makeSources();
});

afterAll(async () => {
  await service.stop();
});

async function makeSources(): Promise<void> {
  const file = (name: string) => join(media, name);
  const good = readFileSync(await clip({ seconds: 4 }));
  const front = readFileSync(await clip({ seconds: 4, args: ["-movflags", "+faststart"] }));
  writeFileSync(file("text.mp4"), "this is a text and no film\n".repeat(200));
  writeFileSync(file("empty.mp4"), "");
  writeFileSync(file("no-moov.mp4"), good.subarray(0, good.length >> 1));
  writeFileSync(file("truncated.mp4"), front.subarray(0, Math.floor(front.length * 0.6)));
  const garbage = Buffer.from(front);
  garbage.fill(0xa5, Math.floor(front.length * 0.3), Math.floor(front.length * 0.9));
  writeFileSync(file("garbage.mp4"), garbage);
  await ffmpeg(["-f", "lavfi", "-i", "testsrc2=s=320x180", "-frames:v", "1", file("picture.jpg")]);
  copyFileSync(file("picture.jpg"), file("jpeg.mp4"));
  copyFileSync(await clip({ video: false, container: "m4a" }), file("sound.m4a"));
  writeFileSync(file("secret.txt"), `${SECRET}\n`.repeat(50));
  writeFileSync(
    file("hls.mp4"),
    `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n${file("secret.txt")}\n#EXT-X-ENDLIST\n`,
  );
  writeFileSync(file("concat.mp4"), `ffconcat version 1.0\nfile '${file("secret.txt")}'\n`);
  copyFileSync(await clip({ width: 1280, height: 720, rate: "30", seconds: 20 }), file("long.mp4"));
  mkdirSync(file("folder.mp4"));
}

const request = (source_url: string, target_url = `out/${source_url}`) => ({
  source: { source_url },
  profile_name: "video_mp4_640x360_520kbps",
  targets: [{ target_url }],
});

describe("a source that cannot be used", () => {
  const cases = [
    ["text.mp4", "InvalidInputData"],
    ["empty.mp4", "InvalidInputData"],
    ["no-moov.mp4", "InvalidInputData"],
    ["truncated.mp4", "InvalidInputData"],
    ["garbage.mp4", "InvalidInputData"],
    ["jpeg.mp4", "InputNotSupported"],
    ["hls.mp4", "InputNotSupported"],
    ["concat.mp4", "InputNotSupported"],
    ["sound.m4a", "InputNotSupported"],
    ["folder.mp4", "ParameterError"],
    ["missing.mp4", "ParameterError"],
  ] as const;

  test.each(cases)("%s ends as %s, and nothing is delivered", async (source, code) => {
    const id = await service.create(request(source));
    const task = await service.until(id, hasEnded);
    expect(task).toMatchObject({ task_status: "FAILED", error: { code }, attempt: 1 });
    expect(task.error?.detail).toMatch(/\w+ .*[^.]$/);
    expect(task.targets[0]?.target_status).toBe("FAILED");
    expect(JSON.stringify(task)).not.toContain(SECRET);
    expect(service.log()).not.toContain(SECRET);
    expect(() => statSync(join(media, `out/${source}`))).toThrow("ENOENT");
  });
});

describe("an encoder", () => {
  const encoder = () => eventually(() => encodersOf(service.home).find(isAlive));

  test("that is killed fails the task as InternalError", async () => {
    const id = await service.create(request("long.mp4"));
    await service.until(id, (task) => (task.progress?.out_time_seconds ?? 0) > 0);
    process.kill((await encoder()).pid, "SIGKILL");
    const task = await service.until(id, hasEnded);
    expect(task.error?.code).toBe("InternalError");
    expect(task.error?.detail).toContain("SIGKILL");
  });

  test("that hangs is ended, and the task fails as TimeOut", async () => {
    const id = await service.create(request("long.mp4"));
    await service.until(id, (task) => (task.progress?.out_time_seconds ?? 0) > 0);
    const hung = await encoder();
    process.kill(hung.pid, "SIGSTOP");
    const task = await service.until(id, hasEnded);
    expect(task.error?.code).toBe("TimeOut");
    expect(isAlive(hung)).toBe(false);
  });
});

describe("an address", () => {
  test("that leads out of the media roots by a link is AccessDenied, also when the link comes later", async () => {
    const outside = tempFolder();
    copyFileSync(await clip(), join(outside, "in.mp4"));
    symlinkSync(outside, join(media, "way-out"));
    for (const body of [
      request("way-out/in.mp4", "o.mp4"),
      request("text.mp4", "way-out/o.mp4"),
      request("../in.mp4", "o.mp4"),
      request("text.mp4", "file:///etc/pontus.mp4"),
    ]) {
      const answer = await service.call("/api/v1/task/transcoding", { body });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ error: { code: "AccessDenied" } });
    }
    expect(readdirSync(outside)).toEqual(["in.mp4"]);
  });

  test.each([
    ["mms://127.0.0.1/live/a", "o.mp4", "InputNotSupported"],
    ["text.mp4", "mms://127.0.0.1/live/a", "OutputNotSupported"],
    ["text.mp4", "s3://bucket/a.mp4", "OutputNotSupported"],
  ])("of another scheme is refused at once: %s → %s", async (source, target, code) => {
    const answer = await service.call("/api/v1/task/transcoding", {
      body: request(source, target),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });
});
