import type { VideoEncode } from "../../profile/profile.ts";

/** The highest bitrate, in bits/s, and the size of the buffer that enforces it, in bits. */
export type RateLimits = { readonly maxrateBps: number; readonly bufferBits: number };

/** Peaks of a variable bitrate, relative to its average; a player that starts at the average still keeps up with them. */
const VBR_PEAK = 1.5;

/**
 * The limits of a stream: cbr and a capped quality have their bitrate as the ceiling, vbr half as much again; the buffer holds two
 * seconds of it. undefined if nothing caps the quality.
 */
export function rateLimits({ bitrateBps, rateMode }: VideoEncode): RateLimits | undefined {
  if (bitrateBps === undefined) return undefined;
  const isPeaking = rateMode === "vbr" || rateMode === "2passvbr";
  const maxrateBps = isPeaking ? Math.round(bitrateBps * VBR_PEAK) : bitrateBps;
  return { maxrateBps, bufferBits: maxrateBps * 2 };
}

/** A bitrate as ffmpeg takes it: `1600k`, or the bare number if it is no whole kbit/s. */
export const formatBitrate = (bitrateBps: number): string =>
  bitrateBps % 1000 === 0 ? `${bitrateBps / 1000}k` : String(bitrateBps);
