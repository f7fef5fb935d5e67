import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CaptionTriple } from "../../../src/probe/bytes/caption-channels.ts";
import { shownTexts } from "../../../src/worker/subtitles/shown-texts.ts";
import { read } from "../../fixtures/read-captions.ts";

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

describe("commands of CEA-608", () => {
  const shownBy = (...triples: readonly CaptionTriple[]) =>
    read([[0, command(LOAD), BOTTOM, ...triples, command(SHOW)]], 1000)["CC1"];

  test("clear what follows, or all that is hidden, and move no text of another mode", () => {
    const [CLEAR_REST, ERASE_HIDDEN, TEXT] = [0x24, 0x2e, 0x2a];
    const back: CaptionTriple = [0, 0x17, 0x22];
    expect(shownBy(...text("abcd"), BOTTOM, back, command(CLEAR_REST))).toEqual([
      [0, 1000, "ab", ""],
    ]);
    expect(shownBy(...text("older"), command(ERASE_HIDDEN), BOTTOM, ...text("new"))).toEqual([
      [0, 1000, "new", ""],
    ]);
    expect(shownBy(...text("One"), command(TEXT), ...text("none"))).toEqual([[0, 1000, "One", ""]]);
  });

  test("indent without italics", () => {
    expect(shownBy([0, 0x14, 0x7e], ...text("in"))).toEqual([[0, 1000, "in", ""]]);
  });

  test("take back what was painted, and end painting", () => {
    const shown = read([
      [1000, command(0x29), BOTTOM, ...text("abX"), command(0x21), ...text("c")],
      [2000, command(SHOW)],
      [3000, ...text("hidden")],
    ]);
    expect(shown).toEqual({ CC1: [[1000, 2000, "abc", ""]] });
  });

  test("begin rolling with an empty screen, and move what rolls", () => {
    const shown = read([
      [1000, command(LOAD), BOTTOM, ...text("Old"), command(SHOW)],
      [2000, command(ROLL_2)],
      [3000, ...text("First")],
      [4000, TOP],
      [5000, command(RETURN), ...text("Second")],
      [6000, command(ERASE)],
    ]);
    expect(shown["CC1"]).toEqual([
      [1000, 2000, "Old", ""],
      [3000, 5000, "First", "line:10%"],
      [5000, 6000, "First\nSecond", "line:10%"],
    ]);
  });

  test("of the second field are apart from its data about programmes", () => {
    const shown = read([
      [0, command(LOAD, 0x15, 1), [1, 0x15, 0x50], ...text("ok", 1)],
      [10, [1, 0x01, 0x05], ...text("no", 1), [1, 0x0f, 0x1d], command(SHOW, 0x15, 1)],
    ]);
    expect(shown).toEqual({ CC3: [[10, 10_000, "ok", "line:10%"]] });
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
