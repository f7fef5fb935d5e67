import { expect, test } from "bun:test";
import { resumedLengths } from "../../../src/app/slices/resumed-lengths.ts";

const CONFIG = {
  disk: "auto",
  resumeMinMs: 600_000,
  sliceMs: 60_000,
  sliceStore: "",
  keepEncodeMs: 1,
  keepEncodeBytesMax: 1,
} as const;

test("finished slices are kept for a later run where there is a disk, a program, and room for them", () => {
  const lengths = { minSeconds: 600, sliceSeconds: 60, isAlone: true } as const;
  expect(resumedLengths(CONFIG, "native")).toEqual(lengths);
  expect(resumedLengths(CONFIG, "wasm")).toBeUndefined();
  for (const other of [
    { disk: "no" },
    { resumeMinMs: 0 },
    { keepEncodeMs: 0 },
    { keepEncodeBytesMax: 0 },
    // There they are kept for all workers.
    { sliceStore: "file:///srv/slices" },
  ] as const)
    expect(resumedLengths({ ...CONFIG, ...other }, "native")).toBeUndefined();
});
