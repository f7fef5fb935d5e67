import type { Clip } from "../../task/task.ts";

/** The filters that are used here, by ffmpeg's names; a name after `@` tells one from others in its log. */
export type FilterName =
  | ("palettegen" | "paletteuse")
  | ("colorchannelmixer" | "lutrgb" | "overlay" | "premultiply" | "unpremultiply")
  | (
      | "bwdif"
      | "crop"
      | "format"
      | "movie"
      | "mpdecimate"
      | "overlay"
      | "subtitles"
      | "fps"
      | "hqdn3d"
      | "hwupload"
      | "pad"
      | "scale"
      | "select"
      | "setparams"
      | "setpts"
    )
  | ("setsar" | "sidedata" | "split" | "tile" | "tonemap" | "tpad" | "trim" | "zscale")
  | ("aformat" | "ainterleave" | "aresample" | "aresample@late" | "asettb" | "asplit" | "atrim")
  | ("alimiter" | `ebur128@${string}` | "join" | "pan" | "volume")
  | ("amultiply" | "showwavespic")
  | ("anullsrc" | "apad" | "asetpts" | "color" | "concat")
  | ("libvmaf" | "ssim" | "xpsnr")
  | ("aac_adtstoasc" | "dump_extra" | "h264_mp4toannexb" | "noise" | "setts");

/** A filter of frames, or of packets, with its options. */
export type Filter = {
  readonly name: FilterName;
  /** Those that are given by their position. */
  readonly values?: readonly (string | number)[];
  /** Those that are given by their name, after the others. */
  readonly options?: Readonly<Record<string, string | number>>;
  /** What makes a second picture, which the filter takes behind that before it. */
  readonly beside?: readonly Filter[];
};

/** Filters in a row, and what they read and make: streams of an input (`0:1`), or labels that are unique in the run. */
export type Chain = {
  readonly from: readonly string[];
  readonly filters: readonly Filter[];
  readonly to: readonly string[];
};

/** Whether two filters do the same. */
export const isSameFilter = (one: Filter | undefined, other: Filter | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Seconds as ffmpeg takes them: to the microsecond, its own unit, and without an exponent, which it does not read. */
export const formatSeconds = (seconds: number): string => String(Math.round(seconds * 1e6) / 1e6);

/** The filters that cut a film to a clip where options of its output cannot, as its output is a picture of many frames. */
export const trimmed = (clip: Clip | undefined): readonly Filter[] => {
  if (!clip) return [];
  const { startSeconds: start, durationSeconds: duration } = clip;
  return [
    { name: "trim", options: { start, ...(duration !== undefined && { duration }) } },
    { name: "setpts", values: ["PTS-STARTPTS"] },
  ];
};
