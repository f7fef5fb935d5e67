import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engineContract, never } from "../contract/engine.ts";
import { clip, ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { childrenRunning, openNative } from "../fixtures/native-engine.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const engine = openNative();

engineContract(
  "NativeEngine",
  async () => ({ engine: await engine, running: () => childrenRunning().length }),
  { describe, test, expect },
);

/** A clip whose track says by its matrix how a player turns it: the first two rows, `a b` and `c d`. */
async function turnedClip([a, b, c, d]: readonly [
  number,
  number,
  number,
  number,
]): Promise<string> {
  const bytes = readFileSync(await clip({ audio: false }));
  // The matrix of a track header (tkhd) of version 0, in 16.16 fixed point: a b u c d v x y w.
  const matrix = bytes.indexOf("tkhd") + 4 + 40;
  for (const [at, value] of [a, b, 0, c, d].entries())
    bytes.writeInt32BE(value * 0x10000, matrix + at * 4);
  const path = join(tempFolder(), "turned.mp4");
  writeFileSync(path, bytes);
  return path;
}

describe("NativeEngine.prototype.probe", () => {
  test.each([
    [90, [0, 1, -1, 0], "transpose=clock"],
    [180, [-1, 0, 0, -1], "hflip,vflip"],
    [270, [0, -1, 1, 0], "transpose=cclock"],
  ] as const)(
    "gives the clockwise turn that ffmpeg itself makes: %d",
    async (angle, matrix, turn) => {
      const path = await turnedClip(matrix);
      const { video } = await (await engine).probe({ path, side: "source" }, never);
      expect(video?.rotation).toBe(angle);
      const firstPicture = async (before: readonly string[], after: readonly string[]) => {
        const out = join(tempFolder(), "first.bmp");
        await ffmpeg([...before, "-i", path, "-frames:v", "1", ...after, out]);
        return readFileSync(out);
      };
      const byFfmpeg = await firstPicture([], []);
      expect(await firstPicture(["-noautorotate"], ["-vf", turn])).toEqual(byFfmpeg);
    },
  );
});
