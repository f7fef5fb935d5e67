import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { clip } from "../../fixtures/clips.ts";
import { type Examples, inSet, pixelAt, shown } from "./example.ts";

/** The plain examples, the picture and sets. */
export const BASICS: Examples = {
  phone: {
    judge: async ({ path, task }) => {
      expect(await shown(path, "stream=codec_name,width,height")).toEqual(["h264,640,360", "aac"]);
      expect(task.targets[0]?.output?.container).toBe("mp4");
    },
  },
  square: {
    source: () =>
      clip({ rate: "50", args: ["-vf", "tinterlace=4,fieldorder=tff", "-flags", "+ilme+ildct"] }),
    judge: async ({ path }) => {
      // The frames of 25 a second have two fields each.
      const [video] = await shown(path, "stream=width,height,r_frame_rate");
      expect(video).toBe("160,160,50/1");
      for (const y of [2, 157])
        for (const value of await pixelAt(path, 80, y))
          expect(Math.abs(value - 0x1a)).toBeLessThan(6);
      expect(Math.max(...(await pixelAt(path, 80, 80)))).toBeGreaterThan(60);
    },
  },
  my_ladder: {
    judge: async ({ path }) => {
      const sizes = [...readFileSync(path, "utf8").matchAll(/RESOLUTION=(\d+x\d+)/g)];
      expect(sizes.map(([, size]) => size)).toEqual(["1280x720", "640x360"]);
      expect(readFileSync(inSet(path, "manifest.mpd"), "utf8")).toContain('height="720"');
      expect(readFileSync(inSet(path, "thumbnails.vtt"), "utf8")).toContain("#xywh=0,0,160,90");
    },
  },
};
