import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const FOLDERS = ["src", "test", "wasm", "bench", "scripts"];

/** Lines that a rule forbids: what it is for, where it is looked for, and one line that it must catch. */
const RULES = [
  {
    says: "a task is never called a job",
    folders: ["src", "scripts"],
    forbids: /\bjobs?\b/i,
    caught: "const jobs = [];",
  },
  {
    says: "no check is switched off",
    folders: FOLDERS,
    forbids: /(biome|knip)-?ignore|@ts-(ignore|expect-error|nocheck)\b/,
    caught: ["// @ts", "ignore"].join("-"),
  },
  {
    says: "nothing is put off",
    folders: FOLDERS,
    forbids: /\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b/,
    caught: ["// TO", "DO: later"].join(""),
  },
  {
    says: "no path of somebody's machine is written down",
    folders: FOLDERS,
    forbids: /(?<![\w.}*-])\/(work|tmp|root|home\/\w+|Users\/\w+)(?=[/"'`\s]|$)/,
    caught: `"file://${"/tmp"}/clip.mp4"`,
  },
  {
    says: "no shell is started",
    folders: ["src", "scripts"],
    forbids: /\bshell: *true\b|\bexec(Sync)?\b.*node:child_process|["'`](ba)?sh["'`]/,
    caught: 'spawn("sh", ["-c", line])',
  },
] as const;

const filesOf = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => /\.(ts|json|sql|sh)$/.test(file))
        .map((file) => `${folder}/${file}`)
    : [];

describe("words", () => {
  test.each(RULES)("$says", ({ folders, forbids }) => {
    const found = folders
      .flatMap(filesOf)
      // This file has to name what it forbids.
      .filter((file) => file !== "test/house/words.test.ts")
      .flatMap((file) =>
        readFileSync(file, "utf8")
          .split("\n")
          .map((line, index) => ({ line, where: `${file}:${index + 1}` })),
      )
      .filter(({ line }) => forbids.test(line))
      .map(({ line, where }) => `${where}: ${line.trim()}`);
    expect(found).toEqual([]);
  });

  test.each(RULES)("a breach is seen: $says", ({ forbids, caught }) => {
    expect(caught).toMatch(forbids);
  });
});
