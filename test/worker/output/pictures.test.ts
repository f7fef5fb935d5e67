import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { reportOf } from "../../fixtures/browser.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
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

  test("an animated webp of a film that stands still is a single picture", async () => {
    const path = join(tempFolder(), "still.mp4");
    await ffmpeg(["-f", "lavfi", "-i", "color=0x808080:s=160x90:r=10:d=2", path]);
    const webp: Qlty = { container: "awebp", bitrate: 100_000 };
    const { folder, verified } = await makeProducts(path, profileOf(toRendition(webp)), {
      engine: await ENGINES[engine](),
      clip: { startSeconds: 0.5, durationSeconds: 1 },
    });
    const video = { codec: "webp", width: 160, height: 90 };
    expect(verified[0]?.output).toMatchObject({ container: "awebp", durationSeconds: 1, video });
    const picture = await shown(join(folder, "0/out.webp"));
    expect(distance(picture, await shown(path))).toBeLessThan(4);
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

  /** How light the middle of each picture of a sheet is, and how many steps made it. */
  const lightsOf = async (
    path: string,
    [columns, rows]: readonly [number, number],
    more?: object,
  ) => {
    const contact_sheet = { columns, rows, width: 80 };
    const qlty: Qlty = { container: "png", contact_sheet, ...more };
    const { folder, plans, verified } = await makeProducts(path, profileOf(toRendition(qlty)), {
      engine: await ENGINES[engine](),
    });
    const { size, pixels } = await shown(join(folder, "0/out.png"));
    // With square pixels and even sides.
    expect(size).toBe(`${80 * columns} ${46 * rows}`);
    expect(verified[0]?.output.video).toMatchObject({ width: 80 * columns, height: 46 * rows });
    const middles = Array.from({ length: columns * rows }, (_, at) => {
      const [x, y] = [80 * (at % columns) + 40, 46 * Math.floor(at / columns) + 23];
      return pixels[(y * 80 * columns + x) * 3] ?? 0;
    });
    return { steps: plans.at(-1)?.steps.length, middles };
  };

  test("a contact sheet shows a film from its beginning to its end, however it is read", async () => {
    const path = join(tempFolder(), "grey.mp4");
    // As light as it is late: 8 a second of 24.
    const light = "color=black:s=160x90:r=2:d=24,geq=lum=16+8*T:cb=128:cr=128";
    await ffmpeg(["-f", "lavfi", "-i", light, "-c:v", "libx264", "-g", "10", path]);
    const expected = (count: number) =>
      Array.from({ length: count }, (_, at) => ((8 * 24 * (at + 0.5)) / count) * (255 / 219));
    for (const [columns, rows, steps] of [
      [2, 1, 3],
      [3, 2, 1],
    ] as const) {
      const made = await lightsOf(path, [columns, rows]);
      expect(made.steps).toBe(steps);
      for (const [at, wanted] of expected(columns * rows).entries())
        expect(Math.abs((made.middles[at] ?? 0) - wanted)).toBeLessThan(9);
    }
  });

  test("a contact sheet shows what stands at its moments: slides, and frames of two fields", async () => {
    const folder = tempFolder();
    const [slides, fields] = [join(folder, "slides.mp4"), join(folder, "fields.mp4")];
    const light = "color=black:s=160x92:r=25:d=3,geq=lum=16+73*floor(T):cb=128:cr=128";
    const source = ["-f", "lavfi", "-i", light, "-c:v", "libx264"];
    // One picture a second, and the last one again at the end.
    const few = ["-vf", "select=eq(mod(n\\,25)\\,0)+eq(n\\,74)", "-fps_mode", "vfr"];
    await ffmpeg([...source, ...few, slides]);
    await ffmpeg([...source, "-vf", "setfield=tff", "-flags", "+ildct+ilme", fields]);
    for (const [path, more] of [
      [slides, {}],
      [fields, { deinterlace: "bob", denoise: "strong" }],
    ] as const) {
      const { middles } = await lightsOf(path, [3, 2], more);
      for (const [at, wanted] of [0, 0, 85, 85, 170, 170].entries())
        expect(Math.abs((middles[at] ?? 0) - wanted)).toBeLessThan(9);
    }
  });

  test("a waveform shows silence flat and tones as loud as they are, of sound alone as well", async () => {
    const path = join(tempFolder(), "tones.m4a");
    const tone = (volume: number) => `if(lt(t,1),0,${volume}*sin(2764.6*t))`;
    const sound = `aevalsrc='${tone(0.8)}|${tone(0.2)}':d=2:s=48000`;
    await ffmpeg(["-f", "lavfi", "-i", sound, "-c:a", "aac", "-b:a", "192k", path]);
    const look = { width: 200, height: 100, color: "#ff8000", background: "#000040" } as const;
    const open = await ENGINES[engine]();
    const drawn = async (container: Qlty["container"], channels: "mixed" | "separate") => {
      const bitrate = container === "png" ? {} : { bitrate: 100_000 };
      const qlty: Qlty = { container, ...bitrate, waveform: { ...look, channels } };
      const made = await makeProducts(path, profileOf(toRendition(qlty)), { engine: open });
      expect(made.verified[0]?.output).toMatchObject({ video: { width: 200, height: 100 } });
      const { size, pixels } = await shown(join(made.folder, `0/out.${container}`));
      expect(size).toBe("200 100");
      // How many lines of a column have the wave's colour, above and below the middle.
      return (x: number) =>
        [0, 50].map(
          (from) =>
            Array.from({ length: 50 }, (_, y) => pixels[((y + from) * 200 + x) * 3] ?? 0).filter(
              (red) => red > 128,
            ).length,
        );
    };
    const mixed = await drawn("png", "mixed");
    expect(mixed(50)).toEqual([0, 0]);
    // The middle of 0.8 and 0.2, of the half of 50 lines.
    for (const lines of mixed(150)) expect(lines).toBeWithin(20, 30);
    const apart = await drawn("jpg", "separate");
    expect(Math.max(...apart(50))).toBeLessThan(2);
    const [loud = 0, quiet = 0] = apart(150);
    expect(loud / quiet).toBeWithin(3, 5.5);
  });

  test("a waveform of a film is silent where its sound has not begun, or is over", async () => {
    const path = join(tempFolder(), "late.mp4");
    const picture = ["-f", "lavfi", "-i", "color=0x808080:s=160x90:r=10:d=3"];
    const sound = [
      "-itsoffset",
      "1",
      "-f",
      "lavfi",
      "-i",
      "aevalsrc=0.8*sin(2764.6*t):d=1:s=48000",
    ];
    await ffmpeg([...picture, ...sound, "-c:a", "aac", path]);
    const look = { width: 300, height: 64, color: "#ffffff", background: "#000000" };
    const waveform = { ...look, channels: "mixed" } as const;
    const qlty: Qlty = { container: "png", waveform };
    const { folder } = await makeProducts(path, profileOf(toRendition(qlty)), {
      engine: await ENGINES[engine](),
    });
    const { pixels } = await shown(join(folder, "0/out.png"));
    const heightOf = (x: number) =>
      Array.from({ length: 64 }, (_, y) => pixels[(y * 300 + x) * 3] ?? 0).filter((v) => v > 128)
        .length;
    expect([50, 90, 210, 250].map(heightOf)).toEqual([0, 0, 0, 0]);
    for (const x of [110, 150, 190]) expect(heightOf(x)).toBeGreaterThan(40);
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
