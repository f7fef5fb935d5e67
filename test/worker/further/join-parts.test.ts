import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Engine } from "../../../src/engine/engine.ts";
import { type JoinPart, planJoin } from "../../../src/plan/join-sources.ts";
import { joinedPath, runJoin } from "../../../src/worker/further/join-parts.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";

setDefaultTimeout(60_000);

const never = new AbortController().signal;
const native = openNative();
const wasm = openWasm();

type Source = readonly [path: string, clip?: JoinPart["clip"]];

/** How files are joined, and the request that joins them. */
async function planned(engine: Engine, files: readonly Source[], isEach = false) {
  const parts = await Promise.all(
    files.map(async ([path, part], at) => ({
      name: `sources[${at}]`,
      file: at === 0 ? "input" : `side-${at - 1}`,
      media: await engine.probe({ path, side: "source" }, never),
      clip: part,
    })),
  );
  const plan = planJoin(parts, engine.capabilities, isEach);
  const [[firstPath] = [""], ...others] = files;
  const further = Object.fromEntries(others.map(([path], at) => [`side-${at}`, path]));
  const step = { ...plan.step, share: 1 };
  const quiet = { onProgress: () => {}, onLog: () => {} };
  const request = { step, folder: tempFolder(), inputPath: firstPath, further, ...quiet };
  return { join: plan, firstPath, request };
}

const turned = async (): Promise<string> => {
  const path = join(tempFolder(), "turned.mov");
  const source = await clip({ width: 160, height: 96, audio: false });
  const turn = ["-metadata:s:v", "rotate=90", "-display_rotation", "90"];
  // 5.1 knows the first way, later ones the second.
  const isNew = (await native).capabilities.options.includes("display_rotation");
  const args = isNew ? turn.slice(2) : [];
  await ffmpeg([...args, "-i", source, "-c", "copy", ...(isNew ? [] : turn.slice(0, 2)), path]);
  return path;
};

describe.each([
  ["native", native],
  ["wasm", wasm],
] as const)("sources joined by the %s engine", (_, opening) => {
  test("become one film of their lengths together, whatever they are", async () => {
    const engine = await opening;
    const song = await clip({ video: false, audio: "libmp3lame", container: "mp3" });
    const late = await clip({ width: 96, height: 64, rate: "10", container: "ts", seconds: 2 });
    const part = { startSeconds: 0.5, durationSeconds: 1 };
    const { request, ...joins } = await planned(engine, [[await turned()], [song], [late, part]]);
    await runJoin(engine, joins, request, never);
    const path = joinedPath(request.folder);
    const made = await engine.probe({ path, side: "output", packets: true }, never);
    // The turned one is the largest, and the fastest.
    expect(made.video).toMatchObject({ codec: "ffv1", width: 96, height: 160 });
    expect(made.video?.framerate).toEqual({ num: 25, den: 1 });
    expect(made.audio).toMatchObject({ codec: "pcm_s16le", channels: 1, samplerateHz: 48_000 });
    const seconds = joins.join.media.durationSeconds ?? 0;
    // With the padding of the MP3, or without it from 9.0 on.
    expect(seconds).toBeGreaterThanOrEqual(3);
    expect(made.durationSeconds).toBeCloseTo(seconds, 1);
    expect(made.video?.packets?.count).toBe(Math.round(seconds * 25));
    expect(made.video?.packets?.gapSecondsMax).toBeCloseTo(0.04, 2);
  });

  test("keep all of their sounds, where one has several", async () => {
    const engine = await opening;
    const tones = ["-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "sine=f=880:d=1"];
    const both = join(tempFolder(), "both.mka");
    await ffmpeg([...tones, "-map", "0", "-map", "1", "-metadata:s:a:1", "language=fra", both]);
    const files = [[await clip({ width: 96, height: 64 })], [both]] as const;
    const { request, ...joins } = await planned(engine, files, true);
    await runJoin(engine, joins, request, never);
    const made = await engine.probe({ path: joinedPath(request.folder), side: "output" }, never);
    expect(made.streams.map(({ kind, language }) => [kind, language])).toEqual([
      ["video", undefined],
      ["audio", undefined],
      ["audio", "fra"],
    ]);
    expect(made.durationSeconds).toBeCloseTo(2, 1);
  });

  test("fail if what comes of them is not as long as was planned", async () => {
    const engine = await opening;
    const files = [[await clip()], [await clip({ rate: "10" })]] as const;
    const { request, join, firstPath } = await planned(engine, files);
    const longer = { ...join, media: { ...join.media, durationSeconds: 9 } };
    const running = runJoin(engine, { join: longer, firstPath }, request, never);
    expect((await taskErrorOf(running)).message).toMatch(
      /^Cannot join the sources: they last 2\S* s together, and should last 9 s$/,
    );
  });
});
