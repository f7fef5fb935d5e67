import { once } from "node:events";
import { join } from "node:path";
import { makeSource } from "./clips.ts";
import { childrenCpuSeconds, ROOT, start } from "./processes.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { median, ratioOf } from "./statistics.ts";
import { type Cost, encoderArgs, runBare, shownCost, wallOf } from "./tasks.ts";

const PROFILE = "video_mp4_1280x720_1728kbps";
const BAR = 1.05;

/** `pontus transcode`, from the start of its process to its end. */
async function runCommand(
  source: string,
  target: string,
): Promise<Cost & { readonly args: readonly string[] }> {
  const cpuBefore = childrenCpuSeconds();
  const startMs = performance.now();
  const entry = join(ROOT, "src", "main.cli.bun.ts");
  const child = start(process.execPath, [entry, "transcode", source, target, "-p", PROFILE]);
  child.stdout?.resume();
  child.stderr?.resume();
  const ended = once(child, "close");
  const args = await encoderArgs(child.pid ?? 0);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`Cannot compare: pontus transcode ended with ${code}`);
  const wallSeconds = (performance.now() - startMs) / 1000;
  return { wallSeconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, args };
}

/** What `pontus transcode` costs, its start and its end included, against bare ffmpeg with the very same arguments. */
export async function measureCli({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const seconds = isQuick ? 5 : 60;
  const source = join(scratch, "source.mp4");
  await makeSource(source, { width: 1920, height: 1080, seconds, bitrate: "9M" });
  const ours: Cost[] = [];
  const bare: Cost[] = [];
  let args: readonly string[] = [];
  const arms = [
    async (round: number) => {
      const run = await runCommand(source, join(scratch, `${round}.mp4`));
      args = run.args;
      ours.push(run);
    },
    async () => void bare.push(await runBare(source, args, scratch)),
  ];
  for (let round = 1; round <= (isQuick ? 1 : 5); round += 1) {
    // The first round tells the arguments; from then on each arm is first by turns.
    for (const arm of round % 2 === 1 ? arms : arms.toReversed()) await arm(round);
    const told = [ours, bare].map((costs) => shownCost(costs.slice(-1)));
    say(`round ${round}: pontus transcode ${told[0]}; bare ffmpeg ${told[1]}`);
  }
  const ratio = ratioOf(wallOf(ours), wallOf(bare));
  const shown = (costs: readonly Cost[]) => `${figure(median(wallOf(costs)))} s`;
  const row = {
    key: "cli.transcode",
    what: `pontus transcode of a ${seconds} s 1080p clip, to 720p; peer: bare ffmpeg with the same arguments`,
    ours: shown(ours),
    peer: shown(bare),
    ratio,
    bar: `≤ ${BAR} x`,
    isMet: ratio <= BAR,
  };
  return { rows: [row], facts: { seconds, args, ours, bare } };
}
