import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseKept, parseResults, withFigures, withResults } from "../bench/figures.ts";

// Writes the table of figures into README.md anew, from those that are kept; with --keep, keeps those of the last `bun run bench` first.
const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const write = (path: string, text: string): void => writeFileSync(new URL(path, root), text);

const { values } = parseArgs({ options: { keep: { type: "boolean" } } });
let kept = parseKept(read("bench/kept.json"));
if (values.keep) {
  kept = withResults(kept, parseResults(read("bench/results/bench.json")));
  write("bench/kept.json", `${JSON.stringify(kept, null, 2)}\n`);
}
const written = withFigures(read("README.md"), kept);
if (written === undefined)
  throw new Error("Cannot write the table of figures: README.md has no markers for it");
write("README.md", written);
