import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Engine, EngineProgress, ProbeRequest } from "../../../src/engine/engine.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { expectingOutput } from "../../../src/worker/file/expect-output.ts";
import { verifyProducts } from "../../../src/worker/output/verify-products.ts";
import type { JudgingRun } from "../../../src/worker/run.ts";
import type { StepReports } from "../../../src/worker/runner.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { aMedia, aVideo } from "../../plan/builders.ts";
import { planOf } from "../../plan/planned.ts";

// A clip is made by real programs.
setDefaultTimeout(60_000);

const media = aMedia();
const { durationSeconds = 0 } = media;
const film = () => planOf([{ container: "mp4" }], media);

/** Runs a plan's steps with reports of where they are. @returns the probes that are expected, and how many of them were ended */
async function expectedIn(
  plan: Plan,
  places: readonly Partial<EngineProgress>[],
  folder = tempFolder(),
) {
  const expected: ProbeRequest[] = [];
  const atEnds: (() => Promise<void>)[] = [];
  let ended = 0;
  const engine = {
    expectProbe: async (request: ProbeRequest) => {
      expected.push(request);
      return async () => {
        ended += 1;
      };
    },
  } as unknown as Engine;
  const run = { engine, atEnd: (giveBack: () => Promise<void>) => void atEnds.push(giveBack) };
  const told: EngineProgress[] = [];
  const reports = { onProgress: (report: EngineProgress) => told.push(report) };
  const runStep = async (_: unknown, { onProgress }: StepReports) => {
    for (const place of places)
      onProgress({ outTimeSeconds: 0, speed: 1, fps: 0, frames: 0, ...place });
  };
  const line = expectingOutput(run, folder, { runStep });
  await line.begin({ plan, media });
  for (const step of plan.steps) await line.runStep(step, reports as unknown as StepReports);
  expect(told).toHaveLength(places.length * plan.steps.length);
  for (const atEnd of atEnds) await atEnd();
  expect(ended).toBe(expected.length);
  return expected;
}

/** So far before the end, at this speed. */
const before = (seconds: number, speed = 1): Partial<EngineProgress> => ({
  outTimeSeconds: durationSeconds - seconds,
  speed,
});

test("the probe of an output is expected once its encode is near its end, and is the one that verifies it", async () => {
  const plan = film();
  const folder = tempFolder();
  const places = [before(5), before(5, 4), before(0.5)];
  const [request, ...others] = await expectedIn(plan, places, folder);
  expect(others).toEqual([]);
  const probes: ProbeRequest[] = [];
  const engine = {
    probe: async (asked: ProbeRequest) => {
      probes.push(asked);
      throw new Error("enough");
    },
  };
  const run = { engine, signal: new AbortController().signal, warn: async () => {} };
  const source = { folder, sourcePath: "", media };
  const [{ entry = "" } = {}] = plan.products;
  mkdirSync(join(folder, dirname(entry)));
  copyFileSync(await clip(), join(folder, entry));
  const verified = verifyProducts(plan, source, run as unknown as JudgingRun);
  expect(await verified.catch(({ message }: Error) => message)).toBe("enough");
  expect(JSON.stringify(probes)).toBe(JSON.stringify([request]));
});

test.each<[string, Plan, readonly Partial<EngineProgress>[]]>([
  ["before that", film(), [before(5), before(3, 1.9), { speed: 0 }]],
  ["by the last report of a run", film(), [before(0), before(0.02)]],
  ["of a set", planOf([{ container: "m3u8" }], media), [before(1)]],
  [
    "of a picture",
    planOf([{ container: "jpg", video: aVideo({ codec: "mjpeg" }), audio: "none" }], media),
    [before(1)],
  ],
  [
    "of a copy, whose packets are counted",
    planOf([{ container: "mp4", video: "copy", audio: "copy" }], media),
    [before(1)],
  ],
])("no probe is expected %s", async (_, plan, places) => {
  expect(await expectedIn(plan, places)).toEqual([]);
});

test("a probe that cannot be prepared is missed by nobody", async () => {
  const atEnds: (() => Promise<void>)[] = [];
  const engine = { expectProbe: () => Promise.reject(new Error("no")) } as unknown as Engine;
  const run = { engine, atEnd: (giveBack: () => Promise<void>) => void atEnds.push(giveBack) };
  const plan = film();
  const line = expectingOutput(run, tempFolder(), {
    runStep: async (_, { onProgress }) =>
      onProgress({ speed: 1, fps: 0, frames: 0, outTimeSeconds: durationSeconds - 1 }),
  });
  await line.begin({ plan, media });
  const reports = { onProgress: () => {} } as unknown as StepReports;
  for (const step of plan.steps) await line.runStep(step, reports);
  expect(atEnds).toHaveLength(1);
  for (const atEnd of atEnds) await atEnd();
});
