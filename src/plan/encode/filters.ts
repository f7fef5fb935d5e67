/** The filters that are used here, as ffmpeg names them; behind `@` a name by which its log tells one from others. */
export type FilterName =
  | ("bwdif" | "crop" | "format" | "fps" | "pad" | "scale" | "select" | "setparams" | "setpts")
  | ("setsar" | "sidedata" | "split" | "tile" | "tonemap" | "tpad" | "trim" | "zscale")
  | ("aformat" | "ainterleave" | "aresample" | "aresample@late" | "asettb" | "asplit" | "atrim")
  | ("join" | "pan" | "volume")
  | ("aac_adtstoasc" | "dump_extra" | "h264_mp4toannexb" | "setts");

/** A filter of frames, or of packets, with its options. */
export type Filter = {
  readonly name: FilterName;
  /** Those that are told by their place. */
  readonly values?: readonly (string | number)[];
  /** Those that are told by their name, behind the others. */
  readonly options?: Readonly<Record<string, string | number>>;
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

/** To the microsecond, ffmpeg's own unit; it reads no exponents. */
export const formatSeconds = (seconds: number): string => String(Math.round(seconds * 1e6) / 1e6);
