import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { reportOf } from "../../fixtures/browser.ts";
import { clip } from "../../fixtures/clips.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { distance, shown } from "../../plan/pictures.ts";

setDefaultTimeout(120_000);

const SMALL = { width: 160, height: 90, seconds: 2 };
const ENGINES = { native: () => openNative(), wasm: () => openWasm() };
const STILLS: readonly Qlty[] = [
  { container: "jpg", bitrate: 100_000 },
  { container: "webp", bitrate: 100_000 },
  { container: "png" },
];
const AVIF: Qlty = { container: "avif", bitrate: 100_000 };

const made = async (
  qlties: readonly Qlty[],
  engine: keyof typeof ENGINES,
  cut?: object,
  container = "mp4",
) => {
  const source = await clip({ ...SMALL, container });
  const open = await ENGINES[engine]();
  return Promise.all(
    qlties.map((qlty) =>
      makeProducts(source, profileOf(toRendition(qlty)), { engine: open, ...cut }),
    ),
  );
};

/** What a browser decodes of each picture: how long it lasts, in microseconds, and its pixels. */
type Seen = { readonly durations: readonly number[]; readonly pictures: readonly number[][] };

const READ_ALL = `<script type="module">
  const data = await (await fetch("/out.webp")).arrayBuffer();
  const decoder = new ImageDecoder({ data, type: "image/webp" });
  await decoder.tracks.ready;
  const [durations, pictures] = [[], []];
  for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex++) {
    const { image } = await decoder.decode({ frameIndex });
    durations.push(image.duration);
    const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data: pixels } = context.getImageData(0, 0, canvas.width, canvas.height);
    pictures.push([...pixels].filter((_, at) => at % 4 !== 3));
  }
  await fetch("/report", { method: "POST", body: JSON.stringify({ durations, pictures }) });
</script>`;

describe.each(["native", "wasm"] as const)("on %s", (engine) => {
  test("a single picture is the source's, in each container", async () => {
    const qlties = engine === "native" ? [...STILLS, AVIF] : STILLS;
    const all = await made(qlties, engine, { clip: { startSeconds: 0.4 } });
    const outputs = all.map(({ verified }) => verified[0]?.output);
    expect(outputs.map((output) => output?.container)).toEqual(
      qlties.map(({ container }) => container),
    );
    expect(outputs.map((output) => output?.durationSeconds)).toEqual(qlties.map(() => 0));
    const source = await shown(await clip(SMALL), ["-ss", "0.4"]);
    for (const [at, { folder }] of all.entries()) {
      const picture = await shown(join(folder, `0/out.${qlties[at]?.container}`));
      expect(picture.size).toBe("160 90");
      expect(distance(picture, source)).toBeLessThan(8);
    }
  });

  test("an animated webp has all pictures of its clip, as fast and as often as was asked for", async () => {
    const webp: Qlty = {
      container: "awebp",
      width: 80,
      framerate: "12",
      loop: 3,
      bitrate: 900_000,
    };
    const cut = { clip: { startSeconds: 0.5, durationSeconds: 1 } };
    const [drawn] = await made([webp, webp], engine, cut);
    const output = drawn?.verified[0]?.output;
    expect(output).toMatchObject({ container: "awebp", video: { codec: "webp", width: 80 } });
    expect(output?.durationSeconds).toBeCloseTo(1, 1);
    expect(output?.video?.framerate).toBeCloseTo(12, 0);
    const bytes = readFileSync(join(drawn?.folder ?? "", "0/out.webp"));
    // The colour behind it, then how often it is shown.
    expect(bytes.readUInt16LE(bytes.indexOf("ANIM") + 12)).toBe(3);
    // Another reader: ffmpeg itself decodes none before 9.
    const seen = (await reportOf(READ_ALL, join(drawn?.folder ?? "", "0"), {})) as Seen;
    expect(seen.durations).toHaveLength(12);
    expect(seen.durations.reduce((sum, one) => sum + one, 0) / 1e6).toBeCloseTo(1, 1);
    const source = await clip(SMALL);
    for (const [at, seconds] of [0.5, 1.42].entries()) {
      const wanted = await shown(source, ["-ss", String(seconds), "-vf", "scale=80:-2"]);
      const picture = seen.pictures[at === 0 ? 0 : 11] ?? [];
      expect(distance({ ...wanted, pixels: Buffer.from(picture) }, wanted)).toBeLessThan(16);
    }
  });

  test("a gif of a bitrate has fewer colours, and is smaller", async () => {
    const gif: Qlty = { container: "gif", width: 160, framerate: "12" };
    const all = await made([gif, { ...gif, bitrate: 50_000 }], engine);
    const sizes = all.map(({ verified }) => verified[0]?.output.sizeBytes ?? 0);
    expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) / 2);
    const [picture, source] = await Promise.all([
      shown(join(all[1]?.folder ?? "", "0/out.gif")),
      shown(await clip(SMALL)),
    ]);
    expect(distance(picture, source)).toBeLessThan(40);
  });

  // A source without an index is read from its beginning, and cut later.
  test.each(["mp4", "ts"])(
    "a gif of %s is drawn from a palette of its own, as fast and as often as was asked for",
    async (container) => {
      const gif: Qlty = { container: "gif", width: 80, framerate: "25", loop: 3 };
      const cut = { clip: { startSeconds: 0.48, durationSeconds: 1 } };
      const [drawn] = await made([gif], engine, cut, container);
      if (!drawn) throw new Error("nothing was made");
      const { folder, verified, plans } = drawn;
      expect(plans.at(-1)?.steps.map(({ name }) => name)).toEqual(["first pass", "encode"]);
      expect(verified[0]?.output).toMatchObject({ container: "gif", durationSeconds: 1 });
      expect(verified[0]?.output.video).toMatchObject({ codec: "gif", width: 80, framerate: 25 });
      const bytes = readFileSync(join(folder, "0/out.gif"));
      // What follows the name in the extension: a block of 3 bytes, its number, and how often it is shown after the first time.
      const at = bytes.indexOf("NETSCAPE2.0") + 11;
      expect([...bytes.subarray(at, at + 4)]).toEqual([3, 1, 2, 0]);
      const [picture, source] = await Promise.all([
        shown(join(folder, "0/out.gif")),
        shown(await clip(SMALL), ["-ss", "0.48", "-vf", "scale=80:-2"]),
      ]);
      expect(picture.size).toBe(source.size);
      expect(distance(picture, source)).toBeLessThan(16);
    },
  );
});
