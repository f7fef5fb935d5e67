import { delimiter } from "node:path";
import { bunTests, conclude, LIVE, ON_ALL_CORES, type Outcome, showSlowest } from "./bun-tests.ts";
import { bringFfmpeg, SUITES } from "./debian-ffmpegs.ts";
import { inPinnedBun } from "./pinned-bun.ts";
import { provideSystemPrograms } from "./system-programs.ts";

// What runs the real ffmpeg, on the FFmpegs that most people have: `bun run verify:ffmpegs`. The system's own, verify has.
// `bun run verify:ffmpegs 9 live-rtmp` runs one of them, on some files.

/** Where the tests are that run it, as parts of names. */
const RUN = ["test/engine/", "test/plan/real/", "test/line/", "test/worker/", "test/corpus/"];
/** Of these, what another ffmpeg changes nothing of: WebAssembly, plans beside their runs, encryption, storage, connections, processes of any program, how fast the service starts, watched folders, kept outputs. */
const NOT_RUN = [
  "**/wasm*.test.ts",
  "test/engine/ffmpeg/watchdog.test.ts",
  "test/worker/hardware/hardware-service.test.ts",
  "test/engine/process/{environment,feed-pipe,limits,orphans,subprocess}.test.ts",
  "test/line/{bad-connections,cookbook,egress,http,operated,s3,slow-servers,start}.test.ts",
  "test/line/{host-troubles,killed-stages,left-behind,loss,restore,shares,stopped-services}.test.ts",
  "test/line/{crash,full-disk,neighbours,plan,protected,protected-players}.test.ts",
  "test/line/{kept-encode,watched-folders}.test.ts",
];
/** The same of live tests: where the service may connect, by what secret and behind which TLS, all of which relays do; the other runtime. */
const LIVE_NOT_RUN = ["test/line/live-{deno,egress,secrets,tls}.test.ts"];
const ignoring = (patterns: readonly string[]): readonly string[] =>
  patterns.map((pattern) => `--path-ignore-patterns=${pattern}`);

type Part = { readonly name: string; readonly args: readonly string[] };

const ALL: readonly Part[] = [
  {
    name: "tests",
    args: [...ON_ALL_CORES, ...ignoring([`${LIVE}*`, ...NOT_RUN]), ...RUN],
  },
  { name: "live tests", args: [...ON_ALL_CORES, ...ignoring(LIVE_NOT_RUN), LIVE] },
];

/** Runs parts of the tests on one ffmpeg, and says how they went. */
async function on(
  version: string,
  bin: string,
  parts: readonly Part[],
): Promise<readonly Outcome[]> {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  const outcomes: Outcome[] = [];
  for (const { name, args } of parts)
    outcomes.push(await bunTests(`${name} on ${version}`, args, env));
  showSlowest(` on ffmpeg ${version}`, outcomes);
  const sum = (key: "passed" | "failed") => outcomes.reduce((all, one) => all + one[key], 0);
  console.log(
    `ffmpeg ${version}: ${sum("passed")} of ${sum("passed") + sum("failed")} tests passed\n`,
  );
  return outcomes;
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
  outcomes.push(...(await on(version, bin, parts)));
}
conclude(outcomes);
