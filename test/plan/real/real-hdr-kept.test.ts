import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import {
  capabilitiesHere,
  custom,
  type Made,
  madeBy,
  mp4,
  outputOf,
  runAndJudge,
  TIMEOUT_MS,
} from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

const LIGHT =
  ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400";

/** A scene in 10 bits, whose pictures alone name the display. */
const sceneIn = (transfer: string, name: string, light = ""): Promise<string> =>
  madeBy(name, [
    ...["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=0.4"],
    ...["-vf", "format=yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params"],
    `colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc:log-level=none${light}`,
    ...["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"],
    ...["-color_range", "tv"],
  ]);

const kept = (codec: VideoEncode["codec"], fields: Partial<VideoEncode> = {}): VideoEncode =>
  custom({ codec, dynamicRange: "source", width: 128, height: 72, ...fields });

const inContainer = (container: Rendition["container"], video: VideoEncode): Rendition => ({
  ...mp4(video),
  container,
});

/** How like a picture is to that of the source, scaled to it: 1 is the same. */
async function likeness({ folder, plan }: Made, source: string, at: number): Promise<number> {
  const path = join(folder, plan.products[at]?.entry ?? "");
  const compare = "[1:v]scale=128:72,format=yuv420p10le[a];[0:v][a]ssim=stats_file=-";
  const told = await outputOf("ffmpeg", [
    ...["-i", path, "-i", source, "-filter_complex", compare, "-f", "null", "-"],
  ]);
  const all = [...told.toString().matchAll(/All:([\d.]+)/g)].map(([, value]) => Number(value));
  return Math.min(...all);
}

const PQ = { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" };
const HLG = { ...PQ, transfer: "arib-std-b67" };

describe("a high dynamic range that is kept", () => {
  test("is that of its source in every container: depth, colours, the display", async () => {
    const source = await sceneIn("smpte2084", "pq.mp4", LIGHT);
    const hevc = ["mp4", "mov", "mkv", "mpegts", "m3u8"] as const;
    const renditions = [
      ...hevc.map((container) => inContainer(container, kept("h265"))),
      ...(["mp4", "webm"] as const).map((container) => inContainer(container, kept("av1"))),
    ];
    const made = await runAndJudge(source, renditions);
    expect(made.source.video?.light).toEqual({
      mastering: {
        ...{ red: [34_000, 16_000], green: [13_250, 34_500], blue: [7500, 3000] },
        ...{ white: [15_635, 16_450], luminance: { min: 50, max: 10_000_000 } },
      },
      content: { max: 1000, average: 400 },
    });
    for (const [at, { video }] of made.outputs.entries()) {
      const profile = at < hevc.length ? "Main 10" : "Main";
      expect(video).toMatchObject({ pixelFormat: "yuv420p10le", profile, color: PQ });
      expect(video?.light?.content).toEqual({ max: 1000, average: 400 });
      expect(video?.light?.mastering?.luminance.max).toBe(10_000_000);
      expect(await likeness(made, source, at)).toBeGreaterThan(0.9);
    }
    // 5.1 writes the display into the pictures alone, and MPEG-TS has no other place for it.
    const isInHeader = !(await capabilitiesHere()).version.startsWith("5.");
    const headers = made.outputs.map(({ streams: [stream] }) => stream?.kind === "video" && stream);
    for (const at of isInHeader ? [0, 1, 2, 5, 6] : [])
      expect(headers[at]).toMatchObject({ light: made.source.video?.light as object });
  });

  test("is HLG as well, beside a standard range of the same source", async () => {
    const source = await sceneIn("arib-std-b67", "hlg.mkv");
    const { outputs } = await runAndJudge(source, [
      mp4(kept("h265")),
      mp4(kept("av1", { rateMode: "vbr" })),
      mp4(custom({ codec: "h265" })),
    ]);
    const [hevc, av1, sdr] = outputs.map(({ video }) => video);
    expect(hevc).toMatchObject({ pixelFormat: "yuv420p10le", color: HLG });
    expect(av1).toMatchObject({ pixelFormat: "yuv420p10le", color: HLG });
    expect(sdr).toMatchObject({ pixelFormat: "yuv420p", color: { transfer: "bt709" } });
  });

  test("is kept from RGB, in the matrix that players know", async () => {
    const source = await madeBy("rgb.mkv", [
      ...["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=0.4", "-vf"],
      "format=gbrp10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=gbr:range=pc",
      ...["-c:v", "ffv1", "-color_primaries", "bt2020", "-color_trc", "smpte2084"],
      ...["-colorspace", "rgb", "-color_range", "pc"],
    ]);
    const { source: media, outputs } = await runAndJudge(source, [mp4(kept("h265"))]);
    expect(media.video?.color).toMatchObject({ transfer: "smpte2084", space: "gbr" });
    expect(outputs[0]?.video?.color).toEqual(PQ);
  });
});

describe("10 bits of a standard range", () => {
  test("are kept with wide colours, which are stated", async () => {
    const source = await sceneIn("bt2020-10", "wide.mp4");
    const { outputs } = await runAndJudge(source, [mp4(kept("h265")), mp4(kept("av1"))]);
    for (const { video } of outputs)
      expect(video).toMatchObject({
        pixelFormat: "yuv420p10le",
        color: { transfer: "bt2020-10", primaries: "bt2020", space: "bt2020nc" },
      });
  });
});
