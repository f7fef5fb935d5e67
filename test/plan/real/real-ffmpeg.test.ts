import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatRational } from "../../../src/lib/rational.ts";
import { segmentsOf } from "../../../src/manifest/write/set-playlists.ts";
import type { Container } from "../../../src/profile/containers.ts";
import type { AudioEncode, RateMode, VideoEncode } from "../../../src/profile/profile.ts";
import { clip } from "../../fixtures/clips.ts";
import { anAudio } from "../builders.ts";
import { madeBy, mp4, outputOf, runAndJudge, TIMEOUT_MS, video, videoOf } from "../run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const audio = (codec: AudioEncode["codec"] = "aac", fields: Partial<AudioEncode> = {}) =>
  anAudio({ codec, bitrateBps: 64_000, ...fields });

/** Key frames' times, in seconds. */
const keyFrames = async (path: string): Promise<number[]> => {
  const entries = ["-select_streams", "v", "-show_entries", "packet=pts_time,flags"];
  const text = (await outputOf("ffprobe", [...entries, "-of", "csv=p=0", path])).toString();
  return [...text.matchAll(/^([\d.]+),K/gm)].map((match) => Number(match[1]));
};

describe("the steps of a plan, run by the real ffmpeg", () => {
  test(
    "make every container with every codec in one run, and each passes its verification",
    async () => {
      const renditions: readonly (readonly [
        Container,
        VideoEncode["codec"] | "none",
        AudioEncode["codec"],
      ])[] = [
        ["mp4", "h264", "aac"],
        ["mp4", "h265", "opus"],
        ["mp4", "av1", "mp3"],
        ["mp4", "vp9", "mp2"],
        ["mov", "mpeg2", "ac3"],
        ["mkv", "h265", "mp2"],
        ["webm", "vp9", "opus"],
        ["webm", "av1", "opus"],
        ["flv", "h264", "mp3"],
        ["mpegts", "mpeg2", "mp2"],
        ["mpegts", "h265", "ac3"],
        ["m3u8", "h264", "aac"],
        ["m3u8", "h265", "ac3"],
        ["m3u8", "av1", "aac"],
        ["m3u8", "none", "aac"],
        ["mp3", "none", "mp3"],
        ["m4a", "none", "aac"],
        ["ogg", "none", "opus"],
      ];
      const source = await clip({ seconds: 2, video: "libx264", audio: "aac" });
      const { plan, outputs } = await runAndJudge(
        source,
        renditions.map(([container, codec, sound]) => ({
          container,
          video: codec === "none" ? codec : video({ codec }),
          audio: audio(sound),
        })),
      );
      expect(plan.steps.map(({ name }) => name)).toEqual(["encode"]);
      expect(outputs.map(({ format }) => format.split(",")[0])).toEqual([
        ..."mov mov mov mov mov matroska matroska matroska flv mpegts mpegts".split(" "),
        ..."hls hls hls hls mp3 mov ogg".split(" "),
      ]);
      expect(outputs.flatMap((output) => output.video?.frames ?? [])).toEqual(Array(5).fill(50));
    },
    TIMEOUT_MS,
  );

  test.each(["h264", "h265", "vp9", "mpeg2"] as const)(
    "make %s in two passes",
    async (codec) => {
      const rateMode: RateMode = "2passvbr";
      const [made] = await videoOf(await clip(), video({ codec, rateMode }));
      expect(made?.frames).toBe(25);
    },
    TIMEOUT_MS,
  );

  test(
    "make sets whose segments begin at key frames, carry the tag, and lie where the playlist says",
    async () => {
      const source = await clip({ seconds: 8, rate: "30000/1001", audio: "aac" });
      const { folder, outputs } = await runAndJudge(
        source,
        (["h264", "h265"] as const).map((codec) => ({
          container: "m3u8",
          video: video({ codec }),
          audio: audio(),
        })),
      );
      for (const [index, names] of [
        ["segments/t1-00000.ts", "segments/t1-00001.ts"],
        ["segments/t1-init.mp4", "segments/t1-00000.m4s", "segments/t1-00001.m4s"],
      ].entries()) {
        const playlist = readFileSync(join(folder, `${index}/out.m3u8`), "utf8");
        expect(segmentsOf(playlist)).toEqual(names);
        expect(names.filter((name) => !existsSync(join(folder, String(index), name)))).toEqual([]);
        expect(playlist).toContain("#EXTINF:6.006");
        expect(playlist).toContain("#EXT-X-ENDLIST");
        expect(formatRational(outputs[index]?.video?.framerate ?? { num: 0, den: 1 })).toBe(
          "30000/1001",
        );
      }
    },
    TIMEOUT_MS,
  );

  test.each(["h264", "h265", "vp9", "mpeg2"] as const)(
    "put the key frames of %s two seconds apart, at scene changes too",
    async (codec) => {
      // Colours that jump after one second, where an encoder would like a key frame.
      const jump =
        "color=red:size=160x90:rate=25:duration=1[a];color=white:size=160x90:rate=25:duration=4[b];[a][b]concat";
      const source = await madeBy("jump.mkv", ["-f", "lavfi", "-i", jump, "-c:v", "ffv1"]);
      const { folder } = await runAndJudge(source, [
        { ...mp4(video({ codec })), container: "mkv" },
      ]);
      expect(await keyFrames(join(folder, "0/out.mkv"))).toEqual([0, 2, 4]);
    },
    TIMEOUT_MS,
  );
});

