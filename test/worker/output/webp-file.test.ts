import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAnimation } from "../../../src/worker/output/webp-file.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

setDefaultTimeout(60_000);

const never = new AbortController().signal;

const chunk = (name: string, bytes: readonly number[]): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, Buffer.from(bytes), Buffer.alloc(bytes.length % 2)]);
};
const file = (...chunks: readonly Buffer[]): Buffer =>
  chunk("RIFF", [...Buffer.from("WEBP"), ...Buffer.concat(chunks)]);

/** Of 321x200 pixels. */
const SIZE = chunk("VP8X", [2, 0, 0, 0, 0x40, 1, 0, 199, 0, 0]);
const frame = (ms: number, bytes = 3): Buffer =>
  chunk("ANMF", [...Array(12).fill(0), ms & 255, ms >> 8, 0, 0, ...Array(bytes).fill(7)]);

const read = (bytes: Buffer) => {
  const path = join(tempFolder(), "out.webp");
  writeFileSync(path, bytes);
  return readAnimation(path, never);
};

describe("readAnimation", () => {
  test("counts pictures and how long they are shown", async () => {
    const { video, durationSeconds } = await read(file(SIZE, frame(400), frame(350, 4)));
    expect(video).toMatchObject({ codec: "webp", width: 321, height: 200, frames: 2 });
    expect(durationSeconds).toBeCloseTo(0.75, 5);
  });

  test("takes a single picture, of which nothing says how long it is shown", async () => {
    const still = chunk("VP8 ", [0, 0, 0, 0x9d, 1, 0x2a, 0x41, 1, 200, 0x40, 7, 7]);
    const made = await read(file(still));
    expect(made.durationSeconds).toBeUndefined();
    expect(made.video).toMatchObject({ codec: "webp", width: 321, height: 200, frames: 1 });
    expect((await taskErrorOf(read(file(still).subarray(0, -1)))).message).toContain("cut off");
  });

  test("refuses what is cut off, goes on behind its end, or is something else", async () => {
    const whole = file(SIZE, frame(400), frame(350));
    const wrong = async (bytes: Buffer) => (await taskErrorOf(read(bytes))).message;
    expect(await wrong(whole.subarray(0, -2))).toContain("it is cut off");
    expect(await wrong(Buffer.concat([whole, frame(1)]))).toContain("it is cut off");
    expect(await wrong(file(chunk("VP8 ", Array(40).fill(1))))).toContain("no WebP that moves");
    expect(await wrong(Buffer.from("RIFF"))).toContain("no WebP that moves");
    const missing = readAnimation(join(tempFolder(), "none.webp"), never);
    expect((await taskErrorOf(missing)).message).toContain("there is no animation");
  });
});
