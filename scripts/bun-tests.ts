import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { LONG_TESTS } from "./long-tests.ts";
import { ROOT, type RunOptions, runProgram } from "./run-program.ts";

const TESTS_TIMEOUT_MS = 40 * 60_000;
/** One test may take a minute: those with real media need it on a busy machine. Bun's own limit is 5 s. */
const TEST_TIMEOUT_MS = 60_000;

const SLOWEST = 20;

/** A test, and how long it took. */
type TestTime = { readonly file: string; readonly name: string; readonly ms: number };

/** What a run of tests came to; the counts are 0 if it ended before it counted. */
export type Outcome = {
  readonly isGood: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly times: readonly TestTime[];
};

/**
 * Those that keep pace with real streams: they wait most of the time, and fall behind beside tests that do not, unless those
 * give way to them.
 */
export const LIVE = "test/line/live-";

/**
 * A file on each core, and one more for the time that others wait: for a service, a server, a clock. Modules are kept from file
 * to file.
 */
export const ON_ALL_CORES = [`--parallel=${availableParallelism() + 1}`, "--no-isolate"] as const;

/** The arguments that leave out files of these patterns. */
export const ignoring = (patterns: readonly string[]): readonly string[] =>
  patterns.map((pattern) => `--path-ignore-patterns=${pattern}`);

/** What a file takes that is not among the long ones, roughly. */
const SHORT_SECONDS = 1;

/** `12.3 s`. */
const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** How many cores have worked on average since a call, for anybody: `1.8 of 2 cores`. */
function coresWatch(): () => string {
  const read = () => {
    const all = cpus().map(({ times }) => times);
    const idle = all.reduce((sum, times) => sum + times.idle, 0);
    const sum = all.reduce((total, { user, nice, sys, irq }) => total + user + nice + sys + irq, 0);
    return { cores: all.length, idle, all: sum + idle };
  };
  const before = read();
  return () => {
    const now = read();
    const share = 1 - (now.idle - before.idle) / Math.max(now.all - before.all, 1);
    return `${(share * now.cores).toFixed(1)} of ${now.cores} cores`;
  };
}

/**
 * Writes what Bun starts files by: the longest first, so that none is begun when nothing else is left. A file that is not
 * named in it would come before all others.
 */
function writeTimes(path: string): void {
  const tests = globSync("test/**/*.test.ts", { cwd: ROOT }).map((file) => {
    const name = file.replaceAll("\\", "/");
    return [name, 1000 * (LONG_TESTS[name] ?? SHORT_SECONDS)];
  });
  writeFileSync(path, JSON.stringify({ version: 1, files: Object.fromEntries(tests) }));
}

/** Says that a step of the check is good. */
export function report(step: string, ms: number, note = ""): void {
  console.log(`ok  ${step.padEnd(16)} ${inSeconds(ms).padStart(8)}  ${note}`.trimEnd());
}

/** How tests of Bun are run. `collect` shows what they write when they have ended, as others write at the same time. */
type TestOptions = Pick<RunOptions, "env" | "givesWay"> & { readonly output?: "collect" | "show" };

/** Runs tests of Bun, and shows those that fail. */
export async function bunTests(
  step: string,
  args: readonly string[],
  options: TestOptions = {},
): Promise<Outcome> {
  const startMs = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "pontus-tests-"));
  const junit = join(folder, "junit.xml");
  const times = join(folder, "times.json");
  writeTimes(times);
  const coresBusy = coresWatch();
  const reporting = ["--only-failures", "--reporter=junit", `--reporter-outfile=${junit}`];
  const common = ["test", `--timeout=${TEST_TIMEOUT_MS}`, `--timings=${times}`, ...reporting];
  const { code, output } = await runProgram(process.execPath, [...common, ...args], {
    output: "show",
    ...options,
    env: { ...(options.env ?? process.env), TESTS_SHARED_FOLDER: folder },
    timeoutMs: TESTS_TIMEOUT_MS,
  });
  if (options.output === "collect") process.stdout.write(output);
  // "a+": the file is made if the run ended before it wrote one.
  const took = timesIn(readFileSync(junit, { encoding: "utf8", flag: "a+" }));
  rmSync(folder, { recursive: true, force: true });
  // From the lines that it ends with: ` 12 pass`.
  const last = (word: string): number => {
    const lines = [...output.matchAll(new RegExp(`^ *(\\d+) ${word}s?$`, "gm"))];
    return Number(lines.at(-1)?.[1] ?? 0);
  };
  const passed = last("pass");
  const isGood = code === 0 && passed > 0;
  if (isGood) report(step, Date.now() - startMs, `${last("skip")} skipped, ${coresBusy()} busy`);
  else console.error(`FAILED  ${step}`);
  // An error between tests belongs to none of them, and fails the run all the same.
  const failed = last("fail") + last("error");
  return { isGood, passed, failed: isGood ? failed : Math.max(failed, 1), times: took };
}

/** The tests of a report of junit. */
const timesIn = (junit: string): readonly TestTime[] =>
  [...junit.matchAll(/<testcase name="([^"]*)".*? time="([\d.]+)" file="([^"]*)"/g)].map(
    ([, name = "", seconds, file = ""]) => ({
      file,
      name: name.replaceAll("&apos;", "'").replaceAll("&quot;", '"'),
      ms: Number(seconds) * 1000,
    }),
  );

/** Prints the slowest tests of some runs, and the files that took longest with all their tests. */
export function showSlowest(where: string, outcomes: readonly Outcome[]): void {
  const times = outcomes.flatMap((outcome) => outcome.times);
  const files = Map.groupBy(times, ({ file }) => file);
  const sums = [...files].map(([name, tests]) => ({
    name,
    ms: tests.reduce((sum, { ms }) => sum + ms, 0),
  }));
  showLongest(
    `The slowest tests${where}`,
    times.map(({ file, name, ms }) => ({ name: `${file}: ${name}`, ms })),
  );
  showLongest(`The slowest files${where}`, sums);
}

function showLongest(title: string, all: readonly Omit<TestTime, "file">[]): void {
  console.log(`\n${title}:`);
  for (const { name, ms } of all.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST))
    console.log(`  ${inSeconds(ms).padStart(8)}  ${name}`);
  console.log("");
}

/** Says what all runs came to, in the one line that CI reads, and makes it the exit code. */
export function conclude(outcomes: readonly Outcome[]): void {
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  if (passed + failed > 0) console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = outcomes.every(({ isGood }) => isGood) ? 0 : 1;
}
