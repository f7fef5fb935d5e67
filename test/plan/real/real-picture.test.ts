import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { formatRational } from "../../../src/lib/rational.ts";
import { clip } from "../../fixtures/clips.ts";
import { turn } from "../../fixtures/turned.ts";
import {
  custom,
  madeBy,
  mp4,
  outputOf,
  runAndJudge,
  TIMEOUT_MS,
  video,
  videoOf,
} from "../run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

describe("a source's picture", () => {
  test(
    "comes out upright when it was turned",
    async () => {
      // Red left, blue right; turned clockwise, red is on top.
      const halves =
        "color=red:size=160x180:rate=25:duration=1[a];color=blue:size=160x180:rate=25:duration=1[b];[a][b]hstack";
      const flat = await madeBy("flat.mp4", ["-f", "lavfi", "-i", halves, "-pix_fmt", "yuv420p"]);
      const turned = await madeBy("turned.mp4", ["-i", flat, "-c", "copy"]);
      turn(turned);
      const { source, folder, outputs } = await runAndJudge(turned, [mp4(custom()), mp4(video())]);
      expect(source.video?.rotation).toBeOneOf([90, 270]);
      expect(outputs[0]?.video).toMatchObject({ width: 180, height: 320, rotation: 0 });
      expect(outputs[1]?.video).toMatchObject({ width: 160, height: 90, rotation: 0 });
      const frame = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
      const pixels = await outputOf("ffmpeg", ["-i", join(folder, "0/out.mp4"), ...frame]);
      const shown = await outputOf("ffmpeg", ["-i", turned, ...frame]);
      const redAt = (bytes: Buffer, row: number) => (bytes[(row * 180 + 90) * 3] ?? 0) > 128;
      expect([20, 300].map((row) => redAt(pixels, row))).toEqual(
        [20, 300].map((row) => redAt(shown, row)),
      );
      expect(redAt(pixels, 20)).not.toBe(redAt(pixels, 300));
    },
    TIMEOUT_MS,
  );

  test(
    "comes out even, square and whole",
    async () => {
      const odd = await madeBy("odd.mkv", [
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=161x91:rate=25:duration=1",
        "-c:v",
        "ffv1",
      ]);
      expect(await videoOf(odd, custom(), custom({ width: 81 }))).toMatchObject([
        { width: 162, height: 92 },
        { width: 82, height: 46 },
      ]);
      const pal = await madeBy("pal.mp4", [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=180x144:rate=25:duration=1",
        "-vf",
        "setsar=64/45",
        "-pix_fmt",
        "yuv420p",
      ]);
      const square = { sampleAspect: { num: 1, den: 1 } };
      expect(await videoOf(pal, custom(), custom({ height: 72 }), video())).toMatchObject([
        { width: 256, height: 144, ...square },
        { width: 128, height: 72, ...square },
        { width: 160, height: 90, ...square },
      ]);
    },
    TIMEOUT_MS,
  );

  test(
    "keeps its rate up to the cap, and becomes even where it was uneven",
    async () => {
      const ntsc = await clip({ rate: "60000/1001", audio: false });
      const rates = (await videoOf(ntsc, video(), video({ framerateMax: 60 }), custom())).map(
        ({ framerate }) => framerate && formatRational(framerate),
      );
      expect(rates).toEqual(["30000/1001", "60000/1001", "60000/1001"]);
      const select = "select='not(eq(mod(n\\,7)\\,3)+eq(mod(n\\,11)\\,5))'";
      const uneven = await madeBy("uneven.mp4", [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=160x90:rate=30:duration=3",
        "-vf",
        select,
        "-fps_mode",
        "vfr",
        "-pix_fmt",
        "yuv420p",
      ]);
      const [made] = await videoOf(uneven, custom({ bitrateBps: 50_000 }));
      expect(made?.isVariableRate).toBe(false);
      expect(made?.packets?.gapSecondsMax).toBeLessThan(0.05);
    },
    TIMEOUT_MS,
  );

  test(
    "becomes progressive, or stays interlaced where that is asked for",
    async () => {
      const source = await madeBy("fields.ts", [
        ...["-f", "lavfi", "-i", "testsrc2=size=352x288:rate=50:duration=1", "-vf", "interlace"],
        ...["-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-b:v", "1M"],
      ]);
      const kept = custom({ progressive: false, bitrateBps: 500_000 });
      expect(await videoOf(source, custom(), kept, { ...kept, codec: "mpeg2" })).toMatchObject([
        { isInterlaced: false },
        { isInterlaced: true },
        { isInterlaced: true },
      ]);
    },
    TIMEOUT_MS,
  );

  test.each([
    [
      "PQ, all said",
      "smpte2084",
      ["-color_primaries", "bt2020", "-colorspace", "bt2020nc"],
      "colorprim=bt2020:colormatrix=bt2020nc:",
    ],
    ["HLG, little said", "arib-std-b67", [], ""],
  ] as const)(
    "comes out as SDR: %s",
    async (_, transfer, said, params) => {
      const source = await madeBy("hdr.mkv", [
        ...[
          "-f",
          "lavfi",
          "-i",
          "testsrc2=size=160x90:rate=25:duration=0.4",
          "-pix_fmt",
          "yuv420p10le",
        ],
        ...["-c:v", "libx265", "-preset", "ultrafast", "-color_trc", transfer, ...said],
        ...["-x265-params", `${params}transfer=${transfer}:log-level=none`],
      ]);
      const sdr = { transfer: "bt709", primaries: "bt709", space: "bt709", range: "tv" };
      expect(await videoOf(source, video(), video({ codec: "h265" }))).toMatchObject([
        { pixelFormat: "yuv420p", color: sdr },
        { pixelFormat: "yuv420p", color: sdr },
      ]);
    },
    TIMEOUT_MS,
  );
});

test.each([
  ["BT.709, as of HD", "scale=out_color_matrix=bt709,setparams=colorspace=bt709"],
  ["BT.601, unsaid", "null"],
])("a JPEG has the colours of its film: %s", async (_, filters) => {
  const red = "color=red:size=160x90:rate=25:duration=0.2";
  const made = ["-vf", `${filters},format=yuv420p`, "-c:v", "libx264", "-qp", "5"];
  const source = await madeBy("red.mp4", ["-f", "lavfi", "-i", red, ...made]);
  const { folder, plan } = await runAndJudge(source, [
    { ...mp4(custom({ codec: "mjpeg" })), container: "jpg" },
  ]);
  const path = join(folder, plan.products[0]?.entry ?? "");
  const rgb = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
  const [r = 0, g = 255, b = 255] = await outputOf("ffmpeg", ["-i", path, ...rgb]);
  expect(r).toBeGreaterThan(245);
  expect(Math.max(g, b)).toBeLessThan(8);
});
