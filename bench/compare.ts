import { figure, type Row, tableFrom } from "./report.ts";
import { median, ratioOf } from "./statistics.ts";

/** One run of a benchmark: what `bench/results/bench.json` has of it. */
export type Run = {
  readonly rows: readonly Row[];
  /** By part: those that were run. */
  readonly facts: Readonly<Record<string, object>>;
};

/** The runs of two trees, by turns: of each tree as many, in the order of time. */
export type Turns = { readonly here: readonly Run[]; readonly there: readonly Run[] };

/** A line of the table, of two trees beside each other. */
export type Compared = {
  readonly key: string;
  readonly what: string;
  /** Medians of the turns, in the words of the row; absent where that tree has no such row. */
  readonly here?: string;
  readonly there?: string;
  /** Of each number of those: here to there, the median of the pairs of turns. */
  readonly ratios: readonly number[];
  /** What each tree's own row says of it and its peer. */
  readonly toPeers: readonly (number | undefined)[];
  readonly bar: string;
  /** Whether the first number is worse than there by more than `WORSE`; absent where the bar does not tell which way is better. */
  readonly isWorse?: boolean;
};

/** Less than this of what the other tree does is worse; more of it is taken for noise. */
const WORSE = 0.97;

/** A number that is no part of a name such as p99 or 720p. */
const NUMBER = /(?<![\w.,])-?\d[\d,]*(?:\.\d+)?(?![\w.])/g;
const LESS_IS_BETTER = /^[a-z0-9 ]*[≤<]/;
const MORE_IS_BETTER = /^[a-z0-9 ]*[≥>]/;

const numbersOf = (text: string): readonly number[] =>
  [...text.matchAll(NUMBER)].map(([digits]) => Number(digits.replaceAll(",", "")));
const shapeOf = (text: string): string => text.replaceAll(NUMBER, "#");

/** The numbers of a row, turn by turn; undefined where a turn lacks the row or words it otherwise. */
function turnsOf(texts: readonly (string | undefined)[]): readonly (readonly number[])[] {
  const [first] = texts;
  const isSame = texts.every(
    (text) => text !== undefined && shapeOf(text) === shapeOf(first ?? ""),
  );
  return isSame ? texts.map((text) => numbersOf(text ?? "")) : [];
}

/** A text with the medians of some turns in place of its own numbers. */
function inTheMiddle(texts: readonly (string | undefined)[]): string | undefined {
  const [first] = texts;
  const turns = turnsOf(texts);
  if (first === undefined || turns.length === 0) return first;
  let at = 0;
  return first.replaceAll(NUMBER, () => {
    const middle = median(turns.map((numbers) => numbers[at] ?? Number.NaN));
    at += 1;
    return figure(middle);
  });
}

/** Equal numbers are equal, also where both are 0. */
const ratiosOf = (here: readonly number[], there: readonly number[]): number =>
  here.every((value, turn) => value === there[turn]) ? 1 : ratioOf(here, there);

function worseOf(bar: string, ratio: number | undefined): boolean | undefined {
  if (ratio === undefined || Number.isNaN(ratio)) return undefined;
  if (LESS_IS_BETTER.test(bar)) return 1 / ratio < WORSE;
  if (MORE_IS_BETTER.test(bar)) return ratio < WORSE;
  return undefined;
}

/** Every row that either tree has, in the order of the first. */
export function compare(turns: Turns): readonly Compared[] {
  const rows = [...turns.here, ...turns.there].flatMap((run) => run.rows);
  return [...new Set(rows.map(({ key }) => key))].map((key) => comparedRow(key, turns));
}

/** A row in all turns of a tree. */
function armOf(key: string, runs: readonly Run[]) {
  const rows = runs.map((run) => run.rows.find((row) => row.key === key));
  const texts = rows.map((row) => row?.ours);
  const known = rows.flatMap((row) => row?.ratio ?? []);
  return {
    row: rows.find((row) => row !== undefined),
    shown: inTheMiddle(texts),
    shape: shapeOf(texts[0] ?? ""),
    turns: turnsOf(texts),
    toPeer: known.length > 0 ? median(known) : undefined,
  };
}

function comparedRow(key: string, { here, there }: Turns): Compared {
  const [ours, theirs] = [armOf(key, here), armOf(key, there)];
  const { what = "", bar = "" } = ours.row ?? theirs.row ?? {};
  const isSame = ours.shape === theirs.shape && theirs.turns.length > 0;
  const column = (turns: readonly (readonly number[])[], at: number) =>
    turns.map((numbers) => numbers[at] ?? Number.NaN);
  const ratios = (isSame ? (ours.turns[0] ?? []) : []).map((_, at) =>
    ratiosOf(column(ours.turns, at), column(theirs.turns, at)),
  );
  const isWorse = worseOf(bar, ratios[0]);
  return {
    ...{ key, what, ratios, toPeers: [ours.toPeer, theirs.toPeer], bar },
    ...(ours.shown !== undefined && { here: ours.shown }),
    ...(theirs.shown !== undefined && { there: theirs.shown }),
    ...(isWorse !== undefined && { isWorse }),
  };
}

/** Parts that one tree ran and the other did not, as it has none or ended them with an error. */
export const lackedBy = (runs: readonly Run[], others: readonly Run[]): readonly string[] => {
  const [own, other] = [runs, others].map((each) =>
    each.flatMap(({ facts }) => Object.keys(facts)),
  );
  return [...new Set(other)].filter((part) => !own?.includes(part));
};

/** What was compared, as a table in Markdown. */
export const comparedTable = (rows: readonly Compared[], name: string): string =>
  tableFrom(
    ["key", "what", "this tree", name, "ratio", "to peers", "bar", "worse"],
    rows.map(({ key, what, here, there, ratios, toPeers, bar, isWorse }) => [
      `\`${key}\``,
      what,
      here ?? "**not there**",
      there ?? "**not there**",
      ratios.length > 0 ? `${ratios.map(figure).join(", ")} x` : "",
      toPeers.every((ratio) => ratio === undefined)
        ? ""
        : toPeers.map((ratio) => (ratio === undefined ? "–" : figure(ratio))).join(", "),
      bar,
      isWorse === undefined ? "" : isWorse ? "**yes**" : "no",
    ]),
  );
