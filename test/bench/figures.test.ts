import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  figuresTable,
  type Kept,
  parseKept,
  parseResults,
  type Results,
  withFigures,
  withRelease,
  withResults,
} from "../../bench/figures.ts";

/** A README is read at one go (`test/house/texts.test.ts`). */
const README_BYTES_MAX = 12_288;
const KEYS = [
  ...["creates.bullmq", "tasks.wall", "reuse.cpu", "resume.wall", "growing.seen"],
  ...["service.first-create", "wasm.Bun.10.veryfast.native", "fleet.boss-batches"],
];
/** These have no peer. */
const ALONE = ["growing.seen", "service.first-create"];
const PAGE = "# Figures\n\nOne line a release.\n";

const results = (commit: string, rows: Readonly<Record<string, number>>): Results => ({
  ...{ startedAt: "2026-12-01T08:00:00.000Z", commit, isQuick: false, machine: { load: 0.21 } },
  rows: Object.entries(rows).map(([key, ratio]) => ({
    ...{ key, what: "what", ours: "median 111 ms, max 2,111 ms", peer: "", ratio, bar: "≤ 1.05 x" },
    isMet: false,
  })),
});
const cellsOf = (line = ""): readonly string[] => line.split("|").map((cell) => cell.trim());

describe.each([
  ["README.md", "en"],
  ["README.zh-CN.md", "zh"],
] as const)("the table of figures in %s", (file, language) => {
  const kept = parseKept(readFileSync("bench/kept.json", "utf8"));
  const page = readFileSync(file, "utf8");

  test("equals the results that are kept", () => {
    expect(page).toBe(withFigures(page, kept, language) ?? "");
  });

  test("leaves the page short when every figure is kept", () => {
    const run = results("a", Object.fromEntries(KEYS.map((key) => [key, 0.123])));
    const rows = run.rows.map(({ ratio, ...row }) => {
      const ours = row.key === "growing.seen" ? "11.1 s" : row.ours;
      return ALONE.includes(row.key) ? { ...row, ours } : { ...row, ratio: ratio ?? null };
    });
    const all = withResults({}, { ...run, rows });
    expect(figuresTable(all, language).split("\n")).toHaveLength(2 + KEYS.length);
    const filled = withFigures(page, all, language) ?? "";
    expect(Buffer.byteLength(filled)).toBeLessThan(README_BYTES_MAX);
  });
});

describe("a table of figures", () => {
  test("says what a figure is to its peer, that it missed its bar, and by what it was measured", () => {
    const one = withResults({}, results("a", { "resume.wall": 0.5 }));
    const [, , row] = figuresTable(one).split("\n");
    expect(cellsOf(row).slice(2)).toEqual(["0.5 x (missed)", "≤ 1.05 x", "`resume`", ""]);
  });

  test("tells a quick run, and gives the figure itself where there is no peer", () => {
    const { rows, ...run } = results("a", { "service.first-create": 1 });
    const alone = rows.map(({ ratio: _, isMet: __, ...row }) => row);
    const one = withResults({}, { ...run, rows: alone, isQuick: true });
    expect(figuresTable(one)).toContain("|median 111 ms, max 2,111 ms, quick|");
  });

  test("is nothing where nothing is kept", () => {
    const bare = "a\n<!-- figures:begin -->\n<!-- figures:end -->\nb\n";
    const filled = withFigures(bare, withResults({}, results("a", { "resume.wall": 0.5 })));
    expect(filled).toContain("|0.5 x (missed)|");
    expect(withFigures(filled ?? "", {})).toBe(bare);
  });

  test("is written only between its markers", () => {
    expect(withFigures("no markers", {})).toBeUndefined();
  });
});

test("withResults keeps the figures that a run has not measured", () => {
  const first = withResults({}, results("a", { "resume.wall": 0.5, "tasks.wall": 1 }));
  const both: Kept = withResults(first, results("b", { "resume.wall": 0.4 }));
  expect(both["resume.wall"]).toMatchObject({ ratio: 0.4, commit: "b", load: 0.21 });
  expect(both["tasks.wall"]).toMatchObject({ ratio: 1, commit: "a" });
});

test("parseResults reads a ratio that is no number, as JSON has it", () => {
  const { rows, ...run } = results("a", { "resume.wall": Number.NaN });
  const read = parseResults(JSON.stringify({ ...run, rows }));
  expect(read.rows[0]?.ratio).toBeNull();
  expect(() => parseResults("{}")).toThrow();
});

describe("withRelease", () => {
  const first = withRelease(PAGE, "v1", results("aaa", { "resume.wall": 0.5 }));
  const lines = (page: string): readonly string[] =>
    page.split("\n").filter((line) => line.startsWith("|"));
  const columnOf = (page: string, key: string): number =>
    cellsOf(lines(page)[0]).indexOf(`\`${key}\``);

  test("adds a line below the text, with a dash for what was not measured", () => {
    expect(first).toStartWith(PAGE);
    const cells = cellsOf(lines(first)[2]);
    expect(cells.slice(1, 5)).toEqual(["v1", "2026-12-01", "aaa", "0.2"]);
    expect(cells[columnOf(first, "resume.wall")]).toBe("0.5 x");
    expect(cells[columnOf(first, "tasks.wall")]).toBe("–");
  });

  test("adds one line for each release, in the order of time", () => {
    const second = withRelease(first, "v2", results("bbb", { "resume.wall": 0.4 }));
    expect(lines(second).map((line) => cellsOf(line)[1])).toEqual(
      ["release", "---", "v1", "v2"].map((text) => expect.stringContaining(text)),
    );
    expect(cellsOf(lines(second)[2])).toEqual([...cellsOf(lines(first)[2])]);
  });

  test("adds to the line of a release what another run of it has measured", () => {
    const both = withRelease(first, "v1", results("aaa", { "tasks.wall": 1.02 }));
    const cells = cellsOf(lines(both)[2]);
    expect(lines(both)).toHaveLength(3);
    expect(cells[columnOf(both, "resume.wall")]).toBe("0.5 x");
    expect(cells[columnOf(both, "tasks.wall")]).toBe("1.02 x");
  });

  test("moves figures with their columns when these change", () => {
    const older = `${PAGE}\n| release | date | gone | \`tasks.wall\` |\n| --- | --- | --- | --- |\n| v0 | 2025 | 7 | 1.1 x |\n`;
    const page = withRelease(older, "v1", results("a", {}));
    const cells = cellsOf(lines(page)[2]);
    expect(cells[columnOf(page, "tasks.wall")]).toBe("1.1 x");
    expect(lines(page).join()).not.toContain("gone");
  });
});
