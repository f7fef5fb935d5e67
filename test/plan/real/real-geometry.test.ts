import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { withMatrix, withOrientation } from "../../fixtures/shown.ts";
import { expectSame, type Shown, shown } from "../pictures.ts";
import { capabilitiesHere, custom, madeBy, mp4, runAndJudge, TIMEOUT_MS } from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

// Unlike itself in every mirror and turn.
const SCENE = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=10:duration=0.5"];
const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

const flat = (name: string): Promise<string> => madeBy(name, [...SCENE, ...X264]);

async function expectShownAs(path: string): Promise<Shown> {
  const source = await shown(path);
  const { folder } = await runAndJudge(path, [mp4(custom({ bitrateBps: 2_000_000 }))]);
  expectSame(await shown(join(folder, "0/out.mp4")), source);
  return source;
}

/** A film of JPEGs, each turned by its own EXIF. */
async function jpegFilm(container: string, orientation: number): Promise<string> {
  const folder = tempFolder();
  await ffmpeg([...SCENE, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", join(folder, "%02d.jpg")]);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    writeFileSync(path, withOrientation(readFileSync(path), orientation));
  }
  const pictures = ["-framerate", "10", "-i", join(folder, "%02d.jpg")];
  return madeBy(`exif.${container}`, [...pictures, "-c", "copy"]);
}

/** A film whose key frames say that all are to be turned by a quarter to the left, as its header does not. */
async function turnedByFrames(name: string): Promise<string> {
  const turn = "h264_metadata=display_orientation=insert:rotate=90";
  return madeBy(name, ["-i", await flat("flat.mp4"), "-c", "copy", "-bsf:v", turn]);
}

const lastPicture = (filters = "") => ["-vf", `${filters}select=gte(n\\,4)`];

describe("the picture that a viewer shows", () => {
  test.each([
    ["mov", 6],
    ["mkv", 5],
  ])("is turned as its JPEGs say: %s, %d", async (container, orientation) => {
    const { size } = await expectShownAs(await jpegFilm(container, orientation));
    expect(size).toBe(orientation > 4 ? "240 320" : "320 240");
  });

  test.each(["mp4", "ts", "mkv"])(
    "is turned as its H.264 says, all along, or refused where this ffmpeg does not: %s",
    async (container) => {
      const path = await turnedByFrames(`sei.${container}`);
      const encode = mp4(custom({ height: 160, bitrateBps: 1_000_000 }));
      const { folder } = await runAndJudge(path, [mp4("copy")]);
      expect((await shown(join(folder, "0/out.mp4"))).size).toBe("240 320");
      const { options } = await capabilitiesHere();
      if (!options.includes("apply_cropping")) {
        const { code, message } = await taskErrorOf(runAndJudge(path, [encode]));
        expect(code).toBe("input_not_supported");
        expect(message).toContain("this ffmpeg turns those alone");
        return;
      }
      const made = await runAndJudge(path, [encode]);
      expect(made.outputs[0]?.video?.packets?.count).toBe(5);
      const turned = await shown(
        await flat("flat.mp4"),
        lastPicture("transpose=cclock,scale=120:160,"),
      );
      expectSame(await shown(join(made.folder, "0/out.mp4"), lastPicture()), turned);
    },
  );

  test("stays turned in a copy, wherever its JPEGs go", async () => {
    const path = await jpegFilm("avi", 6);
    const copy = { video: "copy", audio: "none" } as const;
    const { folder } = await runAndJudge(path, [
      { ...copy, container: "mov" },
      { ...copy, container: "mkv" },
    ]);
    expect((await shown(join(folder, "0/out.mov"))).size).toBe("240 320");
    expect((await shown(join(folder, "1/out.mkv"))).size).toBe("240 320");
  });

  test.each([
    ["left to right", [-1, 0, 0, 1]],
    ["top to bottom", [1, 0, 0, -1]],
    ["along its diagonal", [0, 1, 1, 0]],
    ["not at all, but turned by half", [-1, 0, 0, -1]],
  ] as const)("is mirrored %s", async (_, matrix) => {
    await expectShownAs(withMatrix(await flat("flat.mp4"), matrix));
  });

  test("is all of an animated AVIF, of which the first picture stands beside it", async () => {
    const path = await madeBy("film.avif", [...SCENE, "-c:v", "libaom-av1", "-cpu-used", "8"]);
    const { outputs } = await runAndJudge(path, [mp4(custom())]);
    expect(outputs[0]?.video?.packets?.count).toBe(5);
  });

  test("is no film where it is a still", async () => {
    const still = ["-frames:v", "1", "-c:v", "libaom-av1", "-cpu-used", "8"];
    const path = await madeBy("still.avif", [...SCENE, ...still]);
    const error = await taskErrorOf(runAndJudge(path, [mp4(custom())]));
    expect(error).toMatchObject({
      code: "input_not_supported",
      message: "Cannot read the source: it is a still picture",
    });
  });
});
