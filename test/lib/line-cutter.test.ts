import { describe, expect, test } from "bun:test";
import { createLineCutter } from "../../src/lib/line-cutter.ts";

/** The lines that a cutter makes of some chunks. */
function cut(chunks: Iterable<string>): readonly string[] {
  const lines: string[] = [];
  const push = createLineCutter((line) => lines.push(line));
  for (const chunk of chunks) push(chunk);
  return lines;
}

describe("createLineCutter", () => {
  test("joins what was cut anywhere, and waits for the end of a line", () => {
    expect(cut(["a", "b\nc", "\n\nd"])).toEqual(["ab", "c", ""]);
  });

  test("keeps the beginning of a line of any length, whole or in pieces", () => {
    const long = "x".repeat(1 << 20);
    function* pieces() {
      for (let count = 0; count < 256; count++) yield long;
      yield "\nnext\n";
    }
    const beginning = "x".repeat(65_536);
    expect(cut(pieces())).toEqual([beginning, "next"]);
    expect(cut([`${long}\nnext\n`])).toEqual([beginning, "next"]);
  });
});
