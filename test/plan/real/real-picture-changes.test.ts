import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { turn } from "../../fixtures/turned.ts";
import { type Shown, shown } from "../pictures.ts";
import { custom, madeBy, mp4, runAndJudge, TIMEOUT_MS } from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "1", "-pix_fmt", "yuv420p"];
const RED = "#ff0000";
const GREEN = "#008000";
const BLUE = "#0000ff";
const WHITE = "#ffffff";

const plain = (color: string) => `color=${color}:size=160x120:rate=10:duration=0.3`;
/** Four colours, a quarter each: red and green above blue and white. */
const QUARTERS = `${plain(RED)}[r];${plain(GREEN)}[g];${plain(BLUE)}[b];${plain(WHITE)}[w];[r][g]hstack[t];[b][w]hstack[u];[t][u]vstack`;

const quarters = (name: string, more: readonly string[] = []): Promise<string> =>
  madeBy(name, ["-f", "lavfi", "-i", QUARTERS, ...more, ...X264]);

/** The colour at a place, each of its parts rounded to one of three. */
function colorAt({ size, pixels }: Shown, x: number, y: number): string {
  const at = (y * Number(size.split(" ")[0]) + x) * 3;
  const parts = [...pixels.subarray(at, at + 3)].map((value) =>
    value < 64 ? "00" : value < 192 ? "80" : "ff",
  );
  return `#${parts.join("")}`;
}

/** The colours of a picture's corners: above from left to right, then below. */
function corners(picture: Shown): readonly string[] {
  const [width = 0, height = 0] = picture.size.split(" ").map(Number);
  const [right, bottom] = [width - 1, height - 1];
  return [
    [0, 0],
    [right, 0],
    [0, bottom],
    [right, bottom],
  ].map(([x = 0, y = 0]) => colorAt(picture, x, y));
}

/** What is shown of each encode of a file. */
async function shownAs(path: string, ...encodes: Partial<VideoEncode>[]): Promise<Shown[]> {
  const renditions = encodes.map((one) => mp4(custom({ bitrateBps: 2_000_000, ...one })));
  const { folder } = await runAndJudge(path, renditions);
  return Promise.all(encodes.map((_, at) => shown(join(folder, `${at}/out.mp4`))));
}

describe("a crop", () => {
  test("keeps the quarter that it names, to its edge, and a middle of all", async () => {
    const [green, edge, middle] = await shownAs(
      await quarters("flat.mp4"),
      { crop: { width: 160, height: 120, x: 160, y: 0 } },
      { crop: { width: 80, height: 120, x: 158, y: 0 } },
      { crop: { width: 80, height: 80 }, width: 160 },
    );
    expect([green?.size, edge?.size, middle?.size]).toEqual(["160 120", "80 120", "160 160"]);
    expect(corners(green as Shown)).toEqual([GREEN, GREEN, GREEN, GREEN]);
    expect(corners(edge as Shown)).toEqual([RED, GREEN, RED, GREEN]);
    expect(colorAt(edge as Shown, 4, 60)).toBe(GREEN);
    expect(corners(middle as Shown)).toEqual([RED, GREEN, BLUE, WHITE]);
  });

  test("is of the picture as a phone shows it", async () => {
    const path = await madeBy("turned.mp4", ["-i", await quarters("flat.mp4"), "-c", "copy"]);
    turn(path);
    const upright = await shown(path);
    expect(upright.size).toBe("240 320");
    const [right] = await shownAs(path, { crop: { width: 80, height: 320, x: 160, y: 0 } });
    expect(right?.size).toBe("80 320");
    const [, above, , below] = corners(upright);
    expect(corners(right as Shown)).toEqual([above, above, below, below].map(String));
  });

  test("is made of pixels that are not square, which then are", async () => {
    const path = await quarters("wide.mp4", ["-vf", "setsar=2"]);
    const [half] = await shownAs(path, { crop: { width: 160, height: 240, x: 160, y: 0 } });
    expect(half?.size).toBe("320 240");
    expect(corners(half as Shown)).toEqual([GREEN, GREEN, WHITE, WHITE]);
  });
});

describe("padding", () => {
  test("has the colour that was asked for, or is not there", async () => {
    const box = { width: 320, height: 128 };
    const [black, orange, none] = await shownAs(
      await quarters("flat.mp4"),
      box,
      { ...box, pad: "#ff8000" },
      { ...box, pad: "off" },
    );
    expect(corners(black as Shown)).toEqual(Array(4).fill("#000000"));
    expect(corners(orange as Shown)).toEqual(Array(4).fill("#ff8000"));
    expect(none?.size).toBe("170 128");
    expect(corners(none as Shown)).toEqual([RED, GREEN, BLUE, WHITE]);
  });
});

/** How much neighbours in a picture differ, of 255. */
function roughness({ pixels }: Shown): number {
  let sum = 0;
  for (let at = 3; at < pixels.length; at++)
    sum += Math.abs((pixels[at] ?? 0) - (pixels[at - 3] ?? 0));
  return sum / pixels.length;
}

describe("deinterlacing and denoising", () => {
  test("make frames of all fields, of pairs, or leave them woven", async () => {
    const moving = "testsrc=size=320x240:rate=50:duration=0.4,tinterlace=4,fieldorder=tff";
    const flags = ["-flags", "+ilme+ildct", "-x264-params", "tff=1"];
    const path = await madeBy("fields.mp4", ["-f", "lavfi", "-i", moving, ...X264, ...flags]);
    const modes = [{}, { deinterlace: "bob" }, { deinterlace: "off" }] as const;
    const renditions = modes.map((one) => mp4(custom({ bitrateBps: 4_000_000, ...one })));
    const { source, outputs } = await runAndJudge(path, renditions);
    expect(source.video?.isInterlaced).toBe(true);
    expect(outputs.map(({ video }) => video?.packets?.count)).toEqual([10, 20, 10]);
    expect(outputs.map(({ video }) => video?.isInterlaced)).toEqual([false, false, false]);
  });

  test("take more noise from a picture the stronger they are", async () => {
    const noisy = "color=gray:size=160x120:rate=10:duration=0.5,noise=alls=40:allf=t";
    const path = await madeBy("noise.mp4", ["-f", "lavfi", "-i", noisy, ...X264]);
    const made = await shownAs(
      path,
      ...([undefined, "light", "medium", "strong"] as const).map((denoise) => ({
        bitrateBps: 8_000_000,
        ...(denoise && { denoise }),
      })),
    );
    const [none = 0, light = 0, medium = 0, strong = 0] = made.map(roughness);
    expect(light).toBeLessThan(none);
    expect(medium).toBeLessThan(light);
    expect(strong).toBeLessThan(medium);
  });
});
