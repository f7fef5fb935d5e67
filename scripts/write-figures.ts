import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type Language,
  parseKept,
  parseResults,
  withFigures,
  withResults,
} from "../bench/figures.ts";

// Writes the table of figures into both READMEs anew, from those that are kept; with --keep, keeps those of the last `bun run bench` first.
const PAGES: readonly (readonly [string, Language])[] = [
  ["README.md", "en"],
  ["README.zh-CN.md", "zh"],
];
const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const write = (path: string, text: string): void => writeFileSync(new URL(path, root), text);

const { values } = parseArgs({ options: { keep: { type: "boolean" } } });
let kept = parseKept(read("bench/kept.json"));
if (values.keep) {
  kept = withResults(kept, parseResults(read("bench/results/bench.json")));
  write("bench/kept.json", `${JSON.stringify(kept, null, 2)}\n`);
}
for (const [page, language] of PAGES) {
  const written = withFigures(read(page), kept, language);
  if (written === undefined)
    throw new Error(`Cannot write the table of figures: ${page} has no markers for it`);
  write(page, written);
}
