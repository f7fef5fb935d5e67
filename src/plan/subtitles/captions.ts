import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo, VideoStream } from "../../probe/media.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { CaptionChoice } from "../../profile/fields/captions.ts";
import type { Rendition } from "../../profile/profile.ts";
import type { Warning } from "../../task/warnings.ts";
import type { SubtitleTrack } from "../plan.ts";
import { codeIn, type SubtitleSources, subtitleTracks } from "./choose.ts";

/**
 * The units in which codecs (ffmpeg's names) carry captions, by their numbers: side information of H.264 and HEVC, user data of
 * MPEG-2, metadata of AV1.
 */
export const CAPTION_UNITS: Readonly<Record<string, string>> = {
  h264: "6",
  hevc: "39|40",
  mpeg2video: "178",
  av1: "5",
};

/** Raw streams, whose packets have no times. */
const UNTIMED = ["h264", "hevc", "mpegvideo"];

/** Where the texts of a channel lie in the work folder. */
export const captionFiles = (channel: string) => ({
  file: `captions/${channel}.vtt`,
  flat: `captions/${channel}.flat.vtt`,
});

/** The stream whose captions become texts; undefined if there are none that can be read. */
export function captionSource({ video, format }: MediaInfo): VideoStream | undefined {
  const isReadable = CAPTION_UNITS[video?.codec ?? ""] && !UNTIMED.includes(demuxerOf(format));
  return video?.captionChannels && isReadable ? video : undefined;
}

/**
 * The channels whose captions become texts. Broadcasts say the same by both kinds, so services of CEA-708 are taken only if there are no
 * channels of CEA-608, or if the profile names their language.
 */
function channelsOf(choice: CaptionChoice, media: MediaInfo): readonly string[] {
  const all = captionSource(media)?.captionChannels ?? [];
  const isSecond = (channel: string) =>
    channel.startsWith("SERVICE") && all.some((one) => one.startsWith("CC"));
  return all.filter((one) => !isSecond(one) || choice.languages?.[one] !== undefined);
}

/**
 * The tracks of texts that an output gets: of the source's subtitles, and of its captions behind them.
 *
 * @throws {TaskError} as `subtitleTracks`
 */
export const textTracks = (
  { subtitles, captions }: Pick<Rendition, "subtitles" | "captions">,
  container: Written,
  sources: SubtitleSources & { readonly media: MediaInfo },
): readonly SubtitleTrack[] => [
  ...subtitleTracks(subtitles, container, sources),
  ...captionTracks(captions, container, sources.media),
];

/** Captions are for those who do not hear. */
function captionTracks(
  choice: CaptionChoice | undefined,
  container: Written,
  media: MediaInfo,
): readonly SubtitleTrack[] {
  const { subtitles: codec } = factsOf(container);
  const { index } = captionSource(media) ?? {};
  if (!choice?.isExtracted || codec === undefined || index === undefined) return [];
  return channelsOf(choice, media).map((channel) => {
    const { file, flat } = captionFiles(channel);
    const language = choice.languages?.[channel];
    return {
      ...{ index, channel, codec, file: codec === "mov_text" ? flat : file },
      ...(language !== undefined && { language: codeIn(container, language, channel) }),
      dispositions: ["hearing_impaired"],
    };
  });
}

/** Warns of captions that were to become texts, of which there are none. */
export function extractionWarnings(
  choices: readonly (CaptionChoice | undefined)[],
  media: MediaInfo,
): readonly Warning[] {
  const isLacking = choices.some((one) => one?.isExtracted && channelsOf(one, media).length === 0);
  if (!isLacking) return [];
  const why = media.video?.hasCaptions
    ? "The source's captions do not become texts, as they cannot be read"
    : "The source has no captions in its pictures";
  return [{ code: "subtitles_missing", message: why }];
}
