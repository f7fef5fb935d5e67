import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CaptionTriple } from "../../../src/probe/bytes/caption-channels.ts";
import { captionReader } from "../../../src/worker/subtitles/caption-cues.ts";
import { shownTexts } from "../../../src/worker/subtitles/shown-texts.ts";

/** What is sent at a moment, in ms. */
type Sent = readonly [ms: number, ...triples: CaptionTriple[]];

function read(sent: readonly Sent[], endMs = 10_000) {
  const reader = captionReader();
  for (const [ms, ...triples] of sent) reader.push({ ms, triples });
  return Object.fromEntries(
    [...reader.end(endMs)].map(([channel, cues]) => [
      channel,
      cues.map(({ startMs, endMs: end, text, settings }) => [startMs, end, text, settings]),
    ]),
  );
}

/** Text of a field of CEA-608, two characters at a time. */
const text = (words: string, field = 0): CaptionTriple[] =>
  [...words.matchAll(/..?/gs)].map(([pair]) => [
    field,
    pair.charCodeAt(0),
    pair.length > 1 ? pair.charCodeAt(1) : 0,
  ]);
const [LOAD, ROLL_2, SHOW, ERASE, RETURN] = [0x20, 0x25, 0x2f, 0x2c, 0x2d];
const command = (code = 0, one = 0x14, field = 0): CaptionTriple => [field, one, code];
/** To rows 15 and 1 of the screen. */
const BOTTOM: CaptionTriple = [0, 0x14, 0x70];
const TOP: CaptionTriple = [0, 0x11, 0x50];

/** A packet of service 1 of CEA-708, of an even number of bytes. */
function service(...bytes: readonly number[]): CaptionTriple[] {
  const even = bytes.length % 2 === 0 ? bytes : [...bytes, 0];
  const pairs = Array.from({ length: even.length / 2 }, (_, at) => even.slice(2 * at, 2 * at + 2));
  return [
    [3, 1 + even.length / 2, 0x20 | even.length],
    ...pairs.map(([one = 0, two = 0]): CaptionTriple => [2, one, two]),
  ];
}
const codes = (words: string): number[] => [...words].map((one) => one.charCodeAt(0));
/** A visible window of two rows, and one that is hidden. */
const WINDOW = [0x98, 0x20, 0x40, 0x20, 0x01, 0x1f, 0x00];
const HIDDEN = [0x98, 0x00, 0x40, 0x20, 0x01, 0x1f, 0x00];

describe("captions of CEA-608", () => {
  test("that pop on are shown from their command to the next", async () => {
    const shown = await read([
      [1000, command(LOAD), BOTTOM, ...text("One")],
      [2000, command(SHOW)],
      [3500, command(ERASE)],
      [4000, command(LOAD), TOP, ...text("Two & <3")],
      [5000, command(SHOW)],
    ]);
    expect(shown).toEqual({
      CC1: [
        [2000, 3500, "One", ""],
        // Nothing ends the last.
        [5000, 10_000, "Two &amp; &lt;3", "line:10%"],
      ],
    });
  });

  test("that roll up are shown a row longer each, without gaps or overlaps", async () => {
    const shown = await read([
      [1000, command(ROLL_2), command(RETURN), BOTTOM, ...text("First")],
      [3000, command(RETURN), ...text("Second")],
      [6000, command(RETURN), ...text("Third")],
      [7000, command(ERASE)],
      [8000, ...text("Fourth")],
    ]);
    expect(shown).toEqual({
      CC1: [
        [1000, 3000, "First", ""],
        [3000, 6000, "First\nSecond", ""],
        [6000, 7000, "Second\nThird", ""],
        [8000, 10_000, "Fourth", ""],
      ],
    });
  });

  test("keep italics, lines below, accents and indents, and what was taken back is gone", async () => {
    const shown = await read([
      // Twice, as all commands are.
      [0, command(LOAD), command(LOAD), [0, 0x14, 0x52] as const, [0, 0x17, 0x22] as const],
      [10, ...text("A<"), [0, 0x11, 0x2f], ...text("no"), [0, 0x11, 0x20], ...text("xE")],
      [20, command(0x21), ...text("E"), [0, 0x12, 0x21], [0, 0x11, 0x37]],
      [30, command(SHOW), command(SHOW)],
    ]);
    expect(shown["CC1"]).toEqual([[30, 10_000, "A&lt; <i><u>no </u></i>xÉ♪", ""]]);
  });

  test("that are painted are shown from their first character on", async () => {
    const shown = await read([
      [1000, command(0x29), BOTTOM],
      [2000, ...text("Pa")],
      [2500, ...text("int")],
      [4000, command(ERASE)],
    ]);
    expect(shown).toEqual({ CC1: [[2000, 4000, "Paint", ""]] });
  });

  test("are apart by channel", async () => {
    const both = [
      ...[command(LOAD), BOTTOM, ...text("One")],
      ...[command(LOAD, 0x1c), ...text("Two"), command(LOAD, 0x1d, 1), ...text("Four", 1)],
      ...[command(SHOW), command(SHOW, 0x1c), command(SHOW, 0x1d, 1)],
    ];
    expect(await read([[0, ...both]], 1000)).toEqual({
      CC1: [[0, 1000, "One", ""]],
      CC2: [[0, 1000, "Two", ""]],
      CC4: [[0, 1000, "Four", ""]],
    });
  });
});

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
});

describe("bytes that no encoder sends", () => {
  test("break nothing", async () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const triple = fc.tuple(fc.integer({ min: 0, max: 3 }), byte, byte);
    // Nearly all commands are among these.
    const control = fc.tuple(
      fc.integer({ min: 0, max: 1 }),
      fc.integer({ min: 0x10, max: 0x1f }),
      fc.integer({ min: 0x20, max: 0x7f }),
    );
    const frames = fc.array(fc.array(fc.oneof(control, triple), { maxLength: 80 }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(frames, async (all) => {
        const shown = await read(all.map((triples, at) => [at * 40, ...triples]));
        for (const cues of Object.values(shown))
          for (const [from, to, words] of cues) {
            expect(Number(to)).toBeGreaterThan(Number(from));
            expect(String(words)).not.toMatch(/\n\n|^\s*$/);
          }
      }),
      { numRuns: 100 },
    );
  });

  test("end a run if they come to more texts than any film has", () => {
    let text = "";
    const { change } = shownTexts(() => ({ text }), { left: 150 });
    const show = (ms: number, next: string) =>
      change(ms, () => {
        text = next;
      });
    show(0, "one");
    show(1, "two");
    show(2, "three");
    expect(() => show(3, "four")).toThrow("they are more than any film has");
  });
});
