import { describe, expect, test } from "bun:test";
import { encodedAudio } from "../../../src/plan/args/audio.ts";
import { graphArgs, streamArgs, together } from "../../../src/plan/args/streams.ts";
import { audioEncoding } from "../../../src/plan/encode/audio-encoding.ts";
import type { AudioStream } from "../../../src/probe/media.ts";
import type { Written } from "../../../src/profile/containers.ts";
import type { AudioEncode } from "../../../src/profile/profile.ts";
import { anAudio, anAudioStream } from "../builders.ts";

const sound = (
  encode: Partial<AudioEncode>,
  source: Partial<AudioStream> = {},
  container: Written = "mp4",
  lateSeconds = 0,
) => {
  const stream = anAudioStream(source);
  const wanted = { codec: "aac", bitrateBps: 128_000, ...encode } as const;
  const place = { specifier: "0:1", label: "a0", lateSeconds };
  return encodedAudio(audioEncoding(wanted, stream, container), stream, place);
};
const args = (...asked: Parameters<typeof sound>): string =>
  streamArgs(sound(...asked).stream).join(" ");

const FILL = "-af aresample=async=1,aformat=channel_layouts";

describe("encodedAudio", () => {
  test.each([
    [{}, {}, `${FILL}=stereo -c:a aac -b:a 128k -ar 48000`],
    [{ channels: 2 }, {}, `${FILL}=stereo -c:a aac -b:a 128k -ar 48000`],
    [{ channels: 1 }, { channels: 6 }, `${FILL}=mono -c:a aac -b:a 128k -ar 48000`],
    [{ codec: "mp3" }, {}, `${FILL}=stereo -c:a libmp3lame -b:a 128k -ar 48000`],
    [
      { codec: "ac3", bitrateBps: 448_000 },
      { channels: 6, layout: "5.1(side)" },
      `${FILL}=5.1(side) -c:a ac3 -b:a 448k -ar 48000`,
    ],
    [{ codec: "mp2" }, {}, `${FILL}=stereo -c:a mp2 -b:a 128k -ar 48000`],
    [{ codec: "opus" }, {}, `${FILL}=stereo -c:a libopus -b:a 128k -ar 48000`],
    [
      { codec: "aache2", bitrateBps: 32_000 },
      { samplerateHz: 44_100 },
      `${FILL}=stereo -c:a libfdk_aac -profile:a aac_he_v2 -b:a 32k -ar 44100`,
    ],
    [{ bitrateBps: 96_500 }, { samplerateHz: 0 }, `${FILL}=stereo -c:a aac -b:a 96500 -ar 48000`],
  ] as const)("encodes %j of %j", (encode, source, expected) => {
    expect(args(encode, source)).toBe(expected);
  });

  test("turns channels without a name into some that have one, and hears ambisonic sound first", () => {
    expect(args({}, { channels: 3, layout: "3 channels (FLC+FL+FR)" })).toStartWith(
      "-af aresample=async=1,pan=7.1|FL<c0+c1|FR<c2,aformat=channel_layouts=5.1 ",
    );
    expect(args({}, { channels: 4, layout: "ambisonic 1" })).toStartWith(
      "-af pan=stereo|FL=0.5*c0+0.5*c1|FR=0.5*c0-0.5*c1,aresample=async=1,aformat=channel_layouts=stereo ",
    );
  });

  test("makes silence before a sound that begins late, once for all its parts", () => {
    const late = together([sound({}, {}, "mp4", 1.5)]);
    expect(graphArgs([late.graphs]).join(" ")).toBe(
      "-filter_complex [0:1]asettb=AVTB,asplit[a0main][a0first];" +
        "[a0first]atrim=end=1.51,atrim=end_sample=1,volume=0,aresample@late=async=1:first_pts=0,asettb=AVTB[a0silence];" +
        "[a0silence][a0main]ainterleave,aresample=async=1,aformat=channel_layouts=stereo[a0]",
    );
    expect(args({}, {}, "mp4", 1.5)).toStartWith("-c:a aac");
  });

  test.each([-2, 0, 0.0005])("makes none before one that begins %p s late", (late) => {
    expect(args({}, {}, "mp4", late)).toStartWith("-af aresample=async=1,aformat");
  });

  test.each([
    ["mp3", 96_000, undefined, "mp4", 48_000],
    ["mp3", 96_000, undefined, "flv", 48_000],
    ["mp3", 8000, undefined, "mp4", 16_000],
    ["mp3", 44_100, 8000, "mp4", 16_000],
    ["mp3", 12_000, undefined, "mp4", 16_000],
    ["mp3", 32_000, undefined, "flv", 44_100],
    ["mp3", 16_000, undefined, "flv", 22_050],
    ["mp3", 44_100, 32_000, "flv", 44_100],
    ["opus", 44_100, undefined, "webm", 48_000],
    ["opus", 22_050, undefined, "webm", 24_000],
    ["opus", 48_000, 44_100, "webm", 48_000],
    ["ac3", 22_050, undefined, "mp4", 32_000],
    ["ac3", 96_000, undefined, "mp4", 48_000],
    ["mp2", 8000, undefined, "mpegts", 16_000],
    ["aac", 192_000, undefined, "mp4", 96_000],
    ["aac", 11_000, undefined, "mp4", 11_025],
    ["aac", 48_000, 64_000, "mp4", 64_000],
    ["aac", 48_000, 44_100, "flv", 44_100],
  ] as const)(
    "samples %s of %d, asked for %p in %s, at %d",
    (codec, own, asked, container, expected) => {
      const encode = { codec, ...(asked !== undefined && { samplerateHz: asked }) };
      expect(args(encode, { samplerateHz: own }, container)).toEndWith(` -ar ${expected}`);
    },
  );

  test.each([
    ["mp3", 44_100, "flv"],
    ["mp3", 48_000, "flv"],
    ["mp3", 16_000, "mp4"],
    ["mp3", 8000, "mov"],
    ["mp3", 8000, "mkv"],
    ["opus", 48_000, "webm"],
    ["aac", 22_050, "flv"],
    ["ac3", 32_000, "mkv"],
  ] as const)("keeps the rate of %s at %d in %s", (codec, own, container) => {
    expect(args({ codec }, { samplerateHz: own }, container)).toEndWith(` -ar ${own}`);
  });

  test.each([
    ["mp2", 100_000, {}, "96k"],
    ["mp2", 1_000_000, {}, "384k"],
    ["mp2", 10_000, {}, "32k"],
    ["mp2", 320_000, { samplerateHz: 22_050 }, "160k"],
    ["mp2", 1000, { samplerateHz: 16_000 }, "8k"],
    ["opus", 600_000, {}, "512k"],
    ["opus", 600_000, { channels: 1 }, "256k"],
    ["opus", 64_000, {}, "64k"],
  ] as const)(
    "gives %s asked for %d bits/s what its encoder takes",
    (codec, bitrateBps, source, expected) => {
      expect(args({ codec, bitrateBps }, source)).toContain(` -b:a ${expected}`);
    },
  );

  test("fills a late start in the graph that all outputs share, and has no graph else", () => {
    const part = (lateSeconds: number) => sound(anAudio({ codec: "aac" }), {}, "mp4", lateSeconds);
    const { stream, chains } = part(0.5);
    expect(stream.map).toBe("[a0]");
    expect(chains.map(({ from, to }) => [from, to])).toEqual([
      [["0:1"], ["a0main", "a0first"]],
      [["a0first"], ["a0silence"]],
      [["a0silence", "a0main"], ["a0"]],
    ]);
    expect(stream.filters).toBeUndefined();
    expect(part(0)).toMatchObject({ stream: { map: "0:1" }, chains: [] });
    expect(part(0).stream.filters).toHaveLength(2);
  });
});
