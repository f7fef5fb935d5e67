import type { Capabilities } from "../../plan.ts";
import type { VideoEncoding } from "../video-encoding.ts";

/**
 * The same encoding with x264's choices for an engine whose x264 has no assembly: from `subme=2` on it compares blocks by SATD, which costs
 * many times as much there. What that loses, `trellis` and a longer lookahead win back for less (wasm/README.md has the figures).
 *
 * Only what was measured: one pass to a bitrate at the default effort, with nothing of its own chosen.
 */
export function leanly(encoding: VideoEncoding, { engine }: Capabilities): VideoEncoding {
  const { codec, effort, rateMode, quality, qualityTarget, bFrames } = encoding;
  const isDefault = codec === "h264" && effort === "default" && rateMode !== "2passvbr";
  const isOfQuality = quality !== undefined || qualityTarget !== undefined;
  const isChosen = bFrames !== undefined || encoding.encoderOptions || encoding.lowLatency;
  if (engine !== "wasm" || !isDefault || isOfQuality || isChosen || encoding.isInterlaced)
    return encoding;
  return { ...encoding, isLean: true };
}

/** With `veryfast`. */
export const LEAN_PARAMS: readonly string[] = [
  ...["subme=1", "me=dia", "trellis=1"],
  ...["b-adapt=0", "bframes=2", "rc-lookahead=20"],
];
