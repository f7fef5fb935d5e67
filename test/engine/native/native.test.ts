import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { engineContract, never } from "../../contract/engine.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { childrenRunning, openNative } from "../../fixtures/native-engine.ts";
import { type Turn, turn } from "../../fixtures/turned.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const engine = openNative();

engineContract(
  "NativeEngine",
  async () => ({ engine: await engine, running: () => childrenRunning().length }),
  { describe, test, expect },
);

/** A clip whose picture is turned. */
async function turnedClip(how: Turn): Promise<string> {
  const path = join(tempFolder(), "turned.mp4");
  copyFileSync(await clip({ audio: false }), path);
  turn(path, how);
  return path;
}

describe("NativeEngine.prototype.probe", () => {
  test.each([
    [90, [0, 1, -1, 0], "transpose=clock"],
    [180, [-1, 0, 0, -1], "hflip,vflip"],
    [270, [0, -1, 1, 0], "transpose=cclock"],
  ] as const)(
    "gives the clockwise turn that ffmpeg itself makes: %d",
    async (angle, matrix, filter) => {
      const path = await turnedClip(matrix);
      const { video } = await (await engine).probe({ path, side: "source" }, never);
      expect(video?.rotation).toBe(angle);
      const firstPicture = async (before: readonly string[], after: readonly string[]) => {
        const out = join(tempFolder(), "first.bmp");
        await ffmpeg([...before, "-i", path, "-frames:v", "1", ...after, out]);
        return readFileSync(out);
      };
      const byFfmpeg = await firstPicture([], []);
      expect(await firstPicture(["-noautorotate"], ["-vf", filter])).toEqual(byFfmpeg);
    },
  );
});
