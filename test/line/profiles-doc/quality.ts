import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { clip } from "../../fixtures/clips.ts";
import { type Examples, shown } from "./example.ts";

/** What x264 says of itself within its stream. */
const x264 = (path: string): string =>
  /x264 - core .*?options: ([^\0]*)/s.exec(readFileSync(path, "latin1"))?.[1] ?? "";

/** The examples of quality, and of options of the encoder. */
export const QUALITY: Examples = {
  fine: {
    judge: async ({ path }) => {
      expect(await shown(path, "stream=codec_name,height")).toEqual(["h264,360", "aac"]);
      expect(x264(path)).toContain("rc=crf mbtree=1 crf=23.0");
      expect(x264(path)).toContain("vbv_maxrate=4000 vbv_bufsize=8000");
    },
  },
  at_least: {
    source: () => clip({ seconds: 2, args: ["-qp", "4"] }),
    judge: ({ task }) => {
      const quality = task.targets[0]?.output?.quality;
      expect(quality?.value).toBeWithin(0.97, 1);
      expect(quality?.first?.value).toBeLessThan(0.97);
    },
  },
  drawn: {
    // Another size than is asked for, so that it is encoded.
    source: () => clip({ width: 640, height: 360 }),
    judge: ({ path }) => {
      expect(x264(path)).toContain("aq=3:");
      expect(x264(path)).toContain("psy_rd=0.40:0.00");
      // What the service relies on stays.
      expect(x264(path)).toContain("keyint=50 keyint_min=26 scenecut=0");
    },
  },
};
