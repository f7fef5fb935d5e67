import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runProgram } from "./run-program.ts";

/** Percent of all lines and functions of src that the tests must reach. It only rises: raise it when the figure has. */
const FLOOR = { lines: 95, functions: 94 } as const;

const LEAST = 15;
const COUNT_TIMEOUT_MS = 60_000;

/** Where `bun test` writes its reports, ignored by git. */
const FOLDER = "coverage";

/** What a report says of a file. */
type FileCoverage = {
  readonly file: string;
  readonly lines: number;
  readonly missed: number;
  readonly functions: number;
  readonly missedFunctions: number;
};

/** The share of src that the tests reach, in percent, and whether that is enough. */
export type Coverage = {
  readonly isEnough: boolean;
  /** `lines 91.2 % (floor 90), functions …`. */
  readonly text: string;
  /** The files with the most lines that no test reaches. */
  readonly least: readonly FileCoverage[];
};

/** The arguments of `bun test` that write a report of this name. */
export const coverageArgs = (name: "tests" | "all-files"): readonly string[] => [
  "--coverage",
  "--coverage-reporter=lcov",
  `--coverage-dir=${join(FOLDER, name)}`,
];

/**
 * Adds up the report of a test run over all files of src. Bun's own `coverageThreshold` is held against each file by itself, so
 * that one small file decides; the floor here is of the whole.
 *
 * Bun reports only files that a test's own process loads. A file that none loads counts as missed whole, with as many lines
 * as Bun counts in it: `load-src.ts` loads every file of src once and runs none of its functions. Bun 1.4.5 gives a loaded file the
 * same number of lines whatever of it is run (measured on 101 files), so both kinds of files are counted alike, and comments,
 * types and files of types alone count for neither. Functions within functions that are never called are not found, so such a file has
 * somewhat fewer functions than it would have if it were tested.
 *
 * What a service does that a test starts as a process of its own counts for nothing: outside of `bun test`, Bun 1.4.5 writes no
 * coverage, neither by `--coverage` nor by `NODE_V8_COVERAGE`.
 */
export async function readCoverage(): Promise<Coverage> {
  const seen = filesOf("tests");
  const names = new Set(seen.map(({ file }) => file));
  const unseen = (await allFiles()).filter(({ file }) => !names.has(file));
  const files = [
    ...seen,
    ...unseen.map((one) => ({ ...one, missed: one.lines, missedFunctions: one.functions })),
  ];
  const sum = (key: Exclude<keyof FileCoverage, "file">) =>
    files.reduce((total, one) => total + one[key], 0);
  const lines = 100 - (100 * sum("missed")) / sum("lines");
  const functions = 100 - (100 * sum("missedFunctions")) / sum("functions");
  return {
    isEnough: lines >= FLOOR.lines && functions >= FLOOR.functions,
    text:
      `lines ${lines.toFixed(1)} % (floor ${FLOOR.lines}), ` +
      `functions ${functions.toFixed(1)} % (floor ${FLOOR.functions})`,
    least: files.toSorted((a, b) => b.missed - a.missed).slice(0, LEAST),
  };
}

/** Every file of src as Bun counts it, with next to nothing of it run. */
async function allFiles(): Promise<readonly FileCoverage[]> {
  const args = ["test", ...coverageArgs("all-files"), "./scripts/load-src.ts"];
  const options = { timeoutMs: COUNT_TIMEOUT_MS, output: "collect" } as const;
  const { code, output } = await runProgram(process.execPath, args, options);
  const files = filesOf("all-files");
  const counted = new Set(files.map(({ file }) => file));
  const lost = srcFiles().filter((file) => isCounted(file) && !counted.has(file));
  if (code !== 0 || lost.length > 0)
    throw new Error(`Cannot count the lines of src: ${lost.join(", ") || output.trim()}`);
  return files;
}

/** The files of src in a report. */
function filesOf(name: Parameters<typeof coverageArgs>[0]): readonly FileCoverage[] {
  const report = readFileSync(join(ROOT, FOLDER, name, "lcov.info"), "utf8");
  return report
    .split("end_of_record")
    .map((record) => {
      const count = (key: string) =>
        Number(new RegExp(`^${key}:(\\d+)$`, "m").exec(record)?.[1] ?? 0);
      const [lines, functions] = [count("LF"), count("FNF")];
      return {
        file: (/^SF:(.*)$/m.exec(record)?.[1] ?? "").replaceAll("\\", "/"),
        lines,
        missed: lines - count("LH"),
        functions,
        missedFunctions: functions - count("FNH"),
      };
    })
    .filter(({ file }) => isCounted(file));
}

const isCounted = (file: string): boolean => file.startsWith("src/") && !file.endsWith(".gen.ts");

/** The modules of src. */
export const srcFiles = (): readonly string[] =>
  readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `src/${file.replaceAll("\\", "/")}`);
