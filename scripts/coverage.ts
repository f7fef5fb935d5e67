import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run-program.ts";

/** Percent of all lines and functions of src that the tests must reach. It only rises: raise it when the figure has. */
const FLOOR = { lines: 93, functions: 93 } as const;

const RUNS = /^(?:export )?(?:async )?(?:abstract )?(?:function|class|const|await)\b/m;

/** Where `bun test` writes its report, ignored by git. */
export const COVERAGE_FOLDER = "coverage";

/** The share of src that the tests reach, in percent, and whether that is enough. */
export type Coverage = {
  readonly isEnough: boolean;
  /** `lines 91.2 % (floor 90), functions …`. */
  readonly text: string;
  /** Files with code that no test loads itself: what is run only by a service that a test starts, or not at all. */
  readonly unseen: readonly string[];
};

/**
 * Adds up the report of a test run. Bun's own `coverageThreshold` is held against each file by itself, so that one
 * small file decides; the floor here is of the whole.
 */
export function readCoverage(): Coverage {
  const report = readFileSync(join(ROOT, COVERAGE_FOLDER, "lcov.info"), "utf8");
  const sum = { LF: 0, LH: 0, FNF: 0, FNH: 0 };
  const seen = new Set<string>();
  for (const file of report.split("end_of_record")) {
    const name = (/^SF:(.*)$/m.exec(file)?.[1] ?? "").replaceAll("\\", "/");
    if (!isCounted(name)) continue;
    seen.add(name);
    for (const key of ["LF", "LH", "FNF", "FNH"] as const)
      sum[key] += Number(new RegExp(`^${key}:(\\d+)$`, "m").exec(file)?.[1] ?? 0);
  }
  const lines = (100 * sum.LH) / sum.LF;
  const functions = (100 * sum.FNH) / sum.FNF;
  return {
    isEnough: lines >= FLOOR.lines && functions >= FLOOR.functions,
    text:
      `lines ${lines.toFixed(1)} % (floor ${FLOOR.lines}), ` +
      `functions ${functions.toFixed(1)} % (floor ${FLOOR.functions})`,
    unseen: codeFiles().filter((file) => !seen.has(file)),
  };
}

const isCounted = (file: string): boolean => file.startsWith("src/") && !file.endsWith(".gen.ts");

/** The files of src that hold more than types. */
const codeFiles = (): string[] =>
  readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => `src/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".ts") && isCounted(file))
    .filter((file) => RUNS.test(readFileSync(join(ROOT, file), "utf8")));
