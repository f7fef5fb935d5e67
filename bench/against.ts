import { type ChildProcess, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compare, comparedTable, lackedBy, type Run, type Turns } from "./compare.ts";
import { RESULTS } from "./parts.ts";
import { end, ROOT, start } from "./processes.ts";

/** What two trees are asked to measure. */
export type Against = {
  /** A revision as git names it. */
  readonly revision: string;
  /** Names of parts. */
  readonly only: readonly string[];
  readonly isQuick: boolean;
  /** Pairs of runs of each part: the second pair begins with the other tree. */
  readonly rounds: number;
};

/** `bench.ts` ends with this where it has no part of that name. */
const UNKNOWN_PART = 2;

const say = (text: string): void => void process.stderr.write(`against: ${text}\n`);
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-C", ROOT, ...args], { encoding: "utf8" }).trim();

function commitOf(revision: string): string {
  try {
    return git("rev-parse", "--verify", "--quiet", `${revision}^{commit}`);
  } catch {
    throw new Error(`Cannot compare with "${revision}": git knows no such revision here`);
  }
}

/** A worktree of a revision with its own packages; removed by `remove` or with this process. */
function makeTree(commit: string): { readonly root: string; readonly remove: () => void } {
  mkdirSync(RESULTS, { recursive: true });
  // On the disk that this tree's own scratch lies on: what one arm writes costs as much as what the other writes.
  const folder = mkdtempSync(join(RESULTS, "against-"));
  const root = join(folder, "tree");
  const remove = (): void => {
    process.off("exit", remove);
    spawnSync("git", ["-C", ROOT, "worktree", "remove", "--force", root], { stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  git("worktree", "add", "--quiet", "--detach", root, commit);
  const install = ["install", "--frozen-lockfile", "--silent"];
  const { status } = spawnSync(process.execPath, install, { cwd: root, stdio: "inherit" });
  if (status !== 0)
    throw new Error(`Cannot compare: the packages of ${commit} cannot be installed`);
  return { root, remove };
}

/** Parts whose name another one's begins with are run by its name. */
export const unitsOf = (names: readonly string[]): readonly string[] =>
  names.filter((name) => !names.some((other) => name.startsWith(`${other}-`)));

/** The files that a part is measured by, in a tree: its own, and what that imports of bench. */
function filesOf(root: string, file: string, seen = new Set<string>()): ReadonlySet<string> {
  const path = join(root, "bench", file);
  if (seen.has(file) || !existsSync(path)) return seen;
  seen.add(file);
  for (const [, next = ""] of readFileSync(path, "utf8").matchAll(/ from "\.\/([\w./-]+)"/g))
    filesOf(root, next, seen);
  return seen;
}

/** Which files measure a part otherwise in the other tree. */
function differing(root: string, part: string): readonly string[] {
  const files = new Set([...filesOf(ROOT, `${part}.ts`), ...filesOf(root, `${part}.ts`)]);
  const text = (tree: string, file: string): string | undefined => {
    const path = join(tree, "bench", file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  };
  // It only puts figures into words.
  files.delete("report.ts");
  return [...files].filter((file) => text(ROOT, file) !== text(root, file)).toSorted();
}

/** One run of a part in a tree; nothing where that has no such part, or ends it with an error. */
async function runIn(
  root: string,
  part: string,
  isQuick: boolean,
  onStart: (child: ChildProcess) => void,
): Promise<Run> {
  const nothing: Run = { rows: [], facts: {} };
  const script = join(root, "bench", "bench.ts");
  if (!existsSync(script)) return nothing;
  const file = join(root, "bench", "results", "bench.json");
  rmSync(file, { force: true });
  const args = [script, "--only", part, ...(isQuick ? ["--quick"] : [])];
  const child = start(process.execPath, args, {}, root);
  onStart(child);
  child.stdout?.resume();
  const [code] = (await once(child, "close")) as [number | null];
  if (code === 0) return JSON.parse(readFileSync(file, "utf8")) as Run;
  if (code !== UNKNOWN_PART) say(`${part} ended with ${code}`);
  return nothing;
}

/** Both trees measure every part by turns: A B B A …, part after part. */
async function measureBoth(other: string, asked: Against): Promise<readonly Turns[]> {
  let child: ChildProcess | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, async () => {
      // It ends what it has started itself.
      if (child) await end(child);
      process.exit(130);
    });
  const all: Turns[] = [];
  for (const part of unitsOf(asked.only)) {
    const turns = { here: [] as Run[], there: [] as Run[] };
    for (let round = 1; round <= asked.rounds; round += 1) {
      const arms = [
        { name: "this tree", root: ROOT, runs: turns.here },
        { name: asked.revision, root: other, runs: turns.there },
      ];
      for (const { name, root, runs } of round % 2 === 1 ? arms : arms.toReversed()) {
        say(`${part}, round ${round} of ${asked.rounds}: ${name}`);
        runs.push(
          await runIn(root, part, asked.isQuick, (started) => {
            child = started;
          }),
        );
      }
    }
    all.push(turns);
  }
  return all;
}

/** What the table cannot tell: parts that a tree lacks, and parts that are measured otherwise there. */
function notesOf(all: readonly Turns[], other: string, revision: string): readonly string[] {
  const runs = { here: all.flatMap(({ here }) => here), there: all.flatMap(({ there }) => there) };
  const lackedThere = lackedBy(runs.there, runs.here);
  const parts = new Set(runs.here.flatMap(({ facts }) => Object.keys(facts)));
  return [
    ...lackedThere.map(
      (part) => `${part}: ${revision} has no such part, or ended it with an error`,
    ),
    ...lackedBy(runs.here, runs.there).map((part) => `${part}: this tree ended it with an error`),
    ...[...parts].flatMap((part) => {
      const files = lackedThere.includes(part) ? [] : differing(other, part);
      return files.length > 0
        ? [`${part}: measured by other code there (${files.join(", ")})`]
        : [];
    }),
  ];
}

/** Builds a worktree of a revision, has both trees measure the same parts by turns, and prints them beside each other. */
export async function measureAgainst(asked: Against): Promise<void> {
  const commit = commitOf(asked.revision);
  say(`builds ${asked.revision} (${commit.slice(0, 8)})`);
  const { root, remove } = makeTree(commit);
  try {
    const all = await measureBoth(root, asked);
    const rows = all.flatMap(compare);
    const notes = notesOf(all, root, asked.revision);
    const { revision, isQuick, rounds } = asked;
    const found = { revision, commit, here: git("rev-parse", "HEAD"), isQuick, rounds };
    const file = join(RESULTS, "against.json");
    writeFileSync(file, `${JSON.stringify({ ...found, rows, notes, turns: all }, null, 2)}\n`);
    process.stdout.write(`${comparedTable(rows, asked.revision)}\n`);
    for (const note of notes) process.stdout.write(`\n${note}`);
    if (notes.length > 0) process.stdout.write("\n");
  } finally {
    remove();
  }
}
