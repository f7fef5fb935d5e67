import { captionTrackOf } from "../../probe/choose-streams.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isImage } from "../../profile/container-rules.ts";
import type { Warning } from "../../task/warnings.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { type Draft, videosOf } from "./output-decision.ts";

/** The films that are encoded: of a set each, and no single picture, of which nobody expects captions. */
const encodesOf = (draft: Draft): readonly VideoEncoding[] =>
  videosOf(draft).filter(({ codec }) => codec !== "mjpeg");

/** Whether what becomes of captions, or what is told of them, depends on whether there are any, and how they lie. */
export const asksForCaptions = (
  drafts: readonly Draft[],
  { video }: Pick<MediaInfo, "video">,
): boolean =>
  video !== undefined &&
  drafts.some((draft) => encodesOf(draft).some(({ captions }) => captions !== "spread"));

/** Tells of captions in the source that do not arrive. */
export function captionWarnings(
  drafts: readonly Draft[],
  { video, streams }: MediaInfo,
): readonly Warning[] {
  const isDropped =
    video?.hasCaptions &&
    drafts.some((draft) =>
      encodesOf(draft).some(({ captions }) => ["deleted", "unwritten"].includes(captions)),
    );
  const hasPicture = drafts.some(
    ({ product }) => product.video.action !== "none" && !isImage(product.container),
  );
  const captionTrack = captionTrackOf(streams);
  return [
    ...(isDropped ? [dropped("The captions in the source's pictures (CEA-608/708)")] : []),
    ...(hasPicture && captionTrack !== undefined
      ? [dropped(`The captions in the source's stream ${captionTrack} (CEA-608)`)]
      : []),
  ];
}

const dropped = (what: string): Warning => ({
  code: "captions_dropped",
  message: `${what} are left out`,
});
