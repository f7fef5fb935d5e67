import { describe, expect, test } from "bun:test";
import type { LiveChange } from "../../../src/engine/engine.ts";
import { createChangeReader } from "../../../src/engine/native-live/live-changes.ts";

type Said = { readonly context?: string; readonly level?: string; readonly text: string };

/** How often it was told of such a change, of lines that came so many ms one after the other. */
function told(lines: readonly Said[], everyMs = 100, wanted: LiveChange = "streams"): number {
  let count = 0;
  let nowMs = 0;
  const read = createChangeReader(
    (change) => {
      if (change === wanted) count += 1;
    },
    () => nowMs,
  );
  for (const { context = "", level = "error", text } of lines) {
    read({ context, level, text });
    nowMs += everyMs;
  }
  return count;
}

const UNDECODED = { text: "Error while decoding stream #0:1: Invalid data found" };
const times = (count: number, line: Said): readonly Said[] =>
  Array.from({ length: count }, () => line);

// Lines of ffmpeg 5.1.9 as recorded.
describe("createChangeReader", () => {
  test("hears of a new stream of picture or sound, and of no other", () => {
    const at = "stream 0:2 at pos:158775 and DTS:0s";
    const line = (kind: string) => ({
      context: "flv",
      level: "warning",
      text: `New ${kind} ${at}`,
    });
    expect(told([line("audio")])).toBe(1);
    expect(told([line("video")])).toBe(1);
    expect(told([line("data"), line("subtitle")])).toBe(0);
  });

  test("takes many complaints within a short time for another codec, and few for lost packets", () => {
    expect(told(times(10, UNDECODED))).toBe(1);
    expect(told(times(9, UNDECODED))).toBe(0);
    expect(told(times(50, UNDECODED), 500)).toBe(0);
  });

  test("hears the parser of a stream that is copied, and no decoder that mends what it got", () => {
    const text = "SEI type 1 size 648 truncated at 8";
    expect(told(times(10, { context: "NULL", text }))).toBe(1);
    expect(told(times(10, { context: "h264", text }))).toBe(0);
  });

  test("hears of pictures of another size, each graph for itself", () => {
    const line = (graph: number, size: string) => ({
      context: `graph ${graph} input from stream 0:0`,
      level: "verbose",
      text: `${size} pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1`,
    });
    const [small, large] = ["w:160 h:120", "w:192 h:108"];
    expect(told([line(0, small), line(1, large), line(0, small)], 100, "size")).toBe(0);
    expect(told([line(0, small), line(1, small), line(0, large)], 100, "size")).toBe(1);
  });

  test("needs few complaints that each break off a target", () => {
    const line = { context: "aac_adtstoasc", text: "Error parsing ADTS frame header!" };
    expect(told([line])).toBe(0);
    expect(told([line, line], 2_000)).toBe(1);
  });
});
