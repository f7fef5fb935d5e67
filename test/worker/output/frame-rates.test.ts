import { expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { clip } from "../../fixtures/clips.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";

setDefaultTimeout(120_000);

const run = promisify(execFile);
const QLTY: Qlty = { container: "mp4", bitrate: 200_000, audio_bitrate: 64_000 };
const SOURCE = { width: 160, height: 96, seconds: 4, rate: "25" };

/** How many frames a film has. */
async function counted(path: string): Promise<number> {
  const args = ["-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough"];
  const { stdout } = await run("ffmpeg", [...args, "-f", "framehash", "-"]);
  return stdout.split("\n").filter((line) => /^\d/.test(line)).length;
}

// FFmpeg 9.0 waited for itself for ever in most runs of this, where each output had filters of its own.
test("one run makes outputs of the source's rate, of more and of fewer frames a second", async () => {
  const source = await clip(SOURCE);
  const [profile, ...more] = (["25", "60", "12"] as const).map((framerate) =>
    toRendition({ ...QLTY, framerate }),
  );
  if (!profile) throw new Error("unreachable");
  const renditions = [profile, ...more];
  const { folder, verified, plans } = await makeProducts(
    source,
    profileOf(profile, { renditions }),
    {
      targets: renditions.length,
    },
  );
  expect(plans.at(-1)?.steps).toHaveLength(1);
  for (const { output } of verified) expect(output.durationSeconds).toBeWithin(3.99, 4.05);
  const films = await Promise.all([0, 1, 2].map((at) => counted(join(folder, `${at}/out.mp4`))));
  expect(films).toEqual([100, 240, 48]);
});

test("one run makes frames of whole pictures and of fields", async () => {
  const source = await clip({ ...SOURCE, args: ["-flags", "+ilme+ildct"] });
  const renditions = [toRendition(QLTY), toRendition({ ...QLTY, deinterlace: "bob" })] as const;
  const { folder, plans } = await makeProducts(source, profileOf(renditions[0], { renditions }), {
    targets: 2,
  });
  expect(plans.at(-1)?.steps).toHaveLength(1);
  const films = await Promise.all([0, 1].map((at) => counted(join(folder, `${at}/out.mp4`))));
  expect(films).toEqual([100, 200]);
});
