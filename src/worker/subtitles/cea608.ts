import { escaped } from "../../manifest/write/markup.ts";
import type { Cue } from "../../manifest/write/webvtt.ts";
import { basicCharacter, specialCharacter } from "./caption-characters.ts";
import { type ShownText, type ShownTexts, shownTexts, type TextBudget } from "./shown-texts.ts";

/** A character and how it is set. */
type Cell = { readonly character: string; readonly isItalic: boolean; readonly isLined: boolean };
/** 15 rows of 32 columns; what is undefined is transparent. */
type Screen = (Cell | undefined)[][];

const ROWS = 15;
const COLUMNS = 32;
const UPPER_ROWS = 7;

/** The rows that the codes to place texts mean, in the order of these. */
const PLACES = [11, 11, 1, 2, 3, 4, 12, 13, 14, 15, 5, 6, 7, 8, 9, 10];

const blank = (): Screen => Array.from({ length: ROWS }, () => []);

function rowText(row: readonly (Cell | undefined)[]): string {
  const cells = Array.from(row, (cell) => cell);
  const [first, last] = [
    cells.findIndex((one) => one && one.character.trim() !== ""),
    cells.findLastIndex((one) => one && one.character.trim() !== ""),
  ];
  let text = "";
  let [isItalic, isLined] = [false, false];
  const set = (cell: Omit<Cell, "character">) => {
    if (cell.isItalic === isItalic && cell.isLined === isLined) return;
    text += (isLined ? "</u>" : "") + (isItalic ? "</i>" : "");
    text += (cell.isItalic ? "<i>" : "") + (cell.isLined ? "<u>" : "");
    ({ isItalic, isLined } = cell);
  };
  for (const cell of first < 0 ? [] : cells.slice(first, last + 1)) {
    if (cell && cell.character !== " ") set(cell);
    text += escaped(cell?.character ?? " ");
  }
  set({ isItalic: false, isLined: false });
  return text;
}

function shownOn(screen: Screen): ShownText {
  const rows = screen.map(rowText);
  return {
    text: rows.filter((row) => row !== "").join("\n"),
    isAtTop: rows.findLastIndex((row) => row !== "") < UPPER_ROWS,
  };
}

/** The second bytes of commands. */
const [LOAD, BACK, CLEAR_REST, ROLL_2, ROLL_3, ROLL_4, PAINT] = [
  ...[0x20, 0x21, 0x24, 0x25, 0x26, 0x27, 0x29],
] as const;
const [TEXT, RESUME_TEXT, ERASE, RETURN, ERASE_HIDDEN, SHOW] = [
  ...[0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f],
] as const;

/** How italics and lines below are set by codes that do not place texts. */
const styleOf = (two: number) => ({
  isItalic: (two & 0xe) === 0xe,
  isLined: (two & 1) === 1,
});

/**
 * Reads a channel of CEA-608: captions that pop on, roll up, or are painted.
 *
 * @see https://www.law.cornell.edu/cfr/text/47/79.101
 */
export class Channel608 {
  #displayed = blank();
  #hidden = blank();
  #mode: "pop" | "roll" | "paint" | undefined;
  #row = ROWS - 1;
  #column = 0;
  #rolled = 2;
  #style = { isItalic: false, isLined: false };
  readonly #texts: ShownTexts;

  constructor(budget: TextBudget) {
    this.#texts = shownTexts(() => shownOn(this.#displayed), budget);
  }

  /** Takes two bytes without parity, those of commands as of the first channel and field. */
  take(ms: number, one: number, two: number): void {
    if (one < 0x20) {
      this.#obey(ms, one, two);
      return;
    }
    this.#write(ms, basicCharacter(one));
    if (two >= 0x20) this.#write(ms, basicCharacter(two));
  }

  /** Ends what is still shown, and tells all that was. */
  end(ms: number): readonly Cue[] {
    this.#erase(ms);
    return this.#texts.cues();
  }

