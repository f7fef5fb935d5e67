import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { bunTests, conclude, inSeconds, LIVE, ON_ALL_CORES, type Outcome } from "./bun-tests.ts";
import { bringFfmpeg, SUITES } from "./debian-ffmpegs.ts";
import { inPinnedBun } from "./pinned-bun.ts";
import { provideSystemPrograms } from "./system-programs.ts";

// What runs the real ffmpeg, on the FFmpegs that most people have: `bun run verify:ffmpegs`. The system's own, verify has.
// `bun run verify:ffmpegs 9 live-rtmp` runs one of them, on some files.

/** Where the tests are that run it, as parts of names. */
const RUN = ["test/engine/", "test/plan/real/", "test/line/", "test/worker/", "test/corpus/"];
/** Of these, what another ffmpeg changes nothing of: WebAssembly, storage, connections, how fast the service starts. */
const NOT_RUN = [
  "**/wasm*.test.ts",
  "test/engine/ffmpeg/watchdog.test.ts",
  "test/line/{bad-connections,http,s3,start}.test.ts",
];

const SLOWEST = 20;

/** The tests of a report of junit, by file and name, with how long each took. */
function timesIn(junit: string): readonly { readonly name: string; readonly ms: number }[] {
  return [...junit.matchAll(/<testcase name="([^"]*)".*? time="([\d.]+)" file="([^"]*)"/g)].map(
    ([, name = "", seconds, file]) => ({
      name: `${file}: ${name.replaceAll("&apos;", "'").replaceAll("&quot;", '"')}`,
      ms: Number(seconds) * 1000,
    }),
  );
}

type Part = { readonly name: string; readonly args: readonly string[] };

const ALL: readonly Part[] = [
  {
    name: "tests",
    args: [
      ...ON_ALL_CORES,
      ...[`${LIVE}*`, ...NOT_RUN].map((pattern) => `--path-ignore-patterns=${pattern}`),
      ...RUN,
    ],
  },
  { name: "live tests", args: [...ON_ALL_CORES, LIVE] },
];

/** Runs parts of the tests on one ffmpeg, and says how they went. */
async function on(version: string, bin: string, parts: readonly Part[]): Promise<Outcome> {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  const folder = mkdtempSync(join(tmpdir(), "pontus-ffmpegs-"));
  const sum = { isGood: true, passed: 0, failed: 0 };
  const times: { readonly name: string; readonly ms: number }[] = [];
  try {
    for (const [at, { name, args }] of parts.entries()) {
      const file = join(folder, `${at}.xml`);
      const junit = ["--reporter=junit", `--reporter-outfile=${file}`];
      const outcome = await bunTests(`${name} on ${version}`, [...junit, ...args], env);
      sum.isGood &&= outcome.isGood;
      sum.passed += outcome.passed;
      sum.failed += outcome.failed;
      times.push(...timesIn(readFileSync(file, { encoding: "utf8", flag: "a+" })));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`\nThe slowest tests on ffmpeg ${version}:`);
  for (const { name, ms } of times.sort((a, b) => b.ms - a.ms).slice(0, SLOWEST))
    console.log(`  ${inSeconds(ms).padStart(8)}  ${name}`);
  console.log(`ffmpeg ${version}: ${sum.passed} of ${sum.passed + sum.failed} tests passed\n`);
  return sum;
}

const isOf = ({ suite, version }: (typeof SUITES)[number], word: string): boolean =>
  word === suite || word === version || word === version.split(".")[0];

await inPinnedBun(import.meta.path);
await provideSystemPrograms();
const words = process.argv.slice(2).filter((word, at, all) => {
  const flag = "--installed";
  return word !== flag && all[at - 1] !== flag;
});
const named = SUITES.filter((one) => words.some((word) => isOf(one, word)));
const filters = words.filter((word) => !SUITES.some((one) => isOf(one, word)));
const outcomes: Outcome[] = [];
for (const { suite, version: expected } of named.length > 0 ? named : SUITES) {
  const { bin, version } = await bringFfmpeg(suite);
  if (!version.startsWith(`${expected}.`))
    console.warn(`Debian's ${suite} has moved on: what is told to be tested is ${expected}`);
  console.log(`ffmpeg ${version} of Debian's ${suite}, in ${bin}`);
  const parts = filters.length > 0 ? [{ name: "tests", args: filters }] : ALL;
  outcomes.push(await on(version, bin, parts));
}
conclude(outcomes);
