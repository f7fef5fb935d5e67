import { expect } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { type Examples, pixelAt, shown } from "./example.ts";

/** What is laid over pictures, single pictures, and films that are drawn from a palette. */
export const PICTURES: Examples = {
  with_logo: {
    source: async () => {
      const path = join(tempFolder(), "grey.mp4");
      await ffmpeg([
        ...["-f", "lavfi", "-i", "color=0x404040:s=320x180:r=10:d=1"],
        ...["-f", "lavfi", "-i", "sine=440:duration=1", path],
      ]);
      return path;
    },
    files: async ({ media }) => {
      mkdirSync(join(media, "in"), { recursive: true });
      // Its left half is not to be seen.
      const half =
        "color=white:s=80x40,format=rgba,geq=r=255:g=255:b=255:a=if(lt(X\\,40)\\,0\\,255)";
      await ffmpeg(["-f", "lavfi", "-i", half, "-frames:v", "1", join(media, "in/logo.png")]);
    },
    judge: async ({ path }) => {
      // 80 of 320 pixels, 16 from the edges.
      const expected = { 220: 64, 240: 64, 260: 64, 268: 160, 290: 160, 300: 160, 308: 64 };
      for (const [x, light] of Object.entries(expected))
        for (const value of await pixelAt(path, Number(x), 144))
          expect(Math.abs(value - light)).toBeLessThan(6);
    },
  },
  waveform: {
    source: async () => {
      const path = join(tempFolder(), "tone.m4a");
      const half = "aevalsrc='if(lt(t,1),0,0.8*sin(2764.6*t))':d=2:s=48000";
      await ffmpeg(["-f", "lavfi", "-i", half, path]);
      return path;
    },
    judge: async ({ path }) => {
      expect(await shown(path, "stream=codec_name,width,height")).toEqual(["png,640,120"]);
      const [silent, loud] = [await pixelAt(path, 160, 40), await pixelAt(path, 480, 40)];
      expect([silent, loud]).toEqual([
        [255, 255, 255],
        [0x33, 0x66, 0xcc],
      ]);
    },
  },
  contact_sheet: {
    source: async () => {
      const path = join(tempFolder(), "grey.mp4");
      const light = "color=black:s=160x90:r=10:d=3,geq=lum=16+70*T:cb=128:cr=128";
      await ffmpeg(["-f", "lavfi", "-i", light, path]);
      return path;
    },
    judge: async ({ path }) => {
      expect(await shown(path, "stream=codec_name,width,height")).toEqual(["mjpeg,480,180"]);
      for (let at = 0; at < 6; at++) {
        const [light = 0] = await pixelAt(path, 160 * (at % 3) + 80, 90 * Math.floor(at / 3) + 45);
        expect(Math.abs(light - 70 * (at + 0.5) * 0.5 * (255 / 219))).toBeLessThan(9);
      }
    },
  },
  moving_preview: {
    source: () => clip({ seconds: 2, width: 160, height: 90 }),
    target: "out.webp",
    // A browser decodes one in test/worker/output/pictures.test.ts.
    isForOthers: true,
    judge: ({ path, task }) => {
      expect(readFileSync(path).toString("latin1").split("ANMF")).toHaveLength(25);
      expect(task.targets[0]?.output).toMatchObject({ container: "awebp" });
      expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(2, 1);
      expect(task.targets[0]?.output?.video).toMatchObject({
        codec: "webp",
        width: 160,
        height: 90,
      });
    },
  },
  preview: {
    source: () => clip({ seconds: 2, width: 160, height: 90 }),
    judge: async ({ path, task }) => {
      expect(await shown(path, "stream=codec_name,width,height")).toEqual(["gif,80,46"]);
      expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(2, 1);
    },
  },
};
