import type { VideoStream } from "../../../probe/media.ts";
import type { VideoEncode } from "../../../profile/profile.ts";
import type { FurtherFile } from "../../further.ts";
import type { Capabilities } from "../../plan.ts";
import { captionAbilities } from "../captions.ts";
import { type VideoEncoding, videoEncoding } from "../video-encoding.ts";

/**
 * The same encoding with x264's choices for an engine whose x264 has no assembly: from `subme=2` on it compares blocks by SATD, which costs
 * many times as much there. What that loses, `trellis` and a longer lookahead win back for less (wasm/README.md has the figures).
 *
 * Only what was measured: one pass to a bitrate at the default effort, with nothing of its own chosen.
 */
function leanly(encoding: VideoEncoding, { engine }: Capabilities): VideoEncoding {
  const { codec, effort, rateMode, quality, qualityTarget, bFrames } = encoding;
  const isDefault = codec === "h264" && effort === "default" && rateMode !== "2passvbr";
  const isOfQuality = quality !== undefined || qualityTarget !== undefined;
  const isChosen = bFrames !== undefined || encoding.encoderOptions || encoding.lowLatency;
  if (engine !== "wasm" || !isDefault || isOfQuality || isChosen || encoding.isInterlaced)
    return encoding;
  return { ...encoding, isLean: true };
}

/** What a picture is encoded to by an engine, for what the profile and the source say: `videoEncoding`, leanly where that pays. */
export const encodingBy = (
  capabilities: Capabilities,
  encode: VideoEncode,
  source: VideoStream,
  further?: readonly FurtherFile[],
): VideoEncoding =>
  leanly(videoEncoding(encode, source, captionAbilities(capabilities), further), capabilities);

/** With `veryfast`. */
export const LEAN_PARAMS: readonly string[] = [
  ...["subme=1", "me=dia", "trellis=1"],
  ...["b-adapt=0", "bframes=2", "rc-lookahead=20"],
];
