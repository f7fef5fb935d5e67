import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { appliesCrops } from "../../../src/engine/ffmpeg/header-reads.ts";
import { once } from "../../../src/lib/once.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import {
  type Aperture,
  COLOURS,
  ROOM_FOR_CROP,
  withClap,
  withMatrix,
  withPixelCrop,
} from "../../fixtures/shown.ts";
import { distance, type Shown, shown } from "../pictures.ts";
import { capabilitiesHere, custom, madeBy, mp4, runAndJudge, TIMEOUT_MS } from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

/** A picture that is a pixel off is further away. */
const SAME = 5;
const SHARP = custom({ bitrateBps: 4_000_000 });

// Unlike itself at every place.
const flatFile = once(() =>
  madeBy("flat.mp4", [
    ...["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=0.3", "-pix_fmt", "yuv420p"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", ...COLOURS],
  ]),
);

const copied = async (name: string, more: readonly string[] = ["-c", "copy"]): Promise<string> =>
  madeBy(name, ["-i", await flatFile(), ...more]);

const matroska = async (elements: Parameters<typeof withPixelCrop>[1]): Promise<string> =>
  withPixelCrop(await copied("flat.mkv", ["-c", "copy", ...ROOM_FOR_CROP]), elements);

const APERTURE: Aperture = { width: 240, height: 180, x: -20, y: 10 };
/** The same in Matroska. */
const EDGES = { left: 20, right: 60, top: 40, bottom: 20 };
const CROP = "crop=240:180:20:40";

async function expectShown(path: string, filters: string): Promise<void> {
  const { folder } = await runAndJudge(path, [mp4(SHARP)]);
  expectNear(await shown(join(folder, "0/out.mp4")), await flatWith(filters));
}

const flatWith = async (filters: string): Promise<Shown> =>
  shown(await flatFile(), ["-vf", filters]);

function expectNear(made: Shown, wanted: Shown): void {
  expect(made.size).toBe(wanted.size);
  expect(distance(made, wanted)).toBeLessThan(SAME);
}

describe("a picture that its container crops", () => {
  test.each(["mp4", "mov"])("is what is left of it: %s", async (container) => {
    await expectShown(withClap(await copied(`flat.${container}`), APERTURE), CROP);
  });

  test.each([
    ["whole pixels of a fraction", { width: [703, 3], x: 0 }, "crop=234:180:42:40,scale=236:180"],
    ["even pixels of odd ones", { width: 237, x: [-39, 2] }, "crop=236:180:22:40,scale=238:180"],
  ] as const)("is %s", async (_, aperture, filters) => {
    const path = withClap(await flatFile(), { ...APERTURE, ...aperture });
    await expectShown(path, filters);
  });

  test.each([
    ["by a quarter", [0, 1, -1, 0], "transpose=clock"],
    ["by three quarters", [0, -1, 1, 0], "transpose=cclock"],
    ["and mirrored", [-1, 0, 0, 1], "hflip"],
    ["and mirrored along the other", [0, -1, -1, 0], "transpose=clock_flip"],
  ] as const)("is cropped before it is turned %s", async (_, matrix, turn) => {
    const aperture = { ...APERTURE, width: 239, height: 179, x: [-41, 2], y: [19, 2] } as const;
    const path = withMatrix(withClap(await flatFile(), aperture), matrix);
    const size = turn.startsWith("transpose") ? "180:240" : "240:180";
    await expectShown(path, `crop=238:178:20:40,${turn},scale=${size}`);
  });

  test("is what is left of it: mkv", async () => {
    await expectShown(await matroska(EDGES), CROP);
  });

  test.each([
    ["the size that is shown", { displayWidth: 200, displayHeight: 240 }, "scale=200:240"],
    ["its shape", { displayWidth: 4, displayHeight: 3, displayUnit: 3 }, "scale=320:240"],
    ["nothing of it", { displayWidth: 9, displayHeight: 7, displayUnit: 4 }, "null"],
  ])("has the shape that its Matroska says by %s", async (_, display, filters) => {
    const path = await matroska({ left: 120, ...display });
    await expectShown(path, `crop=200:240:120:0,${filters}`);
  });

  test("is no other track's", async () => {
    const sine = ["-f", "lavfi", "-i", "sine=duration=0.3"];
    const both = ["-map", "1:a", "-map", "0:v", "-c:v", "copy", "-c:a", "aac"];
    const mkv = await copied("both.mkv", [...sine, ...ROOM_FOR_CROP, ...both]);
    await expectShown(withPixelCrop(mkv, EDGES), CROP);
    await expectShown(withClap(await copied("both.mp4", [...sine, ...both]), APERTURE), CROP);
  });

  test("is copied only by who writes that", async () => {
    const path = withClap(await flatFile(), APERTURE);
    const copies = [mp4("copy"), { ...mp4("copy"), container: "mkv" } as const];
    if (appliesCrops(await capabilitiesHere())) {
      const { folder } = await runAndJudge(path, copies);
      const flat = await flatWith(CROP);
      expectNear(await shown(join(folder, "0/out.mp4")), flat);
      expectNear(await shown(join(folder, "1/out.mkv")), flat);
      return;
    }
    for (const copy of copies)
      expect(await taskErrorOf(runAndJudge(path, [copy]))).toMatchObject({
        code: "output_not_supported",
        message: "Cannot copy the video: its container crops it, which this ffmpeg does not write",
      });
  });
});
