import { execFile } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startNginx } from "../test/fixtures/nginx.ts";
import { makeSource } from "./clips.ts";
import { memoryBytesOf } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { createTask, newHome, readTask, startPontus } from "./service.ts";
import { commandOf, RUNTIMES, type RuntimeName } from "./wasm-arms.ts";

const CLIP_SECONDS = 10;
/** A film of two hours. */
const REPEATS = 720;
const REPEATS_QUICK = 72;
const SAMPLE_MS = 100;
const SAMPLES_A_STATUS = 5;
/** After the start: the threads stand by. */
const REST_MS = 3_000;
const MOST_BYTES = 350e6;
/** As docs/hosting.md has it for hosts without a disk. */
const DENO_FLAGS = "--v8-flags=--max-semi-space-size=4";

/** Where the source and the target are. */
const PLACES = ["files", "http, no disk"] as const;

/** Bytes of the whole service: at rest, each 100 ms while the task runs, and the most there ever were. */
type Memory = {
  readonly rest: number;
  readonly resident: readonly number[];
  readonly peak: number;
};

/** Joins a clip with itself until it is as long as a film: some 550,000 packets of H.264 and AAC in 2.8 GB of mp4. */
async function makeFilm(folder: string, path: string, repeats: number): Promise<void> {
  const clip = join(folder, "clip.mp4");
  const size = { width: 1280, height: 720, seconds: CLIP_SECONDS, bitrate: "2900k" };
  await makeSource(clip, size);
  const list = join(folder, "list.txt");
  writeFileSync(list, `file '${clip}'\n`.repeat(repeats));
  const input = ["-f", "concat", "-safe", "0", "-i", list];
  const args = ["-nostdin", "-v", "error", ...input, "-c", "copy", path];
  await promisify(execFile)("ffmpeg", args);
}

/** Copies `film.mp4` to `copy.mp4`, both below an address or a folder. */
async function watchMemory(
  runtime: RuntimeName,
  scratch: string,
  below: string,
  env: Readonly<Record<string, string>>,
): Promise<Memory> {
  const main = runtime === "Bun" ? "src/main.bun.ts" : "src/main.deno.ts";
  const [program, ...args] = commandOf(runtime, main);
  const flags = runtime === "Deno" && env["PONTUS_DISK"] === "no" ? [DENO_FLAGS] : [];
  const options = { program, args: args.toSpliced(-1, 0, ...flags) };
  const server = await startPontus(newHome(scratch), { PONTUS_ENGINE: "wasm", ...env }, options);
  const resident: number[] = [];
  try {
    await sleep(REST_MS);
    const rest = memoryBytesOf(server.pid, "VmRSS");
    const id = await createTask(server.url, {
      source: { source_url: `${below}film.mp4` },
      profile_name: "video_mp4_transmux",
      targets: [{ target_url: `${below}copy.mp4` }],
    });
    for (let sample = 1; ; sample += 1) {
      await sleep(SAMPLE_MS);
      resident.push(memoryBytesOf(server.pid, "VmRSS"));
      if (sample % SAMPLES_A_STATUS > 0) continue;
      if ((await readTask(server.url, id)).task_status === "SUCCESS") break;
    }
    return { rest, resident, peak: memoryBytesOf(server.pid, "VmHWM") };
  } finally {
    await server.stop();
  }
}

/**
 * How much memory the whole service takes while this engine copies a film of many packets, and counts them where there is a disk,
 * on each runtime.
 */
export async function measureWasmFilm({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const folder = join(scratch, "nginx");
  mkdirSync(folder);
  const nginx = await startNginx(folder);
  const film = join(nginx.files, "film.mp4");
  await makeFilm(scratch, film, isQuick ? REPEATS_QUICK : REPEATS);
  const size = `${figure(statSync(film).size / 1e6)} MB`;
  const rows: Row[] = [];
  const facts: object[] = [];
  for (const place of PLACES)
    for (const runtime of RUNTIMES) {
      const isLocal = place === "files";
      const below = isLocal ? "" : `${nginx.url}/`;
      const env = isLocal ? { PONTUS_MEDIA_ROOTS: nginx.files } : { PONTUS_DISK: "no" };
      const { rest, resident, peak } = await watchMemory(runtime, scratch, below, env);
      const shown = `${figure(peak / 1e6)} MB; at rest ${figure(rest / 1e6)}`;
      const seconds = (resident.length * SAMPLE_MS) / 1000;
      say(`${runtime}, copy of ${size}, ${place}: ${shown}; ${figure(seconds)} s`);
      facts.push({ runtime, place, rest, peak, seconds, resident });
      rows.push({
        key: `wasm.${runtime}.film.${isLocal ? "files" : "http"}`,
        what: `${runtime}: copy of a film of ${size}, ${place}: peak of the whole service`,
        ours: shown,
        peer: "",
        bar: `≤ ${figure(MOST_BYTES / 1e6)} MB`,
        isMet: peak <= MOST_BYTES,
      });
    }
  await nginx.stop();
  return { rows, facts: { runs: facts } };
}
