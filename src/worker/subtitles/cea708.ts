import { escaped } from "../../manifest/write/markup.ts";
import type { Cue } from "../../manifest/write/webvtt.ts";
import { serviceCharacter, wideCharacter } from "./caption-characters.ts";
import { type ShownText, type ShownTexts, shownTexts, type TextBudget } from "./shown-texts.ts";

/** A window: what is written in it, row by row, and where it is written next. */
type Window = {
  isVisible: boolean;
  /** The row of the screen that it is fixed at, as a part of its height. */
  place: number;
  rowCount: number;
  rows: string[][];
  row: number;
  column: number;
};

const WINDOWS = 8;
const RETURN = 13;
const COLUMNS_MAX = 63;
/** Places of windows count 75 rows, or percents. */
const SCREEN_ROWS = 75;

/** How many bytes follow each command from 0x80 on. */
const ARGUMENTS = [
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0],
  ...[2, 3, 2, 0, 0, 0, 0, 4, 6, 6, 6, 6, 6, 6, 6, 6],
];

/** How many bytes follow those of the first set that do nothing here, and those behind the byte that extends codes. */
const skippedBy = (code: number): number => (code < 0x10 ? 0 : code < 0x18 ? 1 : 2);
function skippedByExtended(code: number): number {
  if (code < 0x20) return code >> 3;
  return code < 0x88 ? 4 : 5;
}

const textOf = ({ rows }: Window): readonly string[] =>
  rows.map((row) =>
    escaped(
      Array.from(row, (one) => one ?? " ")
        .join("")
        .trim(),
    ),
  );

/** What commands of the first set do to the window that is written to. */
const CONTROL: Readonly<Record<number, (window: Window) => void>> = {
  8: (window) => {
    window.column = Math.max(0, window.column - 1);
    window.rows[window.row]?.splice(window.column);
  },
  12: empty,
  [RETURN]: (window) => {
    window.column = 0;
    if (window.row < window.rowCount - 1) window.row += 1;
    else window.rows = Array.from(window.rows, (row) => row ?? []).slice(1);
  },
  14: (window) => {
    window.rows[window.row] = [];
    window.column = 0;
  },
};

function empty(window: Window): void {
  window.rows = [];
  [window.row, window.column] = [0, 0];
}

/** What commands do to the windows that they name, but for the one that deletes them. */
const MASKED: Readonly<Record<number, (window: Window) => void>> = {
  136: empty,
  137: (window) => {
    window.isVisible = true;
  },
  138: (window) => {
    window.isVisible = false;
  },
  139: (window) => {
    window.isVisible = !window.isVisible;
  },
};
const [DELETE, RESET, PEN_PLACE, DEFINE] = [0x8c, 0x8f, 0x92, 0x98];

/**
 * Reads a service of CEA-708. Colours, fonts and the places of windows are not kept, but whether all are at the top.
 *
 * @see ANSI/CTA-708-E
 */
export class Service708 {
  readonly #windows = new Map<number, Window>();
  #current: Window | undefined;
  readonly #texts: ShownTexts;

  constructor(budget: TextBudget) {
    this.#texts = shownTexts(() => this.#shown(), budget);
  }

  /** Takes one of its blocks. */
  take(ms: number, block: readonly number[]): void {
    for (let at = 0; at < block.length; ) at = this.#step(ms, block, at);
  }

  /** Ends what is still shown, and tells all that was. */
  end(ms: number): readonly Cue[] {
    this.#texts.change(ms, () => this.#windows.clear());
    return this.#texts.cues();
  }

  #shown(): ShownText {
    const shown = [...this.#windows.values()]
      .filter(({ isVisible }) => isVisible)
      .toSorted((one, other) => one.place - other.place);
    const rows = shown.flatMap(textOf).filter((row) => row !== "");
    const isAtTop = shown.every(({ place, rowCount }) => place + rowCount * 5 < SCREEN_ROWS / 2);
    return { text: rows.join("\n"), isAtTop };
  }

  /** Does what stands at a place of a block, and tells where the next begins. */
  #step(ms: number, block: readonly number[], at: number): number {
    const [code = 0, after = 0, last = 0] = block.slice(at, at + 3);
    if (code === 0x10) {
      const isCharacter = (after >= 0x20 && after < 0x80) || after >= 0xa0;
      if (isCharacter) this.#write(ms, serviceCharacter(after, true));
      return at + 2 + (isCharacter ? 0 : skippedByExtended(after));
    }
    if (code === 0x18) {
      this.#write(ms, wideCharacter((after << 8) | last));
      return at + 3;
    }
    if (code < 0x20) {
      this.#control(ms, code);
      return at + 1 + skippedBy(code);
    }
    if (code >= 0x80 && code < 0xa0) {
      const end = at + 1 + (ARGUMENTS[code - 0x80] ?? 0);
      this.#texts.change(ms, () => this.#command(code, block.slice(at + 1, end)));
      return end;
    }
    this.#write(ms, serviceCharacter(code, false));
    return at + 1;
  }

  #control(ms: number, code: number): void {
    const [act, window] = [CONTROL[code], this.#current];
    if (!act || !window) return;
    const isMoved = window.isVisible && code === RETURN;
    this.#texts[isMoved ? "move" : "change"](ms, () => act(window));
  }

  #write(ms: number, character: string): void {
    const window = this.#current;
    if (!window) return;
    const put = () => {
      const row = window.rows[window.row] ?? [];
      row[window.column] = character;
      window.rows[window.row] = row;
      window.column = Math.min(window.column + 1, COLUMNS_MAX);
    };
    if (window.isVisible) this.#texts.add(ms, put);
    else put();
  }

  #command(code: number, bytes: readonly number[]): void {
    const [first = 0, second = 0] = bytes;
    const act = MASKED[code];
    if (code === DELETE || code === RESET) this.#delete(code === RESET ? 0xff : first);
    else if (act) {
      for (let number = 0; number < WINDOWS; number += 1) {
        const window = this.#windows.get(number);
        if (window && (first >> number) & 1) act(window);
      }
    } else if (code < 0x88) this.#current = this.#windows.get(code & 7);
    else if (code === PEN_PLACE && this.#current)
      [this.#current.row, this.#current.column] = [first & 0xf, second & COLUMNS_MAX];
    else if (code >= DEFINE) this.#define(code & 7, bytes);
  }

  #delete(mask: number): void {
    for (let number = 0; number < WINDOWS; number += 1) {
      if ((mask >> number) & 1) this.#windows.delete(number);
    }
  }

  #define(number: number, bytes: readonly number[]): void {
    const [first = 0, vertical = 0, , sizes = 0] = bytes;
    const window = this.#windows.get(number) ?? {
      ...{ isVisible: false, place: 0, rowCount: 1, rows: [], row: 0, column: 0 },
    };
    window.isVisible = (first & 0x20) !== 0;
    const isRelative = (vertical & 0x80) !== 0;
    window.place = isRelative ? ((vertical & 0x7f) * SCREEN_ROWS) / 100 : vertical & 0x7f;
    window.rowCount = (sizes & 0xf) + 1;
    this.#windows.set(number, window);
    this.#current = window;
  }
}
