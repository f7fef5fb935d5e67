import { expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ffmpeg } from "../../fixtures/clips.ts";
import { type Examples, pixelAt, shown } from "./example.ts";

/** Sources that are joined. */
export const SOURCES: Examples = {
  video_mp4_640x360_620kbps: {
    files: async ({ media }) => {
      mkdirSync(join(media, "in"), { recursive: true });
      const picture = (color: string, size: string, rate: number, seconds: number) => [
        ...["-f", "lavfi", "-i", `color=${color}:s=${size}:r=${rate}:d=${seconds}`],
      ];
      // Silent, narrow and slow; then with 44.1 kHz, wide and in another codec.
      await ffmpeg([...picture("red", "120x160", 12, 1), join(media, "in/intro.mp4")]);
      await ffmpeg([
        ...[...picture("blue", "320x180", 25, 1), ...picture("lime", "320x180", 25, 2)],
        ...["-f", "lavfi", "-i", "sine=440:sample_rate=44100:duration=3"],
        ...["-filter_complex", "[0:v][1:v]concat", "-map", "2:a", "-c:v", "mpeg4"],
        join(media, "in/film.mkv"),
      ]);
    },
    judge: async ({ path, task }) => {
      const [video, audio] = await shown(path, "stream=codec_name,width,height,duration");
      expect(video).toStartWith("h264,640,360,3.0");
      expect(audio).toStartWith("aac,3.");
      expect(task.targets[0]?.output?.duration_seconds).toBeCloseTo(3, 1);
      // The first is upright between black bars; of the second a second of blue was left out.
      const seen = async (seconds: number, x: number) => {
        const [r = 0, g = 0, b = 0] = await pixelAt(path, x, 180, seconds);
        return [r > 128, g > 128, b > 128].map(Number).join("");
      };
      expect(await Promise.all([seen(0.5, 320), seen(0.5, 40)])).toEqual(["100", "000"]);
      expect(await Promise.all([seen(1.5, 320), seen(1.5, 40)])).toEqual(["010", "010"]);
      expect(await silences(path)).toEqual([[0, 1]]);
    },
  },
};

/** When nothing is heard, in seconds, rounded to tenths. */
async function silences(path: string): Promise<readonly (readonly number[])[]> {
  const filter = ["-af", "silencedetect=n=-50dB:d=0.2", "-f", "null", "-"];
  const told = await ffmpeg(["-v", "info", "-i", path, "-vn", ...filter]);
  const at = (kind: string) =>
    [...told.matchAll(new RegExp(`silence_${kind}: ([\\d.-]+)`, "g"))].map(([, seconds]) =>
      Math.abs(Math.round(Number(seconds) * 10) / 10),
    );
  const ends = at("end");
  return at("start").map((from, index) => [from, ends[index] ?? Number.NaN]);
}
