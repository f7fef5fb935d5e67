import { join } from "node:path";
import { COVERAGE_FOLDER, readCoverage } from "./coverage.ts";
import { inPinnedBun } from "./pinned-bun.ts";
import { ROOT, type RunResult, runProgram } from "./run-program.ts";
import { provideSystemPrograms } from "./system-programs.ts";

// Everything a change must pass, in one command: `npx --yes bun run verify` needs nothing but Node and npm.
// Before the installation it runs in whatever Bun npx brought, so nothing here imports a package.

const TOOL_TIMEOUT_MS = 5 * 60_000;
const TESTS_TIMEOUT_MS = 40 * 60_000;
/** One test may take a minute: those with real media need it on a busy machine. Bun's own limit is 5 s. */
const TEST_TIMEOUT_MS = 60_000;

/** Not the script of `.bin`, which passes no signal on. */
const DENO = join(ROOT, "node_modules", "deno", process.platform === "win32" ? "deno.exe" : "deno");

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function report(step: string, ms: number, note = ""): void {
  console.log(`ok  ${step.padEnd(16)} ${seconds(ms).padStart(8)}  ${note}`.trimEnd());
}

function fail(step: string, output: string): never {
  console.error(`${output.trim()}\n\nFAILED  ${step}`);
  process.exit(1);
}

/** Runs a tool of node_modules in this very Bun, whatever its first line says. */
async function tool(step: string, command: string, ...args: string[]): Promise<void> {
  const startMs = Date.now();
  const { code, output } = await runProgram(process.execPath, ["run", "--bun", command, ...args], {
    timeoutMs: TOOL_TIMEOUT_MS,
    output: "collect",
  });
  if (code !== 0) fail(step, output);
  report(step, Date.now() - startMs);
}

async function denoTypes(): Promise<void> {
  const startMs = Date.now();
  const entries = ["src/main.deno.ts", "scripts/demo.deno.ts"];
  const options = { timeoutMs: TOOL_TIMEOUT_MS, output: "collect" } as const;
  const { code, output } = await runProgram(DENO, ["check", ...entries], options);
  if (code !== 0) fail("types on Deno", output);
  report("types on Deno", Date.now() - startMs);
}

/** The counts of a run, from the lines that `bun test` ends with: ` 12 pass`. */
function countsOf({ output }: RunResult): { passed: number; failed: number; skipped: number } {
  const last = (word: string): number => {
    const lines = [...output.matchAll(new RegExp(`^ *(\\d+) ${word}s?$`, "gm"))];
    return Number(lines.at(-1)?.[1] ?? 0);
  };
  // An error between tests belongs to none of them, and fails the run all the same.
  return { passed: last("pass"), failed: last("fail") + last("error"), skipped: last("skip") };
}

/** What a run of tests came to; the counts are nothing where it did not get so far. */
type Outcome = { readonly isGood: boolean; readonly passed: number; readonly failed: number };

/** Those that keep pace with real streams: they wait most of the time, and want the cores to themselves when they do not. */
const LIVE = "test/line/live-";

/** Runs tests of Bun, and shows those that fail. */
async function bunTests(step: string, ...args: readonly string[]): Promise<Outcome> {
  const startMs = Date.now();
  const common = ["test", `--timeout=${TEST_TIMEOUT_MS}`, "--only-failures"];
  const result = await runProgram(process.execPath, [...common, ...args], {
    timeoutMs: TESTS_TIMEOUT_MS,
    output: "show",
  });
  const { passed, failed, skipped } = countsOf(result);
  const isGood = result.code === 0 && passed > 0;
  if (isGood) report(step, Date.now() - startMs, `${skipped} skipped`);
  else console.error(`FAILED  ${step}`);
  return { isGood, passed, failed };
}

/** All but the live tests, a file on each core, and what of src they reach. */
async function tests(): Promise<Outcome> {
  const coverage = ["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${COVERAGE_FOLDER}`];
  const ignored = `--path-ignore-patterns=${LIVE}*`;
  const outcome = await bunTests("tests", "--parallel", "--no-isolate", ignored, ...coverage);
  if (!outcome.isGood) return outcome;
  const { isEnough, text, unseen } = readCoverage();
  console.log(`    coverage: ${text}`);
  console.log(`    not counted, run only by started services: ${unseen.join(", ")}`);
  if (!isEnough) console.error("FAILED  coverage");
  return { ...outcome, isGood: isEnough };
}

/** The contract suites of every port, under Deno. */
async function denoTests(): Promise<Outcome> {
  const startMs = Date.now();
  const { code, output } = await runProgram(DENO, ["task", "test"], {
    timeoutMs: TESTS_TIMEOUT_MS,
    output: "collect",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const files = [...output.matchAll(/^cases: (\d+) passed, (\d+) failed$/gm)];
  const sum = (index: 1 | 2) => files.reduce((total, match) => total + Number(match[index]), 0);
  const isGood = code === 0 && files.length > 0;
  if (isGood) report("tests on Deno", Date.now() - startMs, `${sum(1)} cases`);
  else console.error(`${output.trim()}\n\nFAILED  tests on Deno`);
  return { isGood, passed: sum(1), failed: Math.max(sum(2), isGood ? 0 : 1) };
}

const { installMs } = await inPinnedBun(import.meta.path);
report("install", installMs, `Bun ${process.versions["bun"]}`);
const startMs = Date.now();
const programs = await provideSystemPrograms().catch((error: Error) =>
  fail("system programs", error.message),
);
report("system programs", Date.now() - startMs, programs);
await tool("format and lint", "biome", "check", "--error-on-warnings");
await tool("types", "tsc", "--noEmit");
await denoTypes();
await tool("dead code", "knip");
const outcomes = [await tests(), await bunTests("live tests", LIVE), await denoTests()];
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
if (passed + failed > 0) console.log(`${passed} passed, ${failed} failed`);
process.exitCode = outcomes.every(({ isGood }) => isGood) ? 0 : 1;
