import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import {
  type Home,
  hasEnded,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let service: RunningService;

/** Starts the service where there is no ffmpeg to be found. */
const start = (command: readonly string[], home?: Home) =>
  startService(home, { PATH: tempFolder(), PONTUS_CONCURRENCY: "1" }, command);

async function fill({ media }: Home): Promise<void> {
  copyFileSync(await clip({ seconds: 2, width: 640, height: 360 }), join(media, "in.mp4"));
  copyFileSync(await clip({ seconds: 8 }), join(media, "eight.mp4"));
  copyFileSync(await clip({ seconds: 60, width: 640, height: 360 }), join(media, "long.mp4"));
  writeFileSync(join(media, "text.mp4"), "this is a text and no film\n".repeat(200));
}

function codecsOf(name: string): string[] {
  const path = join(service.home.media, name);
  const json = execFileSync("ffprobe", ["-v", "error", "-show_streams", "-of", "json", path]);
  const { streams } = JSON.parse(json.toString()) as { streams: { codec_name: string }[] };
  return streams.map(({ codec_name }) => codec_name);
}

const request = (profile_name: string, target_url: string, source_url = "in.mp4") => ({
  source: { source_url },
  profile_name,
  targets: [{ target_url }],
});

const engineDetail = async (): Promise<string> => {
  const answer = await fetch(`${service.url}/readyz`);
  return ((await answer.json()) as { checks: { engine: { detail: string } } }).checks.engine.detail;
};

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
] as const)("the service without ffmpeg on %s", (_, command) => {
  beforeAll(async () => {
    const home = newHome();
    await fill(home);
    service = await start(command, home);
  });

  afterAll(async () => {
    await service.stop();
  });

  test("says which engine it uses, and why", async () => {
    expect(await engineDetail()).toMatch(
      /^wasm: ffmpeg 5\.1\.4, as there is no native one \(Cannot start "ff\w+": .*\)$/,
    );
    expect(service.log()).toContain("Engine is wasm");
  });

  test("answers the document's request, for two targets, and delivers both", async () => {
    const targets = ["w/sample_out0.mp4", "w/sample_out1.mp4"];
    const id = await service.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_1280x720_1728kbps",
      targets: targets.map((target_url) => ({ target_url })),
    });
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    for (const { target_status, output } of task.targets) {
      expect(target_status).toBe("SUCCESS");
      expect(output?.video).toMatchObject({ codec: "h264", width: 1280, height: 720 });
    }
    for (const target of targets) expect(codecsOf(target)).toEqual(["h264", "aac"]);
  });

  test.each([
    ["video_mp4_320x240_240kbps", "w/a.mp4", ["h264", "aac"]],
    ["video_flv_320x240_240kbps", "w/a.flv", ["h264", "aac"]],
    ["video_webm_vp9_320x240_240kbps", "w/a.webm", ["vp9", "opus"]],
    ["video_hls_320x240_240kbps", "w/set.m3u8", ["h264", "aac"]],
    ["video_hls_transmux", "w/copy.m3u8", ["h264", "aac"]],
    ["video_flv_transmux", "w/copy.flv", ["h264", "aac"]],
    ["audio_mp3_128kbps", "w/a.mp3", ["mp3"]],
    ["video_dash_adaptive", "w/set.mpd", ["h264", "h264", "aac"]],
  ] as const)("makes %s", async (profile, target, codecs) => {
    const id = await service.create(request(profile, target));
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task).toMatchObject({ engine: "wasm", attempt: 1 });
    expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(2, 0);
    expect(codecsOf(target)).toEqual([...codecs]);
  });

  test("makes a picture of a moment", async () => {
    const id = await service.create(request("video_jpg_320x240_240kbps", "w/a.jpg"));
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets[0]?.output?.video).toMatchObject({ codec: "mjpeg", width: 320 });
  });

  test("encodes what is long enough in slices on several cores", async () => {
    const target = "w/sliced.m3u8";
    const body = request("video_hls_320x240_240kbps", target, "eight.mp4");
    const id = await service.create(body);
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(8, 0);
    expect(codecsOf(target)).toEqual(["h264", "aac"]);
    const planned = service
      .log()
      .split("\n")
      .find((line) => line.includes(`Plan of task ${id}`));
    expect(planned).toContain(availableParallelism() > 1 ? "slice-1.ts" : "encode");
  });

  test.each([
    ["h264", "mp4"],
    ["vp9", "webm"],
  ])("encodes %s in two passes", async (codec, container) => {
    const profile_name = `two-${codec}`;
    const qlty = {
      container,
      bitrate: "300000",
      rc_mode: "2passvbr",
      format: codec,
      width: 320,
      audio_bitrate: 64_000,
    };
    const profile = { profile_name, description: "two passes", qlties: [qlty] };
    const created = await service.call("/api/v1/profile", { body: profile });
    expect([created.status, await created.text()]).toEqual([200, expect.any(String)]);
    const target = `w/${profile_name}.${container}`;
    const id = await service.create(request(profile_name, target));
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(codecsOf(target)[0]).toBe(codec);
    const planned = service
      .log()
      .split("\n")
      .find((line) => line.includes(`Plan of task ${id}`));
    expect(planned).toContain("first pass");
  });

  test.each(["video_mp4_h265_320x240_240kbps", "video_mp4_av1_320x240_240kbps"])(
    "refuses %s when the task is created",
    async (profile) => {
      const body = request(profile, "w/never.mp4");
      const answer = await service.call("/api/v1/task/transcoding", { body });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        error: { code: "OutputNotSupported", message: expect.stringContaining("no encoder") },
      });
    },
  );

  test("says of a bad source what the native engine says", async () => {
    const id = await service.create(request("video_mp4_320x240_240kbps", "w/no.mp4", "text.mp4"));
    const task = await service.until(id, hasEnded);
    expect(task).toMatchObject({ task_status: "FAILED", error: { code: "InvalidInputData" } });
  });

  test("cancels a running task, and works on with no thread left over", async () => {
    const cancelled = await service.create(
      request("video_mp4_640x360_520kbps", "w/long.mp4", "long.mp4"),
    );
    await service.until(cancelled, (task) => (task.progress?.out_time_seconds ?? 0) > 0);
    const path = `/api/v1/task/transcoding/${cancelled}/cancel`;
    expect((await service.call(path, { method: "POST" })).status).toBe(202);
    await service.until(cancelled, ({ task_status }) => task_status === "CANCELLED");
    for (const number of [1, 2, 3]) {
      const id = await service.create(
        request("video_mp4_320x240_240kbps", `w/after-${number}.mp4`),
      );
      await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    }
    expect(readdirSync(join(service.home.media, "w"))).not.toContain("long.mp4");
    expect(await engineDetail()).not.toContain("still run");
  });

  test("takes its task up again after it was killed", async () => {
    const home = newHome();
    await fill(home);
    const first = await start(command, home);
    const id = await first.create(request("video_mp4_320x240_240kbps", "w/long.mp4", "long.mp4"));
    await first.until(id, (task) => (task.progress?.out_time_seconds ?? 0) > 0);
    await first.stop("SIGKILL");
    const second = await start(command, home);
    try {
      const again = await second.until(id, ({ attempt }) => attempt === 2);
      expect(again.attempts[0]?.error?.code).toBe("InternalError");
      await second.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > 0);
    } finally {
      // It gives the task back, and ends its threads.
      expect(await second.stop()).toBe(0);
    }
    expect(readdirSync(join(home.data, "scratch"))).toEqual([]);
  });
});
