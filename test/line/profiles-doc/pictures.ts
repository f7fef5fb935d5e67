import { expect } from "bun:test";
import { clip } from "../../fixtures/clips.ts";
import { type Examples, shown } from "./example.ts";

/** Pictures, and films that are drawn from a palette. */
export const PICTURES: Examples = {
  preview: {
    source: () => clip({ seconds: 2, width: 160, height: 90 }),
    judge: async ({ path, task }) => {
      expect(await shown(path, "stream=codec_name,width,height")).toEqual(["gif,80,46"]);
      expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(2, 1);
    },
  },
};
