import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import type { Extras } from "../../../src/task/task.ts";
import { copyFonts } from "../../../src/worker/subtitles/fonts.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { picturedFilm } from "../../fixtures/pictured-subtitles.ts";
import { subtitleFile } from "../../fixtures/subtitled.ts";
import { aCustomVideo, anAudio } from "../../plan/builders.ts";
import { outputOf } from "../../plan/run-plan.ts";

setDefaultTimeout(60_000);

const run = promisify(execFile);

const profile = (video: Partial<VideoEncode>, more: Partial<Rendition> = {}) =>
  profileOf({
    container: "mp4",
    video: aCustomVideo({ effort: "highPerformance", bitrateBps: 400_000, ...video }),
    audio: anAudio({ bitrateBps: 64_000 }),
    ...more,
  });

/** Where red is in a picture: the box around it, each side within a few pixels; undefined if there is none. */
async function redIn(path: string, seconds: number, width: number, height: number) {
  const args = ["-i", path, "-ss", String(seconds)];
  const raw = await outputOf("ffmpeg", [
    ...args,
    "-frames:v",
    "1",
    "-pix_fmt",
    "rgb24",
    "-f",
    "rawvideo",
    "-",
  ]);
  expect(raw.length).toBe(width * height * 3);
  const at = Array.from({ length: width * height }, (_, pixel) => pixel).filter(
    (pixel) => (raw[pixel * 3] ?? 0) > 150 && (raw[pixel * 3 + 2] ?? 0) < 100,
  );
  if (at.length === 0) return undefined;
  const [xs, ys] = [at.map((one) => one % width), at.map((one) => Math.floor(one / width))];
  const side = (all: readonly number[]) => [
    all.reduce((a, b) => Math.min(a, b)),
    all.reduce((a, b) => Math.max(a, b)) + 1,
  ];
  return [...side(xs), ...side(ys)];
}

/** As that box, each side within four pixels: they are rounded to those, as colours have half the size. */
const isBox = (found: readonly number[] | undefined, ...sides: readonly number[]) =>
  found?.length === sides.length &&
  sides.every((side, at) => Math.abs(side - (found[at] ?? 0)) <= 4)
    ? sides
    : found;

const BOXES = [
  { from: 1, to: 2, x: 110, y: 130, width: 100, height: 30 },
  { from: 2.5, to: 3.5, x: 20, y: 150, width: 40, height: 20 },
];

/** ASS that draws a red box without a font, of the size of the pictures above. */
const ASS = `[Script Info]
ScriptType: v4.00+
PlayResX: 320
PlayResY: 180
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Outline, Shadow, Alignment
Style: Default,DejaVu Sans,20,&H000000FF,&H000000FF,0,0,7
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\pos(110,130)\\p1}m 0 0 l 100 0 100 30 0 30{\\p0}
`;

const blue = async (): Promise<string> => {
  const path = join(tempFolder(), "blue.mkv");
  const video = ["-f", "lavfi", "-i", "color=blue:s=320x180:r=25:d=3"];
  const sound = ["-f", "lavfi", "-i", "sine=440:duration=3"];
  await ffmpeg([...video, ...sound, "-c:v", "libx264", "-g", "25", "-c:a", "aac", path]);
  return path;
};

const ofFile = (text: string): Extras => ({
  subtitles: [{ url: subtitleFile("a.ass", text), language: "de" }],
});

