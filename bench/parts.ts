import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./processes.ts";
import type { Findings, PartOptions } from "./report.ts";

/** Where results are written, and scratch beside them: the system's folder for temporary files is often in memory. */
export const RESULTS = join(ROOT, "bench", "results");

/** What a command measures, and how thoroughly; and what else it was told. */
export type Asked = {
  readonly only: readonly string[];
  readonly isQuick: boolean;
  /** The values of the command's further options, by their names. */
  readonly more: Readonly<Record<string, string | undefined>>;
};

/**
 * Reads the arguments of a command that has parts; ends the process where they name none.
 *
 * @param names - of all parts; `wasm` asks for every part whose name begins with `wasm-`
 * @param further - names of options that take a value
 */
export function readArguments(
  names: readonly string[],
  usage: string,
  further: readonly string[] = [],
): Asked {
  try {
    const own = { only: { type: "string", multiple: true }, quick: { type: "boolean" } } as const;
    const others = further.map((name) => [name, { type: "string" }] as const);
    const { values } = parseArgs({ options: { ...Object.fromEntries(others), ...own } });
    const asked = values.only?.flatMap((each) => each.split(",")) ?? names;
    const groups = asked.map((name) =>
      names.filter((each) => each === name || each.startsWith(`${name}-`)),
    );
    const isKnown = groups.every((group) => group.length > 0);
    if (isKnown) {
      const more = Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, textOf(value)]),
      );
      return { only: groups.flat(), isQuick: values.quick ?? false, more };
    }
  } catch {
    // Told below.
  }
  process.stderr.write(usage);
  process.exit(2);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

/** Runs one part in an empty folder of its own, which is removed after it, also where the process is told to end. */
export async function runPart(
  name: string,
  measure: (options: PartOptions) => Promise<Findings>,
  isQuick: boolean,
): Promise<Findings> {
  mkdirSync(RESULTS, { recursive: true });
  const scratch = mkdtempSync(join(RESULTS, "scratch-"));
  const tidy = () => rmSync(scratch, { recursive: true, force: true });
  process.once("exit", tidy);
  try {
    const say = (text: string) => process.stderr.write(`${name}: ${text}\n`);
    return await measure({ isQuick, scratch, say });
  } finally {
    process.off("exit", tidy);
    tidy();
  }
}
