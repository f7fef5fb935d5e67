import { describe, expect, test } from "bun:test";
import { unitsOf } from "../../bench/against.ts";
import { type Compared, compare, comparedTable, lackedBy, type Run } from "../../bench/compare.ts";
import type { Row } from "../../bench/report.ts";

const row = (ours: string, bar: string, ratio?: number): Row => ({
  ...{ key: "creates.no-store", what: "creates", ours, peer: "", bar },
  ...(ratio !== undefined && { ratio }),
});
const run = (...rows: readonly Row[]): Run => ({ rows, facts: { creates: {} } });
const runs = (bar: string, ...texts: readonly string[]): readonly Run[] =>
  texts.map((text) => run(row(text, bar)));
const one = (here: readonly Run[], there: readonly Run[]): Compared | undefined =>
  compare({ here, there })[0];

describe("compare", () => {
  test("gives the medians of all turns, and the median of the ratios of pairs", () => {
    const here = runs("≥ 0.6 x", "1,000/s", "8,000/s", "9,000/s");
    const there = runs("≥ 0.6 x", "2,000/s", "4,000/s", "4,500/s");
    expect(one(here, there)).toMatchObject({ here: "8,000/s", there: "4,000/s", ratios: [2] });
  });

  test("compares each number of a row, and none that is part of a name", () => {
    const found = one(
      runs("p99 < 50 ms", "p50 20 ms, p99 40.5 ms to 720p"),
      runs("p99 < 50 ms", "p50 10 ms, p99 81 ms to 720p"),
    );
    expect(found).toMatchObject({ ratios: [2, 0.5], here: "p50 20 ms, p99 40.5 ms to 720p" });
  });

  test("two numbers that are 0 are equal", () => {
    expect(one(runs("0", "0 of 12"), runs("0", "0 of 12"))?.ratios).toEqual([1, 1]);
  });

  test.each([
    ["≤ 1.03 x", "13.5 s", "13.4 s", false],
    ["≤ 1.03 x", "13.5 s", "13.0 s", true],
    ["median < 150 ms", "140 ms", "120 ms", true],
    ["≥ 0.9 x", "96 MB/s", "100 MB/s", true],
    ["≥ 0.9 x", "98 MB/s", "100 MB/s", false],
    ["≥ 0.9 x", "200 MB/s", "100 MB/s", false],
  ])("a row with the bar %s that says %s after %s is worse: %p", (bar, ours, theirs, isWorse) => {
    expect(one(runs(bar, ours), runs(bar, theirs))?.isWorse).toBe(isWorse);
  });

  test("does not judge what has no bar that tells which way is better", () => {
    expect(one(runs("", "2 s"), runs("", "1 s"))?.isWorse).toBeUndefined();
  });

  test("sets beside each other what each tree is to its peer", () => {
    const here = [run(row("1 s", "", 0.6)), run(row("1 s", "", 0.8))];
    expect(one(here, [run(row("1 s", "", 0.9))])?.toPeers).toEqual([0.7, 0.9]);
  });

  test("gives no ratio of a row that one tree lacks, or words otherwise", () => {
    const here = runs("≤ 2 x", "1 s");
    expect(one(here, [run()])).toMatchObject({ here: "1 s", ratios: [] });
    expect(one([run()], here)).toMatchObject({ there: "1 s", ratios: [] });
    expect(one(here, runs("≤ 2 x", "1 s, 3 MB"))?.ratios).toEqual([]);
  });
});

test("comparedTable says what is not there, and what is worse", () => {
  const rows = compare({ here: runs("≤ 2 x", "2 s"), there: runs("≤ 2 x", "1 s") });
  const gone = compare({ here: runs("≤ 2 x", "2 s"), there: [run()] });
  const [, , worse = "", lacking = ""] = comparedTable([...rows, ...gone], "v1").split("\n");
  expect(worse.split("|").map((cell) => cell.trim())).toEqual([
    ...["", "`creates.no-store`", "creates", "2 s", "1 s", "2 x", "", "≤ 2 x", "**yes**", ""],
  ]);
  expect(lacking).toContain("**not there**");
});

test("lackedBy names parts that only the other tree has run", () => {
  const other: Run = { rows: [], facts: { creates: {}, fleet: {} } };
  expect(lackedBy([run()], [other])).toEqual(["fleet"]);
  expect(lackedBy([other], [run()])).toEqual([]);
});

test("unitsOf leaves out what another part's name asks for, too", () => {
  expect(unitsOf(["fleet", "fleet-slices", "wasm-api", "wasm-film"])).toEqual([
    ...["fleet", "wasm-api", "wasm-film"],
  ]);
});
