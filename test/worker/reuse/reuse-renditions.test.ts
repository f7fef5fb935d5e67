import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import type { NewTask } from "../../../src/store/store.ts";
import { TaskError } from "../../../src/task/errors.ts";
import type { Output } from "../../../src/task/task.ts";
import { UNWATCHED } from "../../../src/telemetry/telemetry.ts";
import { openResults } from "../../../src/worker/reuse/open-results.ts";
import { AMPLE_DISK } from "../../fixtures/bench-run.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { workerBench } from "../../fixtures/worker-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** A worker that keeps results, and a source of two segments. */
async function aBench() {
  const results = join(tempFolder(), "results");
  const asked: string[] = [];
  const bench = await workerBench({
    deps: {
      results: await openResults(results, {
        ...{ bytesMax: 1 << 30, disk: AMPLE_DISK, isShared: false, version: "1" },
        telemetry: { ...UNWATCHED, resultAsked: (result) => asked.push(result) },
      }),
    },
  });
  const sourceUrl = join(bench.root, "film.mp4");
  const film = { width: 160, height: 90, seconds: 7, args: ["-bf", "2", "-g", "40"] };
  await copyFile(await clip(film), sourceUrl);
  return { ...bench, results, asked, sourceUrl };
}

type Bench = Awaited<ReturnType<typeof aBench>>;

/** A set of so many bits a second, from the best rendition on. */
const ladder = (container: Qlty["container"], ...bitrates: readonly number[]) => ({
  name: "ladder",
  description: "",
  renditions: bitrates.map((bitrate, at) =>
    toRendition({
      ...{ container, bitrate, audio_bitrate: 32_000, b_frame_size: 2 },
      ...{ width: 160 - 32 * at, height: 90 - 18 * at, framerate: "25" },
    }),
  ),
});

/** A task that makes a set, and its encoder before it runs. */
async function begin(
  bench: Bench,
  profile: ReturnType<typeof ladder>,
  name: string,
  changes: Partial<NewTask> = {},
) {
  const url = join(bench.root, name);
  const id = await bench.add({
    ...{ sourceUrl: bench.sourceUrl, assignments: assignRenditions(profile, [undefined]) },
    ...{ targets: [{ url, key: `file:${url}` }], ...changes },
  });
  return { id, run: await bench.nextRun() };
}

const outputOf = async (bench: Bench, id: string): Promise<Output> => {
  const { targets, failure } = await bench.until(id, ({ status }) =>
    ["SUCCESS", "FAILED"].includes(status),
  );
  const [target] = targets;
  if (!target?.output) throw new Error(`the task has no output: ${JSON.stringify(failure)}`);
  return target.output;
};

/** Makes a set: what its encoder was told, and what came of it. */
async function make(...asked: Parameters<typeof begin>) {
  const [bench] = asked;
  const { id, run } = await begin(...asked);
  run.letGo();
  return { args: run.request.step.args, output: await outputOf(bench, id), id };
}

const encodersIn = (args: readonly string[]): number =>
  args.filter((arg) => arg === "libx264").length;

const areReused = ({ renditions = [] }: Output) => renditions.map(({ reused }) => reused);

/** Every picture of a stream of a set, with its times, as a player decodes it. */
async function picturesOf(folder: string, stream: number): Promise<string> {
  const names = (await readdir(folder)).filter((name) =>
    new RegExp(`(init-|chunk-)${stream}[-.]`).test(name),
  );
  const init = names.filter((name) => name.includes("init-"));
  const whole = join(tempFolder(), "whole.mp4");
  const parts = [...init, ...names.filter((name) => !init.includes(name)).sort()];
  await writeFile(
    whole,
    Buffer.concat(await Promise.all(parts.map((n) => readFile(join(folder, n))))),
  );
  return execFileSync("ffmpeg", [
    ...["-v", "error", "-xerror", "-i", whole, "-copyts", "-f", "framemd5", "-"],
  ]).toString();
}