  #obey(ms: number, one: number, two: number): void {
    const special = specialCharacter(one, two);
    if (two >= 0x40) this.#place(ms, one, two);
    else if (special !== undefined) {
      // One of the further ones stands behind another that is like it, for those who do not know it.
      if (one > 0x11) this.#goBack();
      this.#write(ms, special);
    } else if (one === 0x14) this.#control(ms, two);
    else if (one === 0x17 && two <= 0x23) this.#move(two & 3);
    else if (one === 0x11) {
      this.#write(ms, " ");
      this.#style = styleOf(two);
    }
  }

  #control(ms: number, two: number): void {
    if (two === LOAD) this.#mode = "pop";
    else if (two === PAINT) this.#mode = "paint";
    // Text mode is none of captions.
    else if (two === TEXT || two === RESUME_TEXT) this.#mode = undefined;
    else if (two === BACK) this.#edit(ms, () => this.#goBack());
    else if (two === CLEAR_REST) this.#edit(ms, () => this.#cells().splice(this.#column));
    else if (two === ROLL_2 || two === ROLL_3 || two === ROLL_4) this.#roll(ms, two - ROLL_2 + 2);
    else if (two === ERASE) this.#erase(ms);
    else if (two === ERASE_HIDDEN) this.#hidden = blank();
    else if (two === RETURN && this.#mode === "roll") this.#texts.move(ms, () => this.#scroll());
    else if (two === SHOW) this.#show(ms);
  }

  #show(ms: number): void {
    this.#texts.change(ms, () => {
      [this.#displayed, this.#hidden] = [this.#hidden, this.#displayed];
    });
    this.#mode = "pop";
  }

  #erase(ms: number): void {
    this.#texts.change(ms, () => {
      this.#displayed = blank();
    });
  }

  #cells(): (Cell | undefined)[] {
    return (this.#mode === "pop" ? this.#hidden : this.#displayed)[this.#row] ?? [];
  }

  #move(columns: number): void {
    this.#column = Math.min(this.#column + columns, COLUMNS - 1);
  }

  #write(ms: number, character: string): void {
    const put = () => {
      this.#cells()[this.#column] = { character, ...this.#style };
      this.#move(1);
    };
    if (this.#mode === "pop") put();
    else if (this.#mode !== undefined) this.#texts.add(ms, put);
  }

  #edit(ms: number, act: () => void): void {
    if (this.#mode === "pop") act();
    else if (this.#mode !== undefined) this.#texts.change(ms, act);
  }

  #goBack(): void {
    if (this.#mode === undefined) return;
    this.#column = Math.max(0, this.#column - 1);
    this.#cells()[this.#column] = undefined;
  }

  #roll(ms: number, rows: number): void {
    if (this.#mode !== "roll") {
      this.#erase(ms);
      this.#hidden = blank();
      this.#row = ROWS - 1;
    }
    [this.#mode, this.#rolled, this.#column] = ["roll", rows, 0];
  }

  #scroll(): void {
    const row = this.#row;
    const top = Math.max(0, row - this.#rolled + 1);
    this.#displayed = this.#displayed.map((_, at) =>
      at < top || at >= row ? [] : (this.#displayed[at + 1] ?? []),
    );
    this.#column = 0;
  }

  #place(ms: number, one: number, two: number): void {
    const asked = (PLACES[((one & 7) << 1) | ((two >> 5) & 1)] ?? ROWS) - 1;
    const row = this.#mode === "roll" ? Math.max(asked, this.#rolled - 1) : asked;
    if (this.#mode === "roll" && row !== this.#row) {
      const moved = blank();
      for (let at = 0; at < this.#rolled; at += 1)
        moved[row - at] = this.#displayed[this.#row - at] ?? [];
      this.#texts.change(ms, () => {
        this.#displayed = moved;
      });
    }
    this.#row = row;
    const isIndented = (two & 0x10) !== 0;
    this.#column = isIndented ? ((two >> 1) & 7) * 4 : 0;
    this.#style = { ...styleOf(two), ...(isIndented && { isItalic: false }) };
  }
}
