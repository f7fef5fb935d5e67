import { expect, test } from "bun:test";
import type { ProbeRequest, TailRequest } from "../../../src/engine/engine.ts";
import type { Tail } from "../../../src/probe/tail.ts";
import { probeWithEnd } from "../../../src/worker/output/verify-end.ts";
import { aMediaWithVideo } from "../../plan/builders.ts";

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

/**
 * An engine that is asked.
 *
 * @param isAtOnce - it tells the end with the rest
 * @param tailOf - what it sees from a time on
 */
function asked(isAtOnce: boolean, tailOf: (fromSeconds: number) => Tail = () => TAIL) {
  const probes: ProbeRequest[] = [];
  const tails: TailRequest[] = [];
  const engine = {
    probe: async (request: ProbeRequest) => {
      probes.push(request);
      return { ...aMediaWithVideo({}), ...(isAtOnce && { tail: tailOf(59) }) };
    },
    readTail: async (request: TailRequest) => {
      tails.push(request);
      return tailOf(request.fromSeconds);
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

/** Where no key frame comes after it, nothing of the picture is decoded. */
const keyAt =
  (seconds: number) =>
  (fromSeconds: number): Tail => ({
    video: fromSeconds > seconds ? { ...STREAM, hasKey: false, frames: 0 } : STREAM,
    audio: STREAM,
  });

test("probeWithEnd looks from further and further before an end that does not decode, and not twice from one place", async () => {
  const near = asked(true, keyAt(54));
  await probeWithEnd(OUTPUT, near.engine, NEVER);
  expect(near.tails.map(({ fromSeconds }) => fromSeconds)).toEqual([52]);
  const far = asked(true, keyAt(-1));
  await expect(probeWithEnd(OUTPUT, far.engine, NEVER)).rejects.toThrow("cannot be decoded");
  // All of it was seen by then.
  expect(far.tails.map(({ fromSeconds }) => fromSeconds)).toEqual([52, 0]);
});
