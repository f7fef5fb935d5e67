import { expect } from "bun:test";
import { outputOf } from "./run-plan.ts";

/** A picture: `320 240`, and its pixels. */
export type Shown = { readonly size: string; readonly pixels: Buffer };

/** What this ffmpeg shows of a file first; with more options, what it makes of that. */
export async function shown(path: string, options: readonly string[] = []): Promise<Shown> {
  const ppm = ["-frames:v", "1", "-f", "image2pipe", "-c:v", "ppm", "-"];
  const image = await outputOf("ffmpeg", ["-i", path, ...options, ...ppm]);
  const [, size = ""] = /^P6\s(\d+ \d+)\s/.exec(image.toString("latin1", 0, 20)) ?? [];
  return { size, pixels: image.subarray(image.indexOf("255\n") + 4) };
}

/** Expects a picture to be another one, but for what an encode takes from it. */
export function expectSame(made: Shown, source: Shown): void {
  expect(made.size).toBe(source.size);
  expect(distance(made, source)).toBeLessThan(16);
}

/** How far the values of two pictures of a size are apart, of 255. */
export const distance = (made: Shown, source: Shown): number =>
  made.pixels.reduce((sum, value, at) => sum + Math.abs(value - (source.pixels[at] ?? 0)), 0) /
  made.pixels.length;