describe("a source's sound", () => {
  test(
    "begins with silence where it is late, in every container",
    async () => {
      const source = await madeBy("late.mp4", [
        ...["-i", await clip(), "-itsoffset", "0.5", "-i", await clip()],
        ...["-map", "0:v", "-map", "1:a", "-c", "copy"],
      ]);
      const containers: readonly Container[] = ["mp4", "mpegts", "flv", "mkv", "m4a"];
      const { folder, plan } = await runAndJudge(
        source,
        containers.map((container) => ({
          container,
          video: container === "m4a" ? "none" : video(),
          audio: audio("aac", { channels: 1 }),
        })),
      );
      for (const { entry } of plan.products) {
        const raw = ["-map", "0:a", "-f", "s16le", "-ac", "1", "-ar", "8000", "-"];
        const bytes = await outputOf("ffmpeg", ["-i", join(folder, entry), ...raw]);
        const first = Array.from({ length: bytes.length >> 1 }, (_, at) =>
          bytes.readInt16LE(at * 2),
        );
        const start = first.findIndex((sample) => Math.abs(sample) > 500) / 8000;
        expect([entry, Math.abs(start - 0.5) < 0.06]).toEqual([entry, true]);
      }
    },
    TIMEOUT_MS,
  );

  test(
    "has the channels and rate that its codec takes",
    async () => {
      const source = await madeBy("surround.mka", [
        ...["-f", "lavfi", "-i", "anoisesrc=duration=1:sample_rate=44100", "-ac", "6"],
        ...["-af", "aformat=channel_layouts=5.1(side)", "-c:a", "ac3", "-b:a", "448k"],
      ]);
      const plain = (codec: AudioEncode["codec"]) => ({ codec, bitrateBps: 100_000 });
      const { outputs } = await runAndJudge(source, [
        { container: "m4a", video: "none", audio: plain("aac") },
        { container: "ogg", video: "none", audio: plain("opus") },
        { container: "mp3", video: "none", audio: plain("mp3") },
        { container: "mpegts", video: "none", audio: plain("mp2") },
        { container: "mkv", video: "none", audio: plain("ac3") },
      ]);
      expect(outputs.map((made) => [made.audio?.channels, made.audio?.samplerateHz])).toEqual([
        [6, 44_100],
        [6, 48_000],
        [2, 44_100],
        [2, 44_100],
        [6, 44_100],
      ]);
    },
    TIMEOUT_MS,
  );
});
