import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { clip } from "../fixtures/clips.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let service: RunningService;

beforeAll(async () => {
  service = await startService();
  const { media } = service.home;
  copyFileSync(await clip({ seconds: 2, width: 640, height: 360 }), join(media, "in.mp4"));
  copyFileSync(await clip({ seconds: 2, audio: false }), join(media, "silent.mp4"));
});

afterAll(async () => {
  await service.stop();
});

const url = (name: string) => pathToFileURL(join(service.home.media, name)).href;
const read = (name: string) => readFileSync(join(service.home.media, name));

function probe(name: string): Record<string, unknown>[] {
  const json = execFileSync(
    "ffprobe",
    ["-v", "error", "-show_streams", "-of", "json", join(service.home.media, name)],
    { encoding: "utf8" },
  );
  return (JSON.parse(json) as { streams: Record<string, unknown>[] }).streams;
}

describe("the document's examples", () => {
  test("POST with one source and two targets, and GET until SUCCESS", async () => {
    const body = {
      source: { source_url: url("in.mp4") },
      profile_name: "video_mp4_1280x720_1728kbps",
      targets: [{ target_url: url("sample_out0.mp4") }, { target_url: url("sample_out1.mp4") }],
    };
    const created = await service.call("/api/v1/task/transcoding", { body });
    expect(created.status).toBe(200);
    expect(created.headers.get("content-type")).toBe("application/json;charset=UTF-8");
    expect(created.headers.get("cache-control")).toBe("no-cache");
    const { task_id } = (await created.json()) as { task_id: string };
    await service.until(task_id, hasEnded);

    // As in the document, the task is asked for under the other version.
    const answer = await service.call(`/api/v0/task/transcoding/${task_id}`);
    const task = (await answer.json()) as Record<string, unknown>;
    expect(task).toMatchObject({
      task_id,
      source: body.source,
      profile_name: body.profile_name,
      task_status: "SUCCESS",
      engine: "native",
      attempt: 1,
      targets: body.targets.map(({ target_url }) => ({
        target_url,
        target_status: "SUCCESS",
        output: {
          container: "mp4",
          video: { codec: "h264", width: 1280, height: 720, framerate: 25 },
          audio: { codec: "aac", channels: 2, samplerate_hz: 48000 },
        },
      })),
    });
    expect(task).not.toHaveProperty("error");
    expect(task["progress"]).toMatchObject({ phase: "DELIVERING", percent: 100 });
    for (const key of ["create_time", "start_time", "end_time"])
      expect(task[key]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(read("sample_out0.mp4").equals(read("sample_out1.mp4"))).toBe(true);
    expect(probe("sample_out0.mp4").map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
  });
});

describe("renditions", () => {
  const cases = [
    ["video_flv_640x360_520kbps", "r/a.flv", ["h264", "aac"]],
    ["video_mpegts_320x240_240kbps", "r/a.ts", ["h264", "aac"]],
    ["video_mov_320x240_240kbps", "r/a.mov", ["h264", "aac"]],
    ["video_mkv_320x240_240kbps", "r/a.mkv", ["h264", "aac"]],
    ["video_webm_vp9_320x240_240kbps", "r/a.webm", ["vp9", "opus"]],
    ["video_mp4_h265_320x240_240kbps", "r/h265.mp4", ["hevc", "aac"]],
    ["video_flv_transmux", "r/copy.flv", ["h264", "aac"]],
    ["video_hls_320x240_240kbps", "r/set.m3u8", ["h264", "aac"]],
    ["video_hls_transmux", "r/copy.m3u8", ["h264", "aac"]],
    ["audio_mp3_128kbps", "r/a.mp3", ["mp3"]],
    ["audio_m4a_128kbps", "r/a.m4a", ["aac"]],
    ["audio_hls_128kbps", "r/sound.m3u8", ["aac"]],
  ] as const;

  test.each(cases)("%s", async (profile_name, target_url, codecs) => {
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name,
      targets: [{ target_url }],
    });
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(2, 0);
    expect(probe(target_url).map(({ codec_name }) => codec_name)).toEqual([...codecs]);
  });

  test("several meet several targets pairwise, and a target's own profile wins", async () => {
    const qlty = (width: number) => ({
      container: "mp4",
      bitrate: "300000",
      width,
      audio_bitrate: 64000,
    });
    const profile = {
      profile_name: "pair",
      description: "two sizes",
      qlties: [qlty(320), qlty(160)],
    };
    expect((await service.call("/api/v1/profile", { body: profile })).status).toBe(200);
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "pair",
      targets: [
        { target_url: "pair/wide.mp4" },
        { target_url: "pair/sound.mp3", profile_name: "audio_mp3_128kbps" },
        { target_url: "pair/narrow.mp4" },
      ],
    });
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets.map(({ output }) => output?.video?.width)).toEqual([320, undefined, 160]);
  });

  test("a source without sound makes an output without sound", async () => {
    const id = await service.create({
      source: { source_url: "silent.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: "silent-out.mp4" }],
    });
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(probe("silent-out.mp4").map(({ codec_type }) => codec_type)).toEqual(["video"]);
  });

  test("a clip is as long as it was asked for", async () => {
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      clip: { start_seconds: 0.5, duration_seconds: 1 },
      targets: [{ target_url: "clip.mp4" }],
    });
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(1, 1);
  });

  test("is cut where the header says that there is nothing, and the packets hold it", async () => {
    const bytes = Buffer.from(readFileSync(await clip({ seconds: 4, container: "flv" })));
    // FLV's metadata: the name, the mark of a number, the number.
    const at = bytes.indexOf("duration") + "duration".length;
    expect([bytes[at], bytes.readDoubleBE(at + 1)]).toEqual([0, expect.closeTo(4, 1)]);
    bytes.writeDoubleBE(1.5, at + 1);
    writeFileSync(join(service.home.media, "short.flv"), bytes);
    const create = (start_seconds: number) =>
      service.create({
        source: { source_url: "short.flv" },
        profile_name: "video_mp4_320x240_240kbps",
        clip: { start_seconds, duration_seconds: 1 },
        targets: [{ target_url: `short-${start_seconds}.mp4` }],
      });
    const task = await service.until(await create(2.5), hasEnded);
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(1, 1);
    const beyond = await service.until(await create(5), hasEnded);
    expect(beyond.error?.detail).toContain("ends at 4");
  });
});