/** How long the segments of a stream of a set are. */
async function lengthsOf(folder: string, stream: number): Promise<readonly string[]> {
  const name = (await readdir(folder)).find((one) => one.endsWith(`media_${stream}.m3u8`)) ?? "";
  return (await readFile(join(folder, name), "utf8")).match(/(?<=#EXTINF:)[\d.]+/g) ?? [];
}

const logOf = async ({ tasks }: Bench, id: string): Promise<readonly string[]> =>
  (await tasks.logs("ada", id)).flatMap(({ decisions }) => decisions);

describe("A set of which some renditions were made before", () => {
  test("is made with them, and only the others are encoded; one of the same for other players encodes no picture", async () => {
    const bench = await aBench();
    const first = await make(bench, ladder("m3u8", 200_000, 120_000, 80_000), "first.m3u8");
    expect(encodersIn(first.args)).toBe(3);
    const changed = ladder("m3u8", 200_000, 140_000, 80_000);
    const second = await make(bench, changed, "second.m3u8");
    expect(encodersIn(second.args)).toBe(1);
    expect(second.args.filter((arg) => arg === "-i")).toHaveLength(3);
    expect(areReused(second.output)).toEqual([true, undefined, true]);
    expect(second.output.reused).toBeUndefined();
    expect(await logOf(bench, second.id)).toContain(
      "Uses 2 of 3 renditions that were made before, and encodes the others",
    );
    const folderOf = (name: string) => join(bench.root, basename(name, ".m3u8"));
    for (const stream of [0, 2]) {
      const pictures = await picturesOf(folderOf("second.m3u8"), stream);
      expect(pictures.match(/^0,/gm)).toHaveLength(175);
      expect(pictures).toBe(await picturesOf(folderOf("first.m3u8"), stream));
    }
    const [times, ...others] = await Promise.all(
      [0, 1, 2].map((stream) => lengthsOf(folderOf("second.m3u8"), stream)),
    );
    expect(times).toHaveLength(2);
    expect(others).toEqual([times ?? [], times ?? []]);
    const dash = await make(bench, ladder("dash", 200_000, 140_000, 80_000), "third.mpd");
    expect(encodersIn(dash.args)).toBe(0);
    expect(areReused(dash.output)).toEqual([true, true, true]);
    expect(bench.asked).toEqual(["miss", "miss", "part", "miss", "part"]);
    // What was put together is kept like any other, and a task that finds all of it says so of the whole.
    const url = join(bench.root, "fourth.m3u8");
    const id = await bench.add({
      ...{ sourceUrl: bench.sourceUrl, assignments: assignRenditions(changed, [undefined]) },
      targets: [{ url, key: `file:${url}` }],
    });
    const fourth = await outputOf(bench, id);
    expect(fourth.reused).toBe(true);
    expect(areReused(fourth)).toEqual([undefined, undefined, undefined]);
  });

  test("is made though what is kept goes meanwhile, and encoded as far as that was spoilt, or whole where it came out wrong", async () => {
    const bench = await aBench();
    const clipped = { clip: { startSeconds: 0.4, durationSeconds: 6.4 } };
    await make(bench, ladder("cmaf", 200_000, 80_000), "first.m3u8", clipped);
    // Of another part of the source there is nothing.
    const other = await make(bench, ladder("cmaf", 200_000), "other.m3u8");
    expect(encodersIn(other.args)).toBe(1);
    const part = await begin(bench, ladder("cmaf", 200_000, 70_000), "part.m3u8", clipped);
    expect(encodersIn(part.run.request.step.args)).toBe(1);
    // All that is kept goes while its run reads what was taken of it.
    await rm(bench.results, { recursive: true });
    part.run.letGo();
    expect(areReused(await outputOf(bench, part.id))).toEqual([true, undefined]);
    expect(await picturesOf(join(bench.root, "part"), 0)).toBe(
      await picturesOf(join(bench.root, "first"), 0),
    );
    const second = await begin(bench, ladder("cmaf", 200_000, 90_000), "second.m3u8", clipped);
    expect(encodersIn(second.run.request.step.args)).toBe(1);
    second.run.fail(new TaskError("output_wrong", "Cannot deliver the set: it is short"));
    const again = await bench.nextRun();
    expect(encodersIn(again.request.step.args)).toBe(2);
    again.letGo();
    expect(areReused(await outputOf(bench, second.id))).toEqual([undefined, undefined]);
    expect(await logOf(bench, second.id)).toContain(
      "Encodes all renditions: Cannot deliver the set: it is short",
    );
    for (const key of await readdir(bench.results)) {
      const path = join(bench.results, key, "segments", "chunk-0-00002.m4s");
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      await writeFile(path, bytes);
    }
    const third = await make(bench, ladder("cmaf", 200_000, 100_000), "third.m3u8", clipped);
    expect(encodersIn(third.args)).toBe(2);
    expect(third.output.renditions).toHaveLength(2);
  });
});
