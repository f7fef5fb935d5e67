import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Engine } from "../../../src/engine/engine.ts";
import type { ReadFile } from "../../../src/plan/sliced.ts";
import type { MadePart, PartState, SliceQueue, StepKey } from "../../../src/slices/slices.ts";
import { runShared } from "../../../src/worker/parts/lead-parts.ts";
import { SliceStore } from "../../../src/worker/parts/slice-store.ts";
import { aStorage, filesOf } from "../../fixtures/file-storage.ts";

setDefaultTimeout(30_000);

const MADE: MadePart = {
  files: [{ name: "a.part", sizeBytes: 1, sha256: "00" }],
  damage: [],
  workerId: "helper",
  frames: 50,
  outTimeSeconds: 2,
  seconds: 1,
};

/** What lies in the store when the slices are offered, and what they are told of it. */
const NONE: { files: readonly string[]; reads: readonly ReadFile[] | undefined } = {
  ...{ files: [], reads: undefined },
};

/**
 * Runs a step of one slice whose state is told by the test, over a store that has nothing.
 *
 * @param frames - how many pictures the slice has to have; one that is made here has none
 */
async function led(
  stateOf: (timesAgain: number) => PartState,
  frames = [0],
  reads: readonly ReadFile[] = [],
) {
  const { storage, root, scratch } = await aStorage();
  for (const { path } of reads) await writeFile(join(scratch, path), "stats");
  const told = {
    stored: NONE,
    again: 0,
    withdrawn: [] as StepKey[],
    runs: [] as string[],
    decisions: "",
  };
  const queue: Partial<SliceQueue> = {
    offer: async ({ parts }) => {
      told.stored = { files: await filesOf(root), reads: parts[0]?.reads };
    },
    states: async () => [stateOf(told.again)],
    takeOf: async () => undefined,
    again: async () => {
      told.again += 1;
    },
    withdraw: async (key) => void told.withdrawn.push(key),
    listen: () => () => {},
  };
  const engine = {
    name: "native",
    capabilities: { version: "7.1" },
    run: async ({ step }: Parameters<Engine["run"]>[0]) => void told.runs.push(step.args.join(" ")),
  };
  const urlOf = (name: string) => pathToFileURL(`${root}/${name}`).href;
  const store = new SliceStore({ urlOf, storage, remove: async () => {} });
  const slicing = {
    queue: queue as SliceQueue,
    store,
    workerId: "lead",
    count: () => {},
    minSeconds: 6,
    sliceSeconds: 3,
  };
  const sliced = {
    parts: [{ args: ["slice"], writes: ["0.ts"], frames, ...(reads.length > 0 && { reads }) }],
    list: { path: "list.txt", text: "" },
    join: { args: ["join"], writes: ["out.mp4"] },
  };
  await runShared(
    {
      slicing,
      limitSeconds: 60,
      source: { sizeBytes: 1, version: '"a"' },
      engine: engine as unknown as Engine,
      taskId: "7",
      attempt: 1,
      decide: (sentence) => {
        told.decisions += `${sentence}\n`;
      },
    },
    {
      step: { name: "encode", args: ["whole"], writes: ["out.mp4"], share: 1, sliced },
      folder: scratch,
      inputPath: "/in.mp4",
      onProgress: () => {},
      onLog: () => {},
    },
    sliced,
    new AbortController().signal,
  );
  return { ...told, left: await filesOf(scratch) };
}

test("a slice that is not in the store as it was made is made once more, and then here", async () => {
  const { again, runs, withdrawn, decisions } = await led((times) => ({
    index: 0,
    token: `${times}.0`,
    state: "made",
    made: MADE,
  }));
  expect({ again, runs, withdrawn }).toEqual({ again: 1, runs: ["slice", "join"], withdrawn: [] });
  expect(decisions).toContain("could not be had from others");
});

test("an encode of which a slice has other pictures is made whole, and nobody makes slices of it any more", async () => {
  const failure = { code: "worker_lost", detail: "" } as const;
  const state = { index: 0, token: "0.0", state: "failed", failure } as const;
  const { runs, withdrawn } = await led(() => state, [50]);
  expect(runs).toEqual(["slice", "whole"]);
  expect(withdrawn).toMatchObject([{ taskId: "7" }]);
});

test("what a slice reads is in the store before it is offered, and is removed with the slices", async () => {
  const failure = { code: "worker_lost", detail: "" } as const;
  const reads = [{ path: "slice.log", sizeBytes: 5, sha256: "00" }];
  const state = { index: 0, token: "0.0", state: "failed", failure } as const;
  const { stored, left } = await led(() => state, [0], reads);
  expect(stored.files).toEqual([expect.stringMatching(/^7-[0-9a-f]{24}-0-reads-0\.part$/)]);
  expect(stored.reads).toEqual(reads);
  expect(left).toEqual([]);
});