describe("targets", () => {
  test("one that cannot be written fails alone, the other is delivered", async () => {
    writeFileSync(join(service.home.media, "plain"), "a file, no folder");
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: "plain/below.mp4" }, { target_url: "beside.mp4" }],
    });
    const task = await service.until(id, hasEnded);
    expect(task.task_status).toBe("FAILED");
    expect(task.error?.code).toBe("OutputNotSupported");
    expect(task.targets.map(({ target_status }) => target_status)).toEqual(["FAILED", "SUCCESS"]);
    expect(task.targets[0]?.error?.code).toBe("OutputNotSupported");
    expect(probe("beside.mp4")).toHaveLength(2);
  });

  test("a name that contradicts its container is told as a warning", async () => {
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: "named.webm" }, { target_url: "named.mp4" }],
    });
    const task = await service.until(id, hasEnded);
    expect(task.task_status).toBe("SUCCESS");
    expect(task.warnings?.map(({ code }) => code)).toEqual(["target_name"]);
    expect(task.warnings?.[0]?.message).toContain('target 0 ends in ".webm"');
  });

  test("an existing file is replaced, and no other appears beside it", async () => {
    mkdirSync(join(service.home.media, "again"));
    writeFileSync(join(service.home.media, "again/out.mp4"), "old");
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: "again/out.mp4" }],
    });
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(readdirSync(join(service.home.media, "again"))).toEqual(["out.mp4"]);
    expect(probe("again/out.mp4")).toHaveLength(2);
  });
});
