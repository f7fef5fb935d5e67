import { join } from "node:path";
import {
  bunTests,
  conclude,
  ignoring,
  LIVE,
  ON_ALL_CORES,
  type Outcome,
  report,
  showSlowest,
} from "./bun-tests.ts";
import { coverageArgs, readCoverage } from "./coverage.ts";
import { inPinnedBun } from "./pinned-bun.ts";
import { ROOT, runProgram } from "./run-program.ts";
import { provideSystemPrograms } from "./system-programs.ts";

// Everything a change must pass, in one command: `npx --yes bun run verify` needs nothing but Node and npm.
// Before the installation it runs in whatever Bun npx brought, so nothing here imports a package.

const TOOL_TIMEOUT_MS = 5 * 60_000;
const DENO_TESTS_TIMEOUT_MS = 40 * 60_000;

/**
 * What runs beside the live tests and gives way to them: files that keep the processors busy, and have time enough however little
 * is left to them. They start no programs: those would lead sessions of their own, which give way to nobody.
 */
const BESIDE_LIVE = ["test/simulation/first-half.test.ts", "test/simulation/second-half.test.ts"];

/** Not the script of `.bin`, which passes no signal on. */
const DENO = join(ROOT, "node_modules", "deno", process.platform === "win32" ? "deno.exe" : "deno");

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

async function otherTools(): Promise<void> {
  await tool("format and lint", "biome", "check", "--error-on-warnings");
  await tool("types", "tsc", "--noEmit");
  await tool("dead code", "knip");
}

async function denoTypes(): Promise<void> {
  const startMs = Date.now();
  const entries = ["src/main.deno.ts", "scripts/demo.deno.ts"];
  const options = { timeoutMs: TOOL_TIMEOUT_MS, output: "collect" } as const;
  const { code, output } = await runProgram(DENO, ["check", ...entries], options);
  if (code !== 0) fail("types on Deno", output);
  report("types on Deno", Date.now() - startMs);
}

/** All but the live tests and what runs beside them, a file on each core, and what of src they reach. */
async function tests(): Promise<Outcome> {
  const ignored = ignoring([`${LIVE}*`, ...BESIDE_LIVE]);
  const outcome = await bunTests("tests", [...ON_ALL_CORES, ...ignored, ...coverageArgs("tests")]);
  if (!outcome.isGood) return outcome;
  const { isEnough, text, least } = await readCoverage();
  console.log(`    coverage: ${text}`);
  console.log("    most lines that no test reaches in its own process:");
  for (const { file, missed, lines } of least) console.log(`      ${missed} of ${lines}  ${file}`);
  if (!isEnough) console.error("FAILED  coverage");
  return { ...outcome, isGood: isEnough };
}

/** The contract suites of every port, under Deno. */
async function denoTests(): Promise<Outcome> {
  const startMs = Date.now();
  const { code, output } = await runProgram(DENO, ["task", "test"], {
    timeoutMs: DENO_TESTS_TIMEOUT_MS,
    output: "collect",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const files = [...output.matchAll(/^cases: (\d+) passed, (\d+) failed$/gm)];
  const sum = (index: 1 | 2) => files.reduce((total, match) => total + Number(match[index]), 0);
  const isGood = code === 0 && files.length > 0;
  if (isGood) report("tests on Deno", Date.now() - startMs, `${sum(1)} cases`);
  else console.error(`${output.trim()}\n\nFAILED  tests on Deno`);
  return { isGood, passed: sum(1), failed: Math.max(sum(2), isGood ? 0 : 1), times: [] };
}

const { installMs } = await inPinnedBun(import.meta.path);
report("install", installMs, `Bun ${process.versions["bun"]}`);
const startMs = Date.now();
const programs = await provideSystemPrograms().catch((error: Error) =>
  fail("system programs", error.message),
);
report("system programs", Date.now() - startMs, programs);
// Deno's takes one core, and as long as the others together.
await Promise.all([denoTypes(), otherTools()]);
// Neither needs pace, as live tests do.
const atOnce = await Promise.all([tests(), denoTests()]);
const besideLive = await Promise.all([
  bunTests("live tests", [...ON_ALL_CORES, LIVE]),
  bunTests("tests beside", [...ON_ALL_CORES, ...BESIDE_LIVE], {
    givesWay: true,
    output: "collect",
  }),
]);
const outcomes = [...atOnce, ...besideLive];
showSlowest("", outcomes);
conclude(outcomes);
