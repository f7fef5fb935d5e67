import { describe, expect, test } from "bun:test";
import { mayBeCropped, withContainerCrop } from "../../src/probe/container-crop.ts";
import { aMedia, aMediaWithVideo } from "../plan/builders.ts";

const CLAP = 32;

/** The boxes on the way to a clean aperture, each within the one before, and its numbers. */
function cropped(...numbers: readonly number[]): Buffer {
  const clap = Buffer.alloc(CLAP);
  for (const [at, number] of numbers.entries()) clap.writeInt32BE(number, at * 4);
  const box = (type: string, ...bodies: readonly Buffer[]): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + bodies.reduce((sum, { length }) => sum + length, 0));
    head.write(type, 4, "latin1");
    return Buffer.concat([head, ...bodies]);
  };
  const fields = Buffer.alloc(78);
  fields.writeUInt16BE(320, 24);
  fields.writeUInt16BE(240, 26);
  const stsd = box("stsd", Buffer.alloc(8), box("avc1", fields, box("clap", clap)));
  return ["stbl", "minf", "mdia", "trak", "moov"].reduce((inner, type) => box(type, inner), stsd);
}

const made = (...numbers: readonly number[]) => {
  const bytes = cropped(...numbers);
  const media = aMediaWithVideo({ width: 320, height: 240 });
  return withContainerCrop(media, async (at, length) => bytes.subarray(at, at + length));
};

describe("withContainerCrop", () => {
  test("gives the size of what is left, and what is cropped", async () => {
    expect((await made(240, 1, 180, 1, 0, 1, 0, 1)).video).toMatchObject({
      ...{ width: 240, height: 180, isCropped: true },
      crop: { left: 40, right: 40, top: 30, bottom: 30 },
    });
  });

  test.each([
    ["nothing is cropped", [320, 1, 240, 1, 0, 1, 0, 1]],
    ["less is left than a filter makes", [1, 1, 240, 1, 0, 1, 0, 1]],
  ])("leaves a source as it is where %s", async (_, numbers) => {
    const { video } = await made(...numbers);
    expect(video?.isCropped).toBeUndefined();
    expect([video?.width, video?.height]).toEqual([320, 240]);
  });
});

describe("mayBeCropped", () => {
  test.each([
    ["a MP4", aMedia(), true],
    ["a Matroska", aMedia({ format: "matroska,webm" }), true],
    ["a container that crops nothing", aMedia({ format: "mpegts" }), false],
    ["what is known to be cropped", aMediaWithVideo({ isCropped: true }), false],
  ])("of %s", (_, media, is) => {
    expect(mayBeCropped(media)).toBe(is);
  });
});
