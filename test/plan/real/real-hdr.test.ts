import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Rendition } from "../../../src/profile/profile.ts";
import { custom, madeBy, mp4, outputOf, runAndJudge, TIMEOUT_MS } from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

const SCENE = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=0.4"];
const LIGHT =
  ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400";

/** The scene in HDR, its white at 203 cd/m². In Matroska, ffmpeg from 8 on writes and reads but half of what the colours are. */
const hdrScene = (name: string, transfer: string, light = ""): Promise<string> =>
  madeBy(name, [
    ...SCENE,
    "-vf",
    [
      "format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv",
      "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt2020",
      `zscale=t=${transfer}:m=bt2020nc:r=tv:npl=203,format=yuv420p10le`,
    ].join(","),
    ...["-c:v", "libx265", "-preset", "ultrafast", "-x265-params"],
    `colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc:log-level=none${light}`,
  ]);

/** The mean of a picture's luma. */
async function lumaOf(path: string): Promise<number> {
  const stats = "scale=out_range=tv,format=yuv420p,signalstats";
  const print = `${stats},metadata=print:key=lavfi.signalstats.YAVG:file=-`;
  const told = await outputOf("ffmpeg", [
    ...["-i", path, "-vf", print, "-frames:v", "1", "-f", "null", "-"],
  ]);
  return Number(/YAVG=([\d.]+)/.exec(told.toString())?.[1]);
}

/** What goes with a file's pictures, in its container and in its frames. */
async function sideDataOf(path: string): Promise<string> {
  const entries =
    "stream=color_transfer:stream_side_data=side_data_type:frame=color_transfer:frame_side_data=side_data_type";
  return (await outputOf("ffprobe", ["-show_entries", entries, "-of", "csv=p=0", path])).toString();
}

const H264_H265 = [mp4(custom()), mp4(custom({ codec: "h265" }))];
const OTHERS: readonly Rendition[] = [
  mp4(custom({ codec: "av1" })),
  { ...mp4(custom({ codec: "vp9" })), container: "webm" },
  { ...mp4(custom({ codec: "mjpeg" })), container: "jpg" },
];

const HDR = /mastering|light level|dolby|dovi|ambient|dynamic|smpte2084|arib/i;

describe("a picture with a high dynamic range", () => {
  test.each([
    ["pq.mkv", "smpte2084", LIGHT, OTHERS],
    ["pq.mp4", "smpte2084", LIGHT, []],
    ["hlg.mkv", "arib-std-b67", "", []],
  ])(
    "looks like its scene in a standard one, and nothing of its own is left: %s",
    async (name, transfer, light, others) => {
      const source = await hdrScene(name, transfer, light);
      const plain = await madeBy("plain.mp4", [...SCENE, "-pix_fmt", "yuv420p"]);
      const renditions = [...H264_H265, ...others];
      const { outputs, folder, plan } = await runAndJudge(source, renditions);
      const sdr = { transfer: "bt709", primaries: "bt709", space: "bt709", range: "tv" };
      for (const { video } of outputs.slice(0, 4))
        expect(video).toMatchObject({ pixelFormat: "yuv420p", color: sdr });
      const wanted = await lumaOf(plain);
      for (const { entry } of plan.products) {
        const path = join(folder, entry);
        expect(await sideDataOf(path)).not.toMatch(HDR);
        const luma = await lumaOf(path);
        expect(luma).toBeGreaterThan(wanted * 0.7);
        expect(luma).toBeLessThan(wanted * 1.05);
      }
    },
  );

  test("leaves nothing of it on a picture that has a standard one already", async () => {
    // As ffmpeg 7 makes such files of HDR ones.
    const source = await madeBy("remains.mp4", [
      ...SCENE,
      ...["-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params"],
      `colorprim=bt709:transfer=bt709:colormatrix=bt709:log-level=none${LIGHT}`,
    ]);
    const { source: media, folder } = await runAndJudge(source, [mp4(custom({ codec: "h265" }))]);
    expect(media.video).toMatchObject({ hasHdrData: true, color: { transfer: "bt709" } });
    expect(await sideDataOf(join(folder, "0/out.mp4"))).not.toMatch(HDR);
  });
});
