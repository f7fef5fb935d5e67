import { describe, expect, test } from "bun:test";
import { createProgressReader, type ProgressBlock } from "../../../src/engine/ffmpeg/progress.ts";

/** Feeds chunks and gives what was told. */
function read(...chunks: readonly string[]): ProgressBlock[] {
  const told: ProgressBlock[] = [];
  const push = createProgressReader((block) => told.push(block));
  for (const chunk of chunks) push(chunk);
  return told;
}

// As ffmpeg 5.1.9 wrote it.
const BLOCK = `frame=50
fps=24.97
stream_0_0_q=28.0
bitrate= 512.0kbits/s
total_size=131072
out_time_us=2048000
out_time_ms=2048000
out_time=00:00:02.048000
dup_frames=0
drop_frames=0
speed=1.02x
progress=continue
`;

describe("createProgressReader", () => {
  test("reads a block", () => {
    expect(read(BLOCK)).toEqual([
      {
        frames: 50,
        fps: 24.97,
        sizeBytes: 131_072,
        outTimeSeconds: 2.048,
        speed: 1.02,
        droppedFrames: 0,
        isEnd: false,
      },
    ]);
  });

  test("reads a block that comes in parts", () => {
    expect(read(...BLOCK)).toEqual(read(BLOCK));
  });

  test("tells nothing before a block is whole", () => {
    expect(read(BLOCK.slice(0, -2))).toEqual([]);
  });

  test("knows the last block", () => {
    expect(read("progress=end\n")[0]?.isEnd).toBe(true);
  });

  test("keeps nothing of a block for the next one but the position", () => {
    expect(read(BLOCK, "progress=continue\n")[1]).toEqual({
      frames: 50,
      outTimeSeconds: 2.048,
      fps: 0,
      sizeBytes: 0,
      speed: 0,
      droppedFrames: 0,
      isEnd: false,
    });
  });

  test("never goes back", () => {
    const back = BLOCK.replace("out_time_us=2048000", "out_time_us=1000000").replace("=50", "=40");
    expect(read(BLOCK, back)[1]).toMatchObject({ outTimeSeconds: 2.048, frames: 50 });
  });

  test.each(["N/A", "-9223372036854775807", ""])("takes %p for nothing yet", (value) => {
    const block = `frame=${value}\nout_time_us=${value}\nspeed=${value}\ntotal_size=${value}\nprogress=continue\n`;
    expect(read(block)[0]).toMatchObject({ frames: 0, outTimeSeconds: 0, speed: 0, sizeBytes: 0 });
  });
});
