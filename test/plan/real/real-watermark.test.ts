import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ByteSink, ByteSource } from "../../../src/engine/engine.ts";
import type { FurtherFile } from "../../../src/plan/further.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { Watermark } from "../../../src/profile/fields/watermark.ts";
import type { Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { turn } from "../../fixtures/turned.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { type Shown, shown } from "../pictures.ts";
import { custom, madeBy, mp4, outputOf, runAndJudge, TIMEOUT_MS } from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

const GREY = [64, 64, 64];
const WHITE = [255, 255, 255];
const RED = [255, 0, 0];

/** A grey film. @param more - how it is encoded. @param inputs - what else is in it */
const film = (more: readonly string[] = [], inputs: readonly string[] = []): Promise<string> =>
  madeBy("grey.mp4", [
    ...["-f", "lavfi", "-i", "color=0x404040:size=320x180:rate=10:duration=0.5"],
    ...inputs,
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "1", "-pix_fmt", "yuv420p", ...more],
  ]);

const SOUND = ["-f", "lavfi", "-i", "sine=440:duration=0.5"];
const JPEG = ["-q:v", "1", "-pix_fmt", "yuvj444p"];

/** A picture of 60x40: its left half is white, its right half red, and its uppermost quarter not to be seen. */
const logo = (name = "logo.png", more: readonly string[] = []): Promise<string> =>
  madeBy(name, [
    ...["-f", "lavfi", "-i", "color=white:size=30x40,format=rgb24"],
    ...["-f", "lavfi", "-i", "color=0xff0000:size=30x40,format=rgb24"],
    ...[
      "-filter_complex",
      "[0][1]hstack,format=rgba,geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):a=if(lt(Y\\,10)\\,0\\,255)",
    ],
    ...[...more, "-frames:v", "1"],
  ]);

const of = (imageUrl: string, changes: Partial<Watermark> = {}): Watermark => ({
  ...{ imageUrl, place: "top_left", width: 0.25, margin: 0, opacity: 1 },
  ...changes,
});

const at = ({ size, pixels }: Shown, x: number, y: number): number[] => {
  const first = (Math.round(y) * Number(size.split(" ")[0]) + Math.round(x)) * 3;
  return [...pixels.subarray(first, first + 3)];
};

/** Expects a colour, give or take what an encode does to it. */
function expectColor(picture: Shown, x: number, y: number, wanted: readonly number[], off = 6) {
  const found = at(picture, x, y);
  const worst = Math.max(...found.map((value, part) => Math.abs(value - Number(wanted[part]))));
  expect([x, y, found.join(), worst <= off]).toEqual([x, y, found.join(), true]);
}

const marked = (watermark: Watermark, more: Partial<VideoEncode> = {}) =>
  custom({ bitrateBps: 4_000_000, watermark, ...more });

async function madeOf(path: string, logoPath: string, renditions: readonly Rendition[]) {
  const { folder, plan } = await runAndJudge(path, renditions, undefined, [logoPath]);
  return Promise.all(plan.products.map(({ entry }) => shown(join(folder, entry))));
}

/** A file that is read in place. */
async function inPlace(path: string): Promise<ByteSource> {
  const bytes = await readFile(path);
  const read = async (position: number, length: number) =>
    bytes.subarray(position, position + length);
  return { sizeBytes: bytes.length, read };
}

