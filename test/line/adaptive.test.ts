import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { segmentsOf } from "../../src/manifest/write/set-playlists.ts";
import { segmentTimes } from "../../src/plan/verify/finished-set.ts";
import { clip, ffmpeg } from "../fixtures/clips.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";
import { turn } from "../fixtures/turned.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let service: RunningService;
const at = (...names: string[]) => join(service.home.media, ...names);

/** Much above the lowest rungs of the ladder, and with key frames where no segment wants them. */
const RICH = ["-b:v", "2M", "-g", "37"];

beforeAll(async () => {
  service = await startService();
  const wide = { width: 640, height: 360, seconds: 9 };
  copyFileSync(await clip({ ...wide, rate: "30000/1001", args: RICH }), at("ntsc.mp4"));
  copyFileSync(await clip({ seconds: 2, audio: false, rate: "60" }), at("silent.mp4"));
  copyFileSync(await clip({ seconds: 2, video: false, container: "m4a" }), at("sound.m4a"));
  const tall = { width: 360, height: 640, container: "mkv", args: RICH };
  copyFileSync(await clip(tall), at("tall.mkv"));
  const odd = ["-f", "lavfi", "-i", "testsrc2=s=321x181:r=25:d=2", "-pix_fmt", "yuv444p"];
  await ffmpeg([...odd, "-c:v", "libx264", at("odd.mp4")]);
  // Turned by a quarter, and uneven: every third frame is missing.
  const uneven = ["-vf", "select=mod(n\\,3)", "-fps_mode", "vfr"];
  const film = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=4"];
  await ffmpeg([...film, ...uneven, "-c:v", "libx264", ...RICH, at("flat.mp4")]);
  await ffmpeg(["-i", at("flat.mp4"), "-c", "copy", at("turned.mp4")]);
  turn(at("turned.mp4"));
});

afterAll(async () => {
  await service.stop();
});

/** The output of a task that has to succeed. */
async function make(profile_name: string, source_url: string, target_url: string, more = {}) {
  const source = { source_url };
  const body = { profile_name, source, targets: [{ target_url }], ...more };
  const task = await service.until(await service.create(body), hasEnded);
  expect(task.error).toBeUndefined();
  const output = task.targets[0]?.output as NonNullable<(typeof task.targets)[0]["output"]> & {
    renditions?: { video?: { width: number; height: number; framerate: number }; audio?: object }[];
  };
  return { output, renditions: output.renditions ?? [] };
}

const sizesOf = (renditions: Awaited<ReturnType<typeof make>>["renditions"]) =>
  renditions.map(({ video }) => video && `${video.width}x${video.height}@${video.framerate}`);

/** The playlists that a master names, with their lines. */
const playlistsOf = (master: string) =>
  segmentsOf(readFileSync(at(master), "utf8")).map((uri) => {
    const path = at(dirname(master), uri);
    return { path, text: readFileSync(path, "utf8") };
  });

function ffprobe(path: string, ...args: string[]): string {
  return execFileSync("ffprobe", ["-v", "error", ...args, path], { encoding: "utf8" });
}

describe("video_hls_adaptive", () => {
  test("makes a ladder whose segments begin together, at key frames, with the sound once", async () => {
    const { output, renditions } = await make("video_hls_adaptive", "ntsc.mp4", "a/ntsc.m3u8");
    expect(sizesOf(renditions)).toEqual(["640x360@29.97", "426x240@29.97"]);
    expect(renditions.every(({ audio }) => audio !== undefined)).toBe(true);
    expect(output.container).toBe("m3u8");
    const [sound, high, low, ...others] = playlistsOf("a/ntsc.m3u8");
    expect(others).toEqual([]);
    const seconds = (text = "") => segmentTimes(text).map((segment) => segment.seconds);
    expect(seconds(high?.text)[0]).toBeCloseTo(6.006, 5);
    expect(seconds(low?.text)).toEqual(seconds(high?.text));
    const heard = seconds(sound?.text).reduce((sum, one) => sum + one, 0);
    expect(heard).toBeCloseTo(9, 1);
    for (const { path } of [high, low].flatMap((one) => one ?? [])) {
      const entries = ["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0"];
      const packets = ffprobe(path, ...entries)
        .trim()
        .split("\n");
      const keys = packets.filter((line) => line.includes(",K")).map((line) => parseFloat(line));
      const start = keys[0] ?? 0;
      expect(keys.map((time) => Math.round((time - start) * 1000))).toEqual([
        0, 2002, 4004, 6006, 8008,
      ]);
    }
  });

  test.each([
    ["silent.mp4", "without sound", ["320x180@30"], false],
    ["sound.m4a", "of sound alone", [undefined], true],
    ["tall.mkv", "of an upright picture", ["360x640@25", "240x426@25"], true],
    ["odd.mp4", "of odd sides", ["320x180@25"], false],
    ["turned.mp4", "turned and uneven", ["360x640@23.976", "240x426@23.976"], false],
  ] as const)("makes of %s, %s, %j", async (source, _what, sizes, hasSound) => {
    const target = `b/${source}.m3u8`;
    const { renditions } = await make("video_hls_adaptive", source, target);
    expect(sizesOf(renditions)).toEqual([...sizes]);
    expect(renditions.map(({ audio }) => audio !== undefined)).toEqual(sizes.map(() => hasSound));
    expect(ffprobe(at(target), "-show_entries", "format=duration")).toContain("duration=");
  });

  test("cuts a clip, and replaces the set before it", async () => {
    const clipped = { clip: { start_seconds: 3, duration_seconds: 2.5 } };
    await make("video_hls_adaptive", "ntsc.mp4", "c/set.m3u8");
    const { output } = await make("video_hls_adaptive", "ntsc.mp4", "c/set.m3u8", clipped);
    expect(output.duration_seconds).toBeCloseTo(2.5, 1);
    const tags = new Set(readdirSync(at("c", "set")).map((name) => name.split(".")[1]));
    expect(tags.size).toBe(1);
  });
});

