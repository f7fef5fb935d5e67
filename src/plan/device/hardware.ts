import type { VideoCodec } from "../../profile/codecs.ts";

/** Kinds of hardware encoders, by ffmpeg's names, in the order in which they are looked for. */
export const HARDWARE_FAMILIES = ["nvenc", "qsv", "vaapi", "videotoolbox", "amf"] as const;

/** One of `HARDWARE_FAMILIES`. */
export type HardwareFamily = (typeof HARDWARE_FAMILIES)[number];

/** The codecs that are encoded in hardware, and what ffmpeg calls each before the name of the family: `hevc_nvenc`. */
export const HARDWARE_CODECS = {
  h264: "h264",
  h265: "hevc",
  av1: "av1",
} as const satisfies Partial<Record<VideoCodec, string>>;

/** A codec that may be encoded in hardware. */
export type HardwareCodec = keyof typeof HARDWARE_CODECS;

/** An encoder of a device. */
export type HardwareEncoder = {
  readonly family: HardwareFamily;
  /** As ffmpeg calls it: `h264_nvenc`. */
  readonly name: string;
  /** Whether it makes B-frames. */
  readonly hasBFrames: boolean;
  /** Which device of several: a number of nvenc, a path of qsv and vaapi; absent for the first. */
  readonly device?: string;
};

/** A device whose encoders were tried and work. */
export type Hardware = {
  readonly family: HardwareFamily;
  readonly device?: string;
  readonly encoders: Partial<Readonly<Record<HardwareCodec, HardwareEncoder>>>;
};

/** How a run is made on a device. */
export type OnHardware = {
  readonly family: HardwareFamily;
  /** How many streams the device encodes in it at once. */
  readonly sessions: number;
  /** The arguments of the same run in software. */
  readonly software: readonly string[];
};

/** Whether a codec may be encoded in hardware. */
export const isHardwareCodec = (codec: VideoCodec): codec is HardwareCodec =>
  Object.hasOwn(HARDWARE_CODECS, codec);
