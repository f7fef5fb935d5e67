import { describe, expect, test } from "bun:test";
import type { CaptionTriple } from "../../../src/probe/bytes/caption-channels.ts";
import { read } from "../../fixtures/read-captions.ts";

/** A packet of CEA-708 behind its head. */
function packet(...bytes: readonly number[]): CaptionTriple[] {
  const whole = [0, ...bytes, ...(bytes.length % 2 === 0 ? [0] : [])];
  return Array.from({ length: whole.length / 2 }, (_, at): CaptionTriple => {
    const [one = 0, two = 0] = whole.slice(2 * at);
    return at === 0 ? [3, whole.length / 2, two] : [2, one, two];
  });
}
/** One of service 1 alone. */
const service = (...bytes: readonly number[]): CaptionTriple[] =>
  packet(0x20 | bytes.length, ...bytes);
const codes = (words: string): number[] => [...words].map((one) => one.charCodeAt(0));
/** A visible window of two rows, and one that is hidden. */
const WINDOW = [0x98, 0x20, 0x40, 0x20, 0x01, 0x1f, 0x00];
const HIDDEN = [0x98, 0x00, 0x40, 0x20, 0x01, 0x1f, 0x00];

describe("captions of CEA-708", () => {
  test("in a visible window are shown from their first character on", async () => {
    const shown = await read([
      [1000, ...service(...WINDOW)],
      [4000, ...service(...codes("Hello"))],
      [5000, ...service(...codes(" you"))],
      [7000, ...service(0x88, 0xff)],
      [9000, ...service(...codes("Bye"))],
    ]);
    expect(shown).toEqual({
      SERVICE1: [
        [4000, 7000, "Hello you", ""],
        [9000, 10_000, "Bye", ""],
      ],
    });
  });

  test("in a hidden window are shown once it is", async () => {
    const shown = await read([
      [1000, ...service(...HIDDEN, ...codes("Hello"))],
      [4000, ...service(0x89, 0x01)],
      [6000, ...service(0x8a, 0x01)],
    ]);
    expect(shown).toEqual({ SERVICE1: [[4000, 6000, "Hello", ""]] });
  });

  test("that roll up are shown a row longer each, until their window is deleted", () => {
    const shown = read([
      [1000, ...service(...WINDOW, ...codes("One"))],
      [3000, ...service(13, ...codes("Two"))],
      [5000, ...service(13, ...codes("Three"))],
      [7000, ...service(0x8c, 0x01)],
      [8000, ...service(...codes("nowhere"))],
      // A new one has nothing of it.
      [9000, ...service(...WINDOW, ...codes("Four"))],
    ]);
    expect(shown["SERVICE1"]).toEqual([
      [1000, 3000, "One", ""],
      [3000, 5000, "One\nTwo", ""],
      [5000, 7000, "Two\nThree", ""],
      [9000, 10_000, "Four", ""],
    ]);
  });

  test("are taken back by character, by row and by window", () => {
    const shown = read([
      [1000, ...service(...HIDDEN, ...codes("abX"), 8, ...codes("c"))],
      [2000, ...service(0x8b, 0x01)],
      [3000, ...service(12)],
      [4000, ...service(...codes("xy"), 13, ...codes("zz"), 14, ...codes("w"))],
      [5000, ...service(0x8b, 0x01)],
    ]);
    expect(shown["SERVICE1"]).toEqual([
      [2000, 3000, "abc", ""],
      [4000, 5000, "xy\nw", ""],
    ]);
  });

  test("stand in windows from above, each written to where its pen is", () => {
    const upper = (vertical: number) => [0x99, 0x20, vertical, 0x20, 0x00, 0x1f, 0x00];
    const shown = read([
      [1000, ...service(...WINDOW, ...upper(10), ...codes("top"))],
      [1000, ...service(0x80, 0x92, 1, 2, ...codes("b"), 0x92, 0, 0, ...codes("a"))],
      [3000, ...service(0x8f)],
      // Of a hundred, not of 75.
      [4000, ...service(...upper(0x80 | 40), ...codes("high"))],
    ]);
    expect(shown["SERVICE1"]).toEqual([
      [1000, 3000, "top\na\nb", ""],
      [4000, 10_000, "high", "line:10%"],
    ]);
  });

  test("have characters of all sets, and none that would end a cue", () => {
    const shown = read([
      [0, ...service(...WINDOW, 0x10, 0x2a, 0x7f, 0xe9, 0x10, 0x2b, 0x18, 0x4f, 0x60)],
      [0, ...service(0x11, 0x41, 0x19, 0x41, 0x41, 0x10, 0x08, 0x41, 0x7a, 0x10, 0x80, 1, 2, 3, 4)],
      [0, ...service(0x18, 0, 0x0a, 0x18, 0, 0x0a, 0x18, 0xd8, 0)],
    ]);
    expect(shown["SERVICE1"]).toEqual([[0, 10_000, "Š♪é_你z__\ufffd", ""]]);
  });

  test("are read of any service, of packets without a size, and of what there is of others", () => {
    const extended = packet(0xe0 | 9, 12, ...WINDOW, ...codes("Hi"));
    expect(read([[0, ...extended]])).toEqual({ SERVICE12: [[0, 10_000, "Hi", ""]] });
    const open = service(...WINDOW, ...codes("One"));
    const rest = Array.from({ length: 64 - open.length }, (): CaptionTriple => [2, 0, 0]);
    const [, ...body] = open;
    expect(read([[0, [3, 0, open[0]?.[2] ?? 0], ...body, ...rest]])).toEqual({
      SERVICE1: [[0, 10_000, "One", ""]],
    });
    const cut = service(...WINDOW, ...codes("Hello")).slice(0, -1);
    expect(
      read([
        [0, ...cut],
        [1000, ...service(...codes("!"))],
      ])["SERVICE1"],
    ).toEqual([[1000, 10_000, "Hel!", ""]]);
  });
});
