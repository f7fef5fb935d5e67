import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
  bunTests,
  conclude,
  ignoring,
  LIVE,
  ON_ALL_CORES,
  type Outcome,
  showSlowest,
} from "./bun-tests.ts";
import { bringFfmpeg, SUITES } from "./debian-ffmpegs.ts";
import { inPinnedBun } from "./pinned-bun.ts";
import { provideSystemPrograms } from "./system-programs.ts";

// What runs the real ffmpeg, on the FFmpegs that most people have: `bun run verify:ffmpegs`. The system's own, verify has.
// `bun run verify:ffmpegs 9 live-rtmp` runs one of them, on some files.

/** Where the tests are that run it, as parts of names. */
const RUN = ["test/engine/", "test/plan/real/", "test/line/", "test/worker/"];
/** Where the real files are. */
const CORPUS = "test/corpus/";
/** Of these, what another ffmpeg changes nothing of: WebAssembly, plans beside their runs, encryption, storage, connections, processes of any program, what relays read, how fast the service starts, what the README says, watched folders, kept outputs, results that are used again, encodes that go on after a crash (what slices are, native-slices tells), how sources and files beside them are opened, when a worker runs what, which pixels a client may ask for. */
const NOT_RUN = [
  "**/wasm*.test.ts",
  "test/engine/ffmpeg/watchdog.test.ts",
  // srt-relay mostly waits, and the live tests go through that relay: it is run by the ffmpeg of verify alone.
  "test/engine/relay/{call-peer,rtmp-chunks,rtsp-auth,srt-packets,srt-relay}.test.ts",
  "test/worker/hardware/hardware-service.test.ts",
  "test/engine/process/{environment,feed-pipe,limits,orphans,subprocess}.test.ts",
  "test/line/{bad-connections,cookbook,egress,http,operated,readme,s3,slow-servers,start}.test.ts",
  "test/line/{host-troubles,killed-stages,left-behind,loss,restore,shares,stopped-services}.test.ts",
  "test/line/{crash,full-disk,neighbours,plan,protected,protected-players}.test.ts",
  "test/line/{bounds,kept-encode,resumed-encodes,reuse,watched-folders}.test.ts",
  "test/worker/reuse/*.test.ts",
  "test/worker/further/open-further.test.ts",
  "test/worker/source/open-source.test.ts",
  "test/worker/{drain,worker,worker-disk,worker-failures}.test.ts",
];
/** The same of live tests: where the service may connect, by what secret and behind which TLS, all of which relays do; the other runtime. */
const LIVE_NOT_RUN = ["test/line/live-{deno,egress,secrets,tls}.test.ts"];

/** An FFmpeg whose tests run, and what came of those that have run. */
type OnTrial = {
  readonly version: string;
  readonly bin: string;
  readonly outcomes: Outcome[];
};

async function run(
  name: string,
  args: readonly string[],
  { version, bin, outcomes }: OnTrial,
  options: Parameters<typeof bunTests>[2] = {},
): Promise<void> {
  const path = `${bin}${delimiter}${process.env["PATH"] ?? ""}`;
  const all = { ...options, env: { ...process.env, PATH: path } };
  outcomes.push(await bunTests(`${name} on ${version}`, args, all));
}

const tests = (one: OnTrial): Promise<void> =>
  run("tests", [...ON_ALL_CORES, ...ignoring([`${LIVE}*`, `${CORPUS}*`, ...NOT_RUN]), ...RUN], one);

const liveTests = (one: OnTrial): Promise<void> =>
  run("live tests", [...ON_ALL_CORES, ...ignoring(LIVE_NOT_RUN), LIVE], one);

/** Of the real files, by programs that give way: the live tests are to feel nothing of them. */
async function corpus(one: OnTrial): Promise<void> {
  const bin = mkdtempSync(join(tmpdir(), "pontus-giving-way-"));
  try {
    for (const program of ["ffmpeg", "ffprobe"])
      writeFileSync(join(bin, program), givingWay(join(one.bin, program)), { mode: 0o755 });
    const options = { givesWay: true, output: "collect" } as const;
    await run("real files", [...ignoring(NOT_RUN), CORPUS], { ...one, bin }, options);
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
}

/**
 * A script that runs a program which gives way. It leads a session of its own, whose priority is not that of the tests: see
 * `giveWay` of run-program.ts.
 */
const givingWay = (program: string): string =>
  `#!/bin/sh\n{ echo 10 > /proc/self/autogroup; } 2> /dev/null\nexec '${program}' "$@"\n`;

/** Runs all tests of some FFmpegs. Live tests wait most of the time: the real files run beside them. */
async function runAll(all: readonly OnTrial[]): Promise<void> {
  const ofEach = async (part: (one: OnTrial) => Promise<void>): Promise<void> => {
    for (const one of all) await part(one);
  };
  await ofEach(tests);
  await Promise.all([ofEach(liveTests), ofEach(corpus)]);
}

/** Says how the tests of an FFmpeg went. */
function tell({ version, outcomes }: OnTrial): void {
  showSlowest(` on ffmpeg ${version}`, outcomes);
  const sum = (key: "passed" | "failed") => outcomes.reduce((all, one) => all + one[key], 0);
  console.log(
    `ffmpeg ${version}: ${sum("passed")} of ${sum("passed") + sum("failed")} tests passed\n`,
  );
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
const all: OnTrial[] = [];
for (const { suite, version: expected } of named.length > 0 ? named : SUITES) {
  const { bin, version } = await bringFfmpeg(suite);
  if (!version.startsWith(`${expected}.`))
    console.warn(`Debian's ${suite} has moved on: what is told to be tested is ${expected}`);
  console.log(`ffmpeg ${version} of Debian's ${suite}, in ${bin}`);
  all.push({ bin, version, outcomes: [] });
}
if (filters.length > 0) for (const one of all) await run("tests", filters, one);
else await runAll(all);
for (const one of all) tell(one);
conclude(all.flatMap(({ outcomes }) => outcomes));