describe("dash and cmaf", () => {
  test.each([
    ["video_dash_adaptive", "d/ladder.mpd", "d/ladder.mpd", ["h264", "h264", "aac"]],
    ["video_dash_320x240_240kbps", "d/one.mpd", "d/one.mpd", ["h264", "aac"]],
    ["video_dash_transmux", "d/copy.mpd", "d/copy.mpd", ["h264", "aac"]],
    ["audio_dash_128kbps", "d/sound.mpd", "d/sound.mpd", ["aac"]],
    ["video_cmaf_320x240_240kbps", "d/both.m3u8", "d/both/manifest.mpd", ["h264", "aac"]],
  ])("%s can be read by its manifest", async (profile, target, manifest, codecs) => {
    const { output, renditions } = await make(profile, "ntsc.mp4", target);
    expect(output.duration_seconds).toBeCloseTo(9, 0);
    expect(renditions).toHaveLength(codecs.filter((codec) => codec === "h264").length || 1);
    const told = ffprobe(at(manifest), "-show_streams", "-of", "json");
    const { streams } = JSON.parse(told) as { streams: { codec_name: string }[] };
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(codecs);
  });

  test("cmaf is HLS too, of the same segments", async () => {
    await make("video_cmaf_320x240_240kbps", "ntsc.mp4", "e/both.m3u8");
    const named = playlistsOf("e/both.m3u8").flatMap(({ text }) => segmentsOf(text));
    const media = readdirSync(at("e", "both")).filter((name) => /\.(mp4|m4s)$/.test(name));
    expect(named.toSorted()).toEqual(media.toSorted());
  });

  test("need a name that says what they are", async () => {
    const body = {
      source: { source_url: "ntsc.mp4" },
      profile_name: "video_dash_adaptive",
      targets: [{ target_url: "x.m3u8" }],
    };
    const answer = await service.call("/api/v1/task/transcoding", { body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('ends in \\".mpd\\"');
  });
});

describe("pictures", () => {
  test.each([
    [undefined, 0.9],
    [{ start_seconds: 5 }, 5],
    [{ start_seconds: 8.95 }, 8.95],
  ])("a jpg of the clip %j shows the moment", async (clipped, seconds) => {
    const target = `p/${seconds}.jpg`;
    const more = clipped ? { clip: clipped } : {};
    const { output } = await make("video_jpg_640x360_520kbps", "ntsc.mp4", target, more);
    expect(output).toMatchObject({ container: "jpg", video: { codec: "mjpeg", width: 640 } });
    // The difference to the source's own frame is the loss of the JPEG alone: another moment is far more off.
    const graph = "[0:v]setpts=PTS-STARTPTS[a];[1:v]format=yuvj420p[b];[a][b]psnr=stats_file=-";
    const told = execFileSync(
      "ffmpeg",
      [
        ...["-v", "error", "-ss", String(seconds), "-i", at("ntsc.mp4"), "-i", at(target)],
        ...["-filter_complex", graph, "-frames:v", "1", "-f", "null", "-"],
      ],
      { encoding: "utf8" },
    );
    expect(Number(/psnr_y:([\d.]+)/.exec(told)?.[1])).toBeGreaterThan(30);
  });

  test("small ones lie where their track says, and a profile without sets has none", async () => {
    const qlty = { container: "m3u8", bitrate: 200_000, height: 180, audio_bitrate: 64_000 };
    const profile = { profile_name: "seek", qlties: [qlty], thumbnails: { interval_seconds: 1 } };
    const answer = await service.call("/api/v1/profile", { body: profile });
    expect(await answer.json()).toMatchObject({ thumbnails: { interval_seconds: 1, width: 160 } });
    await make("seek", "ntsc.mp4", "t/set.m3u8");
    const track = readFileSync(at("t", "set", "thumbnails.vtt"), "utf8");
    const places = [...track.matchAll(/^(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)];
    expect(places).toHaveLength(9);
    const size = ["-show_entries", "stream=width,height", "-of", "csv=p=0"];
    for (const [, name = "", x, y, width, height] of places) {
      const sheet = ffprobe(at("t", "set", name), ...size).split(",");
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(Number(sheet[0]));
      expect(Number(y) + Number(height)).toBeLessThanOrEqual(Number(sheet[1]));
    }
    const mp4 = { ...profile, profile_name: "film", qlties: [{ ...qlty, container: "mp4" }] };
    expect((await service.call("/api/v1/profile", { body: mp4 })).status).toBe(400);
  });
});
