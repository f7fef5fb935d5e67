import { captionTrackOf } from "../../probe/choose-streams.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isPageCodec } from "../../profile/codecs.ts";
import { isAnimated, isImage } from "../../profile/container-rules.ts";
import type { Warning } from "../../task/warnings.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { type OutputDecision, videosOf } from "./output-decision.ts";

/** The films that an output encodes (all of a set's), but no single pictures: nobody expects captions in those. */
const encodesOf = (decision: OutputDecision): readonly VideoEncoding[] =>
  videosOf(decision).filter(({ codec }) => !isPageCodec(codec));

/**
 * Whether the plan or its warnings depend on whether there are captions in the source's pictures, and how they are spread
 * over them.
 */
export const asksForCaptions = (
  decisions: readonly OutputDecision[],
  { video }: Pick<MediaInfo, "video">,
): boolean =>
  video !== undefined &&
  decisions.some((decision) => encodesOf(decision).some(({ captions }) => captions !== "spread"));

/** Warns of captions in the source that are left out. */
export function captionWarnings(
  decisions: readonly OutputDecision[],
  { video, streams }: MediaInfo,
): readonly Warning[] {
  const isDropped =
    video?.hasCaptions &&
    decisions.some((decision) =>
      encodesOf(decision).some(({ captions }) => ["deleted", "unwritten"].includes(captions)),
    );
  const hasVideo = decisions.some(
    ({ product }) =>
      product.video.action !== "none" &&
      !isImage(product.container) &&
      !isAnimated(product.container),
  );
  const captionTrack = captionTrackOf(streams);
  return [
    ...(isDropped ? [dropped("The captions in the source's pictures (CEA-608/708)")] : []),
    ...(hasVideo && captionTrack !== undefined
      ? [dropped(`The captions in the source's stream ${captionTrack} (CEA-608)`)]
      : []),
  ];
}

const dropped = (what: string): Warning => ({
  code: "captions_dropped",
  message: `${what} are left out`,
});
