/** Codecs of a single picture; `avif` is one of AV1. */
export const STILL_CODECS = ["mjpeg", "webp", "avif", "png"] as const;

/** A codec of a single picture. */
export type StillCodec = (typeof STILL_CODECS)[number];

/** Video codecs by the names of the Profile API. */
export type VideoCodec = "mpeg2" | "h264" | "h265" | "av1" | "vp9" | "gif" | "awebp" | StillCodec;

/** Whether a codec makes single pictures. */
export const isStillCodec = (codec: VideoCodec): codec is StillCodec =>
  (STILL_CODECS as readonly VideoCodec[]).includes(codec);

/** Whether a codec makes pictures for pages, one or several that move, by a fineness of their own scale rather than by a bitrate. */
export const isPageCodec = (codec: VideoCodec): boolean => isStillCodec(codec) || codec === "awebp";

/** Whether what a codec's encoder writes is as large as it comes out: it takes no bitrate, and no quality. */
export const isRateless = (codec: VideoCodec): boolean => codec === "gif" || codec === "png";

/** Audio codecs by the names of the Profile API. */
export type AudioCodec = "aac" | "aache2" | "mp3" | "ac3" | "mp2" | "opus";

/** Where ffmpeg's name differs. */
const NAMES: Partial<Record<VideoCodec | AudioCodec, string>> = {
  mpeg2: "mpeg2video",
  h265: "hevc",
  avif: "av1",
  awebp: "webp",
  aache2: "aac",
};

/** ffmpeg's name of a codec of a profile: `h265` is `hevc`, `aache2` a kind of `aac`. */
export const codecName = (codec: VideoCodec | AudioCodec): string => NAMES[codec] ?? codec;

/** What a codec (ffmpeg's name) is called in a container of the ISO family. */
const SAMPLE_ENTRIES: Readonly<Record<string, string>> = {
  ...{ h264: "avc1", hevc: "hvc1", av1: "av01", vp9: "vp09" },
  ...{ aac: "mp4a", mp3: "mp4a", ac3: "ac-3", eac3: "ec-3", opus: "Opus" },
};

/**
 * The name of an encoded codec in a container of the ISO family by which all players know it; undefined if ffmpeg's own will do. Only
 * HEVC needs it: ffmpeg's own name for it there, `hev1`, is refused by Apple's players.
 *
 * @param codec - in ffmpeg's names
 */
export const tagOf = (codec: string | undefined): string | undefined =>
  codec === "hevc" ? "hvc1" : undefined;

/**
 * The name of a copied stream's codec as ISO has it; undefined if it has none. ffmpeg's `dash` muxer keeps the name that the source's
 * container has for it, and therefore refuses streams of MPEG-TS and AVI.
 *
 * @param codec - in ffmpeg's names
 */
export const copiedTagOf = (codec: string | undefined): string | undefined =>
  SAMPLE_ENTRIES[codec ?? ""];
