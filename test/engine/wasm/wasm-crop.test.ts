import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { withClap } from "../../fixtures/shown.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { custom, outputOf } from "../../plan/run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const opened = openWasm();
afterAll(async () => (await opened).close());

const SIGNAL = new AbortController().signal;
const CROPPED = {
  ...{ width: 240, height: 180, isCropped: true },
  crop: { left: 20, right: 60, top: 40, bottom: 20 },
} as const;

const cropped = async (): Promise<string> =>
  withClap(await clip({ seconds: 1, width: 320, height: 240 }), {
    ...{ width: 240, height: 180, x: -20, y: 10 },
  });

describe("a picture that its container crops, on WebAssembly", () => {
  test("is what is left of it", async () => {
    const engine = await opened;
    const encode = { container: "mp4", video: custom(), audio: "none" } as const;
    const { folder } = await makeProducts(await cropped(), profileOf(encode), { engine });
    const entries = ["-show_entries", "stream=width,height", "-of", "csv=p=0"];
    const size = await outputOf("ffprobe", [join(folder, "0/out.mp4"), ...entries]);
    expect(size.toString().trim()).toBe("240,180");
  });

  test("is not copied", async () => {
    const engine = await opened;
    const copy = { container: "mp4", video: "copy", audio: "none" } as const;
    const made = makeProducts(await cropped(), profileOf(copy), { engine });
    expect((await taskErrorOf(made)).code).toBe("output_not_supported");
  });

  test("is known of where there is no disk, and its source gives little at a time", async () => {
    const { streamed } = await opened;
    const bytes = readFileSync(await cropped());
    const read = async (position: number, length: number) =>
      bytes.subarray(position, position + Math.min(length, 1000));
    const source = { sizeBytes: bytes.length, read };
    const media = await streamed.probe({ source, extension: ".mp4", side: "source" }, SIGNAL);
    expect(media.video).toMatchObject(CROPPED);
  });
});
