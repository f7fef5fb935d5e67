import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSource } from "./clips.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { createTask, type Home, newHome, readTask, startPontus } from "./service.ts";
import { spreadOf } from "./statistics.ts";
import { commandOf, RUNTIMES, type RuntimeName } from "./wasm-arms.ts";

const POLL_MS = 1;
const STATUS_MS = 250;
/** Longer than the notes of `lag.ts` are apart. */
const NOTED_MS = 700;
/** After the start, and between tasks: the next thread stands by. */
const REST_MS = 1_000;

/** Of one task: from its claim until ffmpeg opened its first output; and of all: how long the event loop was held. */
type Api = { readonly beginMs: readonly number[]; readonly heldMs: readonly number[] };

/** When the first output of a task's encode was opened. */
async function firstOutputMs({ data }: Home, id: string): Promise<number> {
  const scratch = join(data, "scratch");
  for (;;) {
    const isThere = readdirSync(scratch, { recursive: true, encoding: "utf8" }).some(
      (path) => path.includes(id) && /\/0\/[^/]+\.(ts|mp4)$/.test(path),
    );
    if (isThere) return Date.now();
    await sleep(POLL_MS);
  }
}

async function watchApi(
  runtime: RuntimeName,
  home: Home,
  lagFile: string,
  tasks: number,
): Promise<Api> {
  const main = runtime === "Bun" ? "src/main.bun.ts" : "src/main.deno.ts";
  const [program, ...args] = commandOf(runtime, main, "bench/lag.ts");
  const env = { PONTUS_ENGINE: "wasm", BENCH_LAG_FILE: lagFile };
  let log = "";
  const onText = (text: string) => {
    log += text;
  };
  const server = await startPontus(home, env, { program, args, onText });
  const held = () => readFileSync(lagFile, "utf8").split("\n").map(Number);
  const beginMs: number[] = [];
  try {
    await sleep(REST_MS);
    const before = held().length;
    for (let index = 0; index < tasks; index += 1) {
      const target = { target_url: `out-${index}.mp4` };
      const profile_name = "video_mp4_640x360_520kbps";
      const body = { source: { source_url: "in.mp4" }, profile_name, targets: [target] };
      const id = await createTask(server.url, body);
      const openedMs = await firstOutputMs(home, id);
      beginMs.push(openedMs - claimedMs(log, id));
      while ((await readTask(server.url, id)).task_status !== "SUCCESS") await sleep(STATUS_MS);
      await sleep(REST_MS);
    }
    await sleep(NOTED_MS);
    return { beginMs, heldMs: held().slice(before) };
  } finally {
    await server.stop();
  }
}

/** When a task was claimed, by the log of the service. */
function claimedMs(log: string, id: string): number {
  const line = log.split("\n").find((text) => text.includes(`Task ${id} begins`)) ?? "{}";
  const { time } = JSON.parse(line) as { time?: string };
  return Date.parse(time ?? "");
}

/** How the service answers while this engine encodes in its process, and how soon a claimed task is encoded, on each runtime. */
export async function measureWasmApi({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const rows: Row[] = [];
  const facts: object[] = [];
  for (const runtime of RUNTIMES) {
    const home = newHome(scratch);
    const size = { width: 1280, height: 720, seconds: 10, bitrate: "3M" };
    await makeSource(join(home.media, "in.mp4"), size);
    const lagFile = join(home.data, "lag.txt");
    const { beginMs, heldMs } = await watchApi(runtime, home, lagFile, isQuick ? 2 : 5);
    const [first = Number.NaN, ...later] = beginMs;
    const [held, begun] = [spreadOf(heldMs), spreadOf(later)];
    const shown = `p99 ${figure(held.p99)} ms, max ${figure(held.max)} ms`;
    say(
      `${runtime}: held ${shown}; first task encodes after ${first} ms, later ones after ${later}`,
    );
    facts.push({ runtime, held, beginMs, above50: heldMs.filter((ms) => ms > 50) });
    rows.push(
      {
        key: `wasm.${runtime}.lag`,
        what: `${runtime}: the service's event loop is held while it encodes in two slices`,
        ours: shown,
        peer: "",
        bar: "max ≤ 50 ms",
        isMet: held.max <= 50,
      },
      {
        key: `wasm.${runtime}.begin`,
        what: `${runtime}: from the claim of a second task to its encoder's first output`,
        ours: `median ${figure(begun.p50)} ms, max ${figure(begun.max)} ms`,
        peer: "",
        bar: "median ≤ 60 ms",
        isMet: begun.p50 <= 60,
      },
    );
  }
  return { rows, facts: { runs: facts } };
}
