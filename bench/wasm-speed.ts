import { join } from "node:path";
import { makeSource } from "./clips.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { ratioOf } from "./statistics.ts";
import type { ArmOrder, Way } from "./wasm-arm.ts";
import { type Arm, RUNTIMES, type RuntimeName, runArm } from "./wasm-arms.ts";

const SPEED: readonly Way[] = ["native-1", "native", "whole", "slices", "published"];
/** Where the time of one thread goes. */
const PARTS: readonly Way[] = ["decoded", "scaled", "sound", "whole"];
const START: readonly Way[] = ["frame", "published-frame", "native-frame"];

/** A clip and what is made of it: the long one is smaller, so that all fits into minutes. */
const CLIPS = [
  { seconds: 10, from: [1280, 720], to: [640, 360], bitrate: "3M" },
  { seconds: 60, from: [640, 360], to: [320, 180], bitrate: "1M" },
] as const;

type Case = {
  readonly seconds: number;
  readonly to: readonly [number, number];
  readonly preset: string;
  readonly rounds: number;
};

/** The bars are on `veryfast`, of the first clip. */
const FULL: readonly Case[] = CLIPS.flatMap(({ seconds, to }) =>
  ["veryfast", "ultrafast", "medium"].map((preset) => {
    return { seconds, to, preset, rounds: seconds === 10 && preset === "veryfast" ? 5 : 1 };
  }),
);

/** How fast this engine transcodes against native ffmpeg and the published way, and how soon it starts, on each runtime. */
export async function measureWasmSpeed({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const pathOf = (seconds: number) => join(scratch, `clip-${seconds}.mp4`);
  const cases = isQuick ? FULL.slice(0, 1) : FULL;
  for (const { seconds, from, bitrate } of CLIPS) {
    const [width, height] = from;
    await makeSource(pathOf(seconds), { width, height, seconds, bitrate });
  }
  const rows: Row[] = [];
  const facts: object[] = [];
  for (const runtime of RUNTIMES) {
    for (const { seconds, to, preset, rounds } of cases) {
      const [width, height] = to;
      const order = {
        scratch,
        source: pathOf(seconds),
        width,
        height,
        preset,
        ways: SPEED,
        rounds,
      };
      const arm = await runArm(runtime, order);
      const what = `${runtime}: a clip of ${seconds} s to ${height}p, ${preset}`;
      const told = SPEED.map((way) => `${way} ${figure(arm.median(way))} s`).join(", ");
      say(`${what}: ${told}`);
      facts.push({ runtime, seconds, preset, ...timesOf(arm, SPEED) });
      const hasBars = seconds === 10 && preset === "veryfast";
      rows.push(...speedRows(arm, `wasm.${runtime}.${seconds}.${preset}`, what, hasBars));
    }
    const [width, height] = CLIPS[0].to;
    const order = { scratch, source: pathOf(10), width, height, preset: "veryfast", ways: START };
    const parts = await partsRow(runtime, { ...order, ways: PARTS, rounds: isQuick ? 1 : 5 });
    say(`${parts.row.what}: ${parts.row.ours}`);
    rows.push(parts.row);
    facts.push({ runtime, ...parts.times });
    const { row, times } = await startRow(runtime, { ...order, rounds: isQuick ? 3 : 7 });
    say(`${row.what}: ${row.ours}; ${row.peer}`);
    rows.push(row);
    facts.push({ runtime, ...times });
  }
  return { rows, facts: { runs: facts } };
}

const timesOf = (arm: Arm, ways: readonly Way[]): object =>
  Object.fromEntries(ways.map((way) => [way, arm.seconds(way)]));

function speedRows(arm: Arm, key: string, what: string, hasBars: boolean): readonly Row[] {
  const row = (name: string, ours: Way, peer: Way, told: string, most: number): Row => {
    const ratio = ratioOf(arm.seconds(ours), arm.seconds(peer));
    return {
      key: `${key}.${name}`,
      what: `${what}: ${told}`,
      ours: `${figure(arm.median(ours))} s`,
      peer: `${figure(arm.median(peer))} s`,
      ratio,
      ...(hasBars ? { bar: `≤ ${figure(most)} x`, isMet: ratio <= most } : { bar: "" }),
    };
  };
  const {
    bar: _,
    isMet: __,
    ...oneThread
  } = row("one", "whole", "native-1", "one thread; peer: native on one", 1);
  return [
    row("native", "slices", "native", "in slices; peer: native on all cores", 2.6),
    row("unsliced", "slices", "whole", "in slices; peer: in one run", 1 / 1.4),
    row("published", "slices", "published", "in slices; peer: as published", 1 / 1.5),
    { ...oneThread, bar: "" },
  ];
}

async function partsRow(
  runtime: RuntimeName,
  order: ArmOrder,
): Promise<{ row: Row; times: object }> {
  const arm = await runArm(runtime, order);
  const seconds = (way: Way) => `${figure(arm.median(way))} s`;
  const row = {
    key: `wasm.${runtime}.parts`,
    what: `${runtime}: one thread, of a clip of 10 s to 360p, veryfast`,
    ours: `decoded ${seconds("decoded")}, scaled too ${seconds("scaled")}, sound ${seconds("sound")}, whole ${seconds("whole")}`,
    peer: "",
    bar: "",
  };
  return { row, times: timesOf(arm, PARTS) };
}

async function startRow(
  runtime: RuntimeName,
  order: ArmOrder,
): Promise<{ row: Row; times: object }> {
  const arm = await runArm(runtime, order);
  const ms = (way: Way) => `${figure(arm.median(way) * 1000)} ms`;
  const row = {
    key: `wasm.${runtime}.start`,
    what: `${runtime}: one frame; cold is from the start of the process`,
    ours: `cold ${figure(arm.firstSeconds * 1000)} ms, warm ${ms("frame")}`,
    peer: `published ${ms("published-frame")}, native ${ms("native-frame")}`,
    bar: "",
  };
  return { row, times: { firstSeconds: arm.firstSeconds, ...timesOf(arm, START) } };
}
