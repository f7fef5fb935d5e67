import { demuxerOf } from "../probe/formats.ts";
import type { AudioCodec, Container, VideoCodec } from "../profile/profile.ts";

/** A container that is written, so never `copy`. */
export type Written = Exclude<Container, "copy">;

/** How a container is written, and what it can hold, in ffmpeg's names. */
export type Form = {
  readonly muxer: string;
  /** Of the file, without a dot. */
  readonly extension: string;
  readonly video: readonly string[];
  readonly audio: readonly string[];
};

const MPEG_AUDIO = ["aac", "mp3", "mp2", "ac3"];

/**
 * The containers that are written here. What each holds was found by writing it with ffmpeg 5.1.9 and probing it;
 * left out is what a muxer takes but no player expects (vorbis in mp4, vp9 in mpegts).
 */
const FORMS: Partial<Record<Written, Form>> = {
  mp4: {
    muxer: "mp4",
    extension: "mp4",
    video: ["h264", "hevc", "av1", "vp9", "mpeg2video", "mpeg4"],
    audio: [...MPEG_AUDIO, "eac3", "opus", "alac", "flac"],
  },
  mov: {
    muxer: "mov",
    extension: "mov",
    video: ["h264", "hevc", "mpeg2video", "mpeg4", "prores", "mjpeg", "dnxhd"],
    audio: [...MPEG_AUDIO, "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"],
  },
  mkv: {
    muxer: "matroska",
    extension: "mkv",
    video: "h264 hevc av1 vp9 vp8 mpeg2video mpeg1video mpeg4 prores mjpeg ffv1 theora".split(" "),
    audio: [
      ...MPEG_AUDIO,
      ..."eac3 opus vorbis flac alac dts truehd pcm_s16le pcm_s24le pcm_f32le".split(" "),
    ],
  },
  webm: {
    muxer: "webm",
    extension: "webm",
    video: ["vp9", "av1", "vp8"],
    audio: ["opus", "vorbis"],
  },
  flv: { muxer: "flv", extension: "flv", video: ["h264", "flv1"], audio: ["aac", "mp3"] },
  mpegts: {
    muxer: "mpegts",
    extension: "ts",
    video: ["h264", "hevc", "mpeg2video", "mpeg1video"],
    audio: [...MPEG_AUDIO, "eac3", "dts"],
  },
  m3u8: {
    muxer: "hls",
    extension: "m3u8",
    video: ["h264", "hevc", "av1"],
    audio: ["aac", "mp3", "ac3", "eac3"],
  },
  dash: {
    muxer: "dash",
    extension: "mpd",
    video: ["h264", "hevc", "av1", "vp9"],
    audio: ["aac", "mp3", "ac3", "eac3", "opus"],
  },
  cmaf: {
    muxer: "dash",
    extension: "m3u8",
    video: ["h264", "hevc", "av1"],
    audio: ["aac", "ac3", "eac3"],
  },
  jpg: { muxer: "image2", extension: "jpg", video: ["mjpeg"], audio: [] },
  mp3: { muxer: "mp3", extension: "mp3", video: [], audio: ["mp3"] },
  m4a: { muxer: "ipod", extension: "m4a", video: [], audio: ["aac", "alac"] },
  ogg: { muxer: "ogg", extension: "ogg", video: [], audio: ["opus", "vorbis", "flac"] },
};

/** Where ffmpeg's name differs. */
const NAMES: Partial<Record<VideoCodec | AudioCodec, string>> = {
  mpeg2: "mpeg2video",
  h265: "hevc",
  aache2: "aac",
};

/** ffmpeg's name of a codec of a profile: `h265` is `hevc`, `aache2` a kind of `aac`. */
export const codecName = (codec: VideoCodec | AudioCodec): string => NAMES[codec] ?? codec;

/**
 * The option that has a codec called in a container of the ISO family as all players know it: ffmpeg's own name of HEVC
 * there, `hev1`, Apple's refuse.
 *
 * @param codec - in ffmpeg's names
 */
export const tagFor = (codec: string | undefined, stream = "v"): readonly string[] =>
  codec === "hevc" ? [`-tag:${stream}`, "hvc1"] : [];

/** What a codec is called in a container of the ISO family. */
const SAMPLE_ENTRIES: Readonly<Record<string, string>> = {
  ...{ h264: "avc1", hevc: "hvc1", av1: "av01", vp9: "vp09" },
  ...{ aac: "mp4a", mp3: "mp4a", ac3: "ac-3", eac3: "ec-3", opus: "Opus" },
};

/**
 * The option that has a copied stream called in a set as ISO names its codec. ffmpeg's `dash` muxer keeps the name that the source's
 * container has for it, and refuses the streams of MPEG-TS and AVI by that.
 *
 * @param codec - in ffmpeg's names
 */
export function copiedTagFor(codec: string | undefined, stream: string): readonly string[] {
  const entry = SAMPLE_ENTRIES[codec ?? ""];
  return entry === undefined ? [] : [`-tag:${stream}`, entry];
}

/** Whether HLS carries a video codec in segments of an mp4 rather than of an MPEG-TS. */
export const hasBoxedSegments = (codec: string | undefined): boolean =>
  codec === "hevc" || codec === "av1";

/** How a container is written; nothing where this service does not write it (gif). */
export const formOf = (container: Written): Form | undefined => FORMS[container];

/** The containers that a source's own (`copy`) can mean, by demuxer, the first that holds the streams is taken. */
const KEPT: Readonly<Record<string, readonly Written[]>> = {
  mov: ["mp4", "mov"],
  matroska: ["webm", "mkv"],
  mpegts: ["mpegts"],
  flv: ["flv"],
  mp3: ["mp3"],
  ogg: ["ogg"],
};

/** The container that `copy` stands for; nothing where the source's own cannot be written, or not with these streams. */
export function keptContainer(
  format: string,
  video: string | undefined,
  audio: string | undefined,
): Written | undefined {
  return KEPT[demuxerOf(format)]?.find((container) => holds(container, video, audio));
}

/** Whether a container can hold both streams (ffmpeg's codec names; absent streams fit anywhere). */
export function holds(
  container: Written,
  video: string | undefined,
  audio: string | undefined,
): boolean {
  const form = formOf(container);
  return (
    form !== undefined &&
    (video === undefined || form.video.includes(video)) &&
    (audio === undefined || form.audio.includes(audio))
  );
}