describe("a watermark", () => {
  test("is drawn by WebAssembly as well, where nothing may be written", async () => {
    const { streamed } = await openWasm();
    const signal = new AbortController().signal;
    const [path, picture] = [await film(), await logo()];
    const [source, image] = [await inPlace(path), await inPlace(picture)];
    const probed = { source, extension: ".mp4", side: "source" } as const;
    const side = { ...probed, source: image, as: ["png_pipe"] };
    const further: FurtherFile = {
      ...{ kind: "picture", name: "the watermark", url: picture, file: "side-0" },
      media: await streamed.probe(side, signal),
    };
    const rendition = { ...mp4(marked(of(picture))), container: "mpegts" } as const;
    const plan = planTask(
      { assignments: [{ rendition, targets: [0] }], further: [further], tag: "t1" },
      await streamed.probe(probed, signal),
      streamed.capabilities,
    );
    const made = join(tempFolder(), "out.ts");
    const sink: ByteSink = {
      write: async (_, __, bytes) => appendFile(made, bytes),
      close: async () => {},
      rename: async () => {},
      remove: async () => {},
    };
    for (const step of plan.steps) {
      const request = { step, source, sink, further: { "side-0": image } };
      await streamed.run({ ...request, onProgress: () => {}, onLog: () => {} }, signal);
    }
    const first = await shown(made);
    expectColor(first, 20, 32, WHITE);
    expectColor(first, 60, 32, RED);
    expectColor(first, 20, 6, GREY);
  });

  test("lies at its place in its size, white, red and half to be seen, in every form of picture", async () => {
    const picture = await logo();
    const one = (container: "jpg" | "png" | "webp" | "gif", codec: VideoEncode["codec"]) => ({
      ...{ container, audio: "none" as const },
      video: marked(of(picture), { codec, bitrateBps: 1_000_000 }),
    });
    const all = await madeOf(await film(), picture, [
      mp4(marked(of(picture))),
      mp4(marked(of(picture, { opacity: 0.5 }), { width: 160 })),
      one("jpg", "mjpeg"),
      one("png", "png"),
      one("webp", "webp"),
      one("gif", "gif"),
    ]);
    for (const [index, shown] of all.entries()) {
      const [k, isHalf] = [index === 1 ? 2 : 1, index === 1];
      const half = (values: number[]) => values.map((value) => Math.round((value + 64) / 2));
      expectColor(shown, 20 / k, 6 / k, GREY);
      expectColor(shown, 20 / k, 32 / k, isHalf ? half(WHITE) : WHITE);
      expectColor(shown, 60 / k, 32 / k, isHalf ? half(RED) : RED);
      expectColor(shown, 92 / k, 32 / k, GREY);
      expectColor(shown, 20 / k, 62 / k, GREY);
    }
  });

  test("is as wide in each size of a set and in other outputs of its run, with sound, from the first picture to the last", async () => {
    const [white, source] = [await logo(), await film(["-c:a", "aac"], SOUND)];
    const video = (height: number) => marked(of(white, { place: "bottom_right" }), { height });
    const audio = { codec: "aac", bitrateBps: 64_000 } as const;
    const rungs = [180, 90].map((height) => ({
      ...{ container: "cmaf" as const, audio },
      video: { ...video(height), gop: { frames: 25 } },
    }));
    const [best] = rungs;
    const more = mp4(marked(of(white, { place: "top_right" }), { width: 160, height: 160 }));
    const { folder, plan } = await runAndJudge(
      source,
      best ? [best, { ...more, audio }] : [],
      undefined,
      [white],
      { renditions: rungs, isLadder: false },
    );
    for (const [at, k] of [1, 2].entries())
      for (const seconds of [0, 0.4]) {
        const path = join(folder, plan.products[0]?.segments ?? "", `media_${at}.m3u8`);
        const picture = await shown(path, ["-ss", String(seconds)]);
        expectColor(picture, 260 / k, 160 / k, WHITE);
        expectColor(picture, 304 / k, 160 / k, RED);
        expectColor(picture, 236 / k, 160 / k, GREY);
      }
    // What is filled up belongs to the picture: 35 black lines are above it.
    const padded = await shown(join(folder, plan.products[1]?.entry ?? ""));
    expectColor(padded, 130, 16, WHITE);
    expectColor(padded, 130, 32, [0, 0, 0]);
  });

  test("keeps its colours in those of its source: untold, of high definition, of all values, turned, woven", async () => {
    const X = "scale=out_color_matrix=bt709:out_range";
    const sources = await Promise.all([
      film(["-vf", `${X}=tv,format=yuv420p`, "-colorspace", "bt709", "-color_range", "tv"]),
      film(["-vf", `${X}=pc,format=yuvj420p`, "-colorspace", "bt709", "-color_range", "pc"]),
      film(["-flags", "+ilme+ildct", "-x264-params", "tff=1"]),
    ]);
    const upright = await madeBy("turned.mp4", ["-i", await film(), "-c", "copy"]);
    turn(upright);
    const pictures = [await logo("l.webp", ["-lossless", "1"]), await logo("l.jpg", JPEG)];
    for (const [index, source] of [...sources, upright].entries()) {
      const picture = pictures[index % 2] ?? "";
      const asked = marked(of(picture), { progressive: index !== 2 });
      const [made] = await madeOf(source, picture, [mp4(asked)]);
      const width = source === upright ? 180 : 320;
      expect(made?.size.split(" ")[0]).toBe(String(width));
      const k = width / 320;
      expectColor(made as Shown, 20 * k, 32 * k, WHITE);
      expectColor(made as Shown, 60 * k, 32 * k, RED);
    }
  });

  test("stands upright and in its shape if a camera has turned it", async () => {
    const picture = await logo("camera.jpg", JPEG);
    const bytes = await readFile(picture);
    // Of EXIF the orientation alone: a quarter clockwise.
    const tiff = [..."MM"].map((one) => one.charCodeAt(0));
    const exif = Buffer.from([...tiff, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, 6]);
    const block = Buffer.concat([Buffer.from("Exif\0\0"), exif, Buffer.alloc(6)]);
    const marker = Buffer.from([0xff, 0xe1, 0, block.length + 2]);
    await writeFile(
      picture,
      Buffer.concat([bytes.subarray(0, 2), marker, block, bytes.subarray(2)]),
    );
    const [made] = await madeOf(await film(), picture, [mp4(marked(of(picture)))]);
    // 80x120: what was on its left is above.
    expectColor(made as Shown, 40, 30, WHITE);
    expectColor(made as Shown, 40, 90, RED);
    expectColor(made as Shown, 40, 126, GREY);
    expectColor(made as Shown, 86, 30, GREY);
  });

  test("is as light as white where the range is kept, in PQ and HLG, and in a standard one of ten bits", async () => {
    const picture = await logo();
    // Of 1023: 58 % and 75 % of the range of films, and all of it.
    const lights = { smpte2084: 573, "arib-std-b67": 721, "bt2020-10": 940 };
    for (const [transfer, light] of Object.entries(lights)) {
      const path = await madeBy("deep.mp4", [
        ...["-f", "lavfi", "-i", "color=0x404040:size=320x180:rate=10:duration=0.3"],
        ...["-vf", "format=yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params"],
        `colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc:log-level=none`,
        ...["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"],
        ...["-color_range", "tv"],
      ]);
      const asked = marked(of(picture), { codec: "h265", dynamicRange: "source" });
      const { folder } = await runAndJudge(path, [mp4(asked)], undefined, [picture]);
      const raw = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p10le", "-"];
      const values = await outputOf("ffmpeg", ["-i", join(folder, "0/out.mp4"), ...raw]);
      const found = values.readUInt16LE((32 * 320 + 20) * 2);
      expect([transfer, found, Math.abs(found - light) <= 6]).toEqual([transfer, found, true]);
    }
  });
});
