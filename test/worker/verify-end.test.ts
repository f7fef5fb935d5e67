import { expect, test } from "bun:test";
import type { ProbeRequest, TailRequest } from "../../src/engine/engine.ts";
import { probeWithEnd } from "../../src/worker/verify-end.ts";
import { aMediaWithVideo } from "../plan/builders.ts";

const NEVER = new AbortController().signal;
const STREAM = { packets: 30, hasKey: true, endSeconds: 60, frames: 30, lastFrameSeconds: 59.9 };
const TAIL = { video: STREAM, audio: STREAM };
const EXPECT = {
  ...{ durationSeconds: 60, durationToleranceSeconds: 0.5 },
  ...{
    video: { codec: "h264", sameAsSource: false },
    audio: { codec: "aac", sameAsSource: false },
  },
};
const OUTPUT = { path: "/scratch/0/out.mp4", expect: EXPECT, isCounted: false };

/** An engine that is asked, and whether it tells the end with the rest. */
function asked(isAtOnce: boolean) {
  const probes: ProbeRequest[] = [];
  const tails: TailRequest[] = [];
  const engine = {
    probe: async (request: ProbeRequest) => {
      probes.push(request);
      return { ...aMediaWithVideo({}), ...(isAtOnce && { tail: TAIL }) };
    },
    readTail: async (request: TailRequest) => {
      tails.push(request);
      return TAIL;
    },
  };
  return { engine, probes, tails };
}

test("probeWithEnd looks at an encode and its end at once", async () => {
  const { engine, probes, tails } = asked(true);
  await probeWithEnd(OUTPUT, engine, NEVER);
  expect(probes.map(({ tail }) => tail)).toEqual([
    { fromSeconds: 59, toSeconds: 65, keyFramesOnly: false },
  ]);
  expect(tails).toEqual([]);
});

test("probeWithEnd looks at the end by itself where both at once were too much", async () => {
  const { engine, tails } = asked(false);
  await probeWithEnd(OUTPUT, engine, NEVER);
  expect(tails).toEqual([
    { path: OUTPUT.path, fromSeconds: 59, toSeconds: 65, keyFramesOnly: false },
  ]);
});

test("probeWithEnd reads the end of a copy while its packets are counted", async () => {
  const { engine, probes, tails } = asked(false);
  await probeWithEnd({ ...OUTPUT, isCounted: true }, engine, NEVER);
  expect(probes.map(({ tail }) => tail)).toEqual([undefined]);
  expect(tails).toHaveLength(1);
});