describe("subtitles in the picture", () => {
  test("are texts of a file, at their place and their time, also in a clip", async () => {
    const source = await blue();
    const extras = ofFile(ASS);
    const whole = await makeProducts(source, profile({ burnIn: "de", width: 640 }), { extras });
    const path = join(whole.folder, "0", "out.mp4");
    expect(whole.warnings).toEqual([]);
    expect(await redIn(path, 0.9, 640, 360)).toBeUndefined();
    expect(isBox(await redIn(path, 1.1, 640, 360), 220, 420, 260, 320)).toEqual([
      220, 420, 260, 320,
    ]);
    expect(await redIn(path, 2.1, 640, 360)).toBeUndefined();
    const square = profile({ burnIn: 0, width: 320, height: 320 });
    const clip = { startSeconds: 1.4, durationSeconds: 1 };
    const cut = await makeProducts(source, square, { extras, clip });
    const part = join(cut.folder, "0", "out.mp4");
    expect(isBox(await redIn(part, 0, 320, 320), 110, 210, 200, 230)).toEqual([110, 210, 200, 230]);
    expect(isBox(await redIn(part, 0.5, 320, 320), 110, 210, 200, 230)).toEqual([
      110, 210, 200, 230,
    ]);
    expect(await redIn(part, 0.7, 320, 320)).toBeUndefined();
  });

  test.each([
    ["hdmv_pgs_subtitle", 2.2],
    // Those made of others here last until the next.
    ["dvd_subtitle", 3.7],
  ] as const)("are pictures of %s, also where they began before a clip", async (codec, later) => {
    const source = await picturedFilm({ codec, boxes: BOXES });
    const crop = { width: 320, height: 140 };
    const whole = await makeProducts(source, profile({ burnIn: "en", crop }));
    const path = join(whole.folder, "0", "out.mp4");
    expect(await redIn(path, 0.9, 320, 140)).toBeUndefined();
    // The canvas stands on the lower edge of what is left of the picture.
    expect(isBox(await redIn(path, 1.2, 320, 140), 110, 210, 90, 120)).toEqual([110, 210, 90, 120]);
    expect(isBox(await redIn(path, 2.7, 320, 140), 20, 60, 110, 130)).toEqual([20, 60, 110, 130]);
    if (later < 3) expect(await redIn(path, later, 320, 140)).toBeUndefined();
    const clip = { startSeconds: 1.4, durationSeconds: 1.4 };
    const cut = await makeProducts(source, profile({ burnIn: 0, width: 640 }), { clip });
    const part = join(cut.folder, "0", "out.mp4");
    expect(isBox(await redIn(part, 0, 640, 360), 220, 420, 260, 320)).toEqual([220, 420, 260, 320]);
    expect(isBox(await redIn(part, 1.25, 640, 360), 40, 120, 300, 340)).toEqual([
      40, 120, 300, 340,
    ]);
  });

  test("are pictures of DVB in a stream that is read from its beginning", async () => {
    const source = await picturedFilm({ codec: "dvb_subtitle", boxes: BOXES.slice(0, 1) });
    const clip = { startSeconds: 0.5, durationSeconds: 1.5 };
    const { folder } = await makeProducts(source, profile({ burnIn: 0 }), { clip });
    const path = join(folder, "0", "out.mp4");
    expect(await redIn(path, 0.3, 320, 180)).toBeUndefined();
    expect(isBox(await redIn(path, 0.7, 320, 180), 110, 210, 130, 160)).toEqual([
      110, 210, 130, 160,
    ]);
  });

  test("are drawn into every picture of a set", async () => {
    const source = await picturedFilm({ boxes: BOXES, canvas: [640, 360] });
    const group = (width: number): Rendition =>
      profile({ burnIn: "en", width }, { container: "cmaf" }).renditions[0] as Rendition;
    const set = { name: "x", description: "", renditions: [group(320), group(160)] };
    const { folder } = await makeProducts(source, set);
    for (const [at, width] of [320, 160].entries()) {
      const playlist = join(folder, "0", "segments", `media_${at}.m3u8`);
      const scale = width / 640;
      const sides = [110, 210, 130, 160].map((side) => side * scale);
      const found = await redIn(playlist, 1.2, width, (width * 9) / 16);
      expect(isBox(found, ...sides)).toEqual(sides);
    }
  });

  test("are drawn with fonts of the source, and with those of the operator's folder", async () => {
    const { stdout } = await run("fc-match", ["-f", "%{file}", "DejaVu Sans Mono"]);
    const [own, film] = [join(tempFolder(), "own"), await blue()];
    mkdirSync(own);
    // A font that no machine has: its names, in both of the ways that they are written, get another first word.
    const renamed = (text: string, encoding: BufferEncoding) => (bytes: Buffer) => {
      const [from, to] = [Buffer.from("DejaVu", encoding), Buffer.from(text, encoding)];
      if (encoding === "utf16le") for (const one of [from, to]) one.swap16();
      for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1))
        to.copy(bytes, at);
      return bytes;
    };
    const font = renamed("Pontus", "latin1")(renamed("Pontus", "utf16le")(readFileSync(stdout)));
    writeFileSync(join(own, "pontus.ttf"), font);
    writeFileSync(join(own, "notes.txt"), "no font");
    const text = ASS.replace("DejaVu Sans,20", "Pontus Sans Mono,60").replace(
      /\{\\pos.*$/m,
      "{\\an5}WiWi",
    );
    const widthBy = async (fonts: string | undefined, source = film) => {
      const extras = ofFile(text);
      const burnt = profile({ burnIn: source === film ? "de" : "fr" });
      const { folder } = await makeProducts(source, burnt, {
        ...(source === film && { extras }),
        ...(fonts && { fonts }),
      });
      const [left = 0, right = 0] =
        (await redIn(join(folder, "0", "out.mp4"), 1.2, 320, 180)) ?? [];
      return right - left;
    };
    const attached = join(tempFolder(), "attached.mkv");
    const mime = ["-metadata:s:t:0", "mimetype=application/x-truetype-font"];
    await ffmpeg([
      ...["-i", film, "-i", subtitleFile("b.ass", text), "-map", "0", "-map", "1", "-c", "copy"],
      ...["-metadata:s:s:0", "language=fre", "-attach", join(own, "pontus.ttf"), ...mime, attached],
    ]);
    const [none, folder, source] = [
      await widthBy(undefined),
      await widthBy(own),
      await widthBy(undefined, attached),
    ];
    expect(none).toBeGreaterThan(0);
    expect(folder).toBe(source);
    expect(folder).not.toBe(none);
  });
});

describe("copyFonts", () => {
  test("takes fonts alone, and says what is wrong with a folder", async () => {
    const [from, to] = [tempFolder(), join(tempFolder(), "subtitles/fonts")];
    for (const name of ["a.TTF", "b.otf", "c.txt"]) writeFileSync(join(from, name), name);
    mkdirSync(join(from, "d.ttf"));
    const { signal } = new AbortController();
    await copyFonts(from, to, signal);
    expect(readdirSync(to).toSorted()).toEqual(["a.TTF", "b.otf"]);
    expect(readFileSync(join(to, "a.TTF"), "utf8")).toBe("a.TTF");
    await expect(copyFonts(join(from, "none"), to, signal)).rejects.toThrow(
      "Cannot read the folder of PONTUS_FONTS",
    );
    const stop = AbortSignal.abort(new Error("it is cancelled"));
    await expect(copyFonts(from, to, stop)).rejects.toThrow("it is cancelled");
    // It takes no room: nothing is written into it.
    truncateSync(join(from, "a.TTF"), (256 << 20) + 1);
    await expect(copyFonts(from, tempFolder(), signal)).rejects.toThrow(
      "Cannot use the fonts of PONTUS_FONTS: they have more than",
    );
  });
});
