import type { ToldCaptions } from "../../manifest/write/told-captions.ts";
import { captionTrackOf } from "../../probe/choose-streams.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isPageCodec } from "../../profile/codecs.ts";
import { isAnimated, isImage } from "../../profile/container-rules.ts";
import type { CaptionChoice } from "../../profile/fields/captions.ts";
import type { Warning } from "../../task/warnings.ts";
import { areKept } from "../encode/captions.ts";
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
  decisions.some(
    (decision) =>
      decision.rendition.captions !== undefined ||
      encodesOf(decision).some(({ captions }) => captions !== "spread"),
  );

/**
 * What players are told of the captions in a set's pictures. It is not known what they hold if nobody looked; if the profile asks for
 * something, it is looked for.
 *
 * @param videos - of the set
 */
export function toldCaptions(
  choice: CaptionChoice | undefined,
  videos: readonly (VideoEncoding | "copy")[],
  { video }: Pick<MediaInfo, "video">,
): readonly ToldCaptions[] | undefined {
  const isThere = videos.some((one) => one === "copy" || areKept(one.captions));
  if (videos.length === 0) return undefined;
  if (!isThere || !video?.hasCaptions) return choice && [];
  return video.captionChannels?.map((channel) => ({ channel, ...languageOf(choice, channel) }));
}

/** The language of a channel, if the profile says it. */
function languageOf(choice: CaptionChoice | undefined, channel: string) {
  const language = choice?.languages?.[channel];
  return language === undefined ? {} : { language };
}

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
