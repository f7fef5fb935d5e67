import type { Cue } from "../../manifest/write/webvtt.ts";
import { TaskError } from "../../task/errors.ts";

/** What is shown, and where: at the top if its last row is in the upper half. */
export type ShownText = { readonly text: string; readonly isAtTop?: boolean };

/** Notes what a screen shows, from when to when. */
export type ShownTexts = {
  /** Does something that may take away texts: what was shown before was shown until then. */
  readonly change: (ms: number, act: () => void) => void;
  /** Does something that moves texts, so that what follows is another text even if nothing is gone. */
  readonly move: (ms: number, act: () => void) => void;
  /** Adds to what is shown: it began with its first character. */
  readonly add: (ms: number, act: () => void) => void;
  readonly cues: () => readonly Cue[];
};

/** How many characters the texts of a source may still have in all; each counts as a few more. */
export type TextBudget = { left: number };

/** Far more than any film says, so that a hostile one fills no memory. */
const CHARACTERS_MAX = 32 << 20;
const CUE_CHARACTERS = 64;

/** The budget of a source. */
export const textBudget = (): TextBudget => ({ left: CHARACTERS_MAX });

/**
 * @param shown - tells what the screen shows now
 * @throws {TaskError} `input_not_supported`, in what it is asked to do, if the budget is spent
 */
export function shownTexts(shown: () => ShownText, budget: TextBudget): ShownTexts {
  const cues: Cue[] = [];
  let startMs = 0;
  const note = (ms: number, act: () => void, isMoved: boolean) => {
    const { text, isAtTop } = shown();
    act();
    if (!isMoved && shown().text === text) return;
    if (text !== "" && ms > startMs) {
      budget.left -= text.length + CUE_CHARACTERS;
      if (budget.left < 0)
        throw new TaskError(
          "input_not_supported",
          "Cannot make texts of the source's captions: they are more than any film has",
        );
      cues.push({ startMs, endMs: ms, settings: isAtTop ? "line:10%" : "", text });
    }
    startMs = ms;
  };
  return {
    change: (ms, act) => note(ms, act, false),
    move: (ms, act) => note(ms, act, true),
    add(ms, act) {
      if (shown().text === "") startMs = ms;
      act();
    },
    cues: () => cues,
  };
}
