import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import type { Task } from "../../../src/task/task.ts";
import { clip, ffmpeg } from "../../fixtures/clips.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { type WorkerBench, workerBench } from "../../fixtures/worker-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** A picture in which much moves, of which little is left at low qualities. */
const film = () => clip({ width: 160, height: 90, seconds: 2, args: ["-crf", "10"] });

const GROUP: Qlty = { container: "mp4", rc_mode: "quality", quality: 50, audio_format: "none" };

/** Runs a task of these groups; the task, and the files of its targets. */
async function made(
  groups: readonly Partial<Qlty>[],
  { source = film(), ...more }: { source?: Promise<string>; clip?: Task["clip"] } = {},
): Promise<{ readonly task: Task; readonly paths: readonly string[] }> {
  const bench = await workerBench({ deps: { engine: await openNative() } });
  const input = await inputOf(bench, await source);
  const paths = groups.map((group, at) => join(bench.root, `made-${at}.${group.container ?? "mp4"}`));
  const id = await bench.add({
    sourceUrl: input,
    targets: paths.map((url) => ({ url, key: `file:${url}` })),
    assignments: groups.map((group, at) => ({
      rendition: toRendition({ ...GROUP, ...group }),
      targets: [at],
    })),
    ...(more.clip && { clip: more.clip }),
  });
  const task = await bench.until(id, ({ endMs }) => endMs !== undefined);
  expect([task.status, task.failure]).toEqual(["SUCCESS", undefined]);
  return { task, paths };
}

async function inputOf({ root }: WorkerBench, path: string): Promise<string> {
  const input = join(root, `source-${basename(path)}`);
  await copyFile(path, input);
  return input;
}

const codes = ({ warnings = [] }: Task) => warnings.map(({ code }) => code);
const qualityOf = ({ targets }: Task, at = 0) => targets[at]?.output?.quality;

describe("judgeQuality", () => {
  test("tells of each output how close it comes to the source", async () => {
    const { task, paths } = await made([
      { measure_quality: true },
      { measure_quality: true, quality: 90, height: 64, container: "mkv" },
      { measure_quality: true, rc_mode: "cbr", bitrate: 150_000, quality: undefined, container: "mpegts" },
      {},
    ]);
    console.log(task.targets.map((t) => t.output?.quality), task.warnings, paths);
    const whole = await ffmpeg(["-v", "info", "-i", paths[0] ?? "", "-i", await film(), "-lavfi", "ssim", "-f", "null", "-"]);
    console.log(/All:[\d.]+/.exec(whole)?.[0]);
  });
});
