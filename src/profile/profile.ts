import type { Rational } from "../lib/rational.ts";
import type { AudioCodec, VideoCodec } from "./codecs.ts";
import type { Container } from "./containers.ts";

/** Bitrate control: constant (capped by VBV), variable, or variable in two passes. */
export type RateMode = "cbr" | "vbr" | "2passvbr";

/** How much time the encoder may take for quality (the Profile API's `preset`). */
export type Effort = "default" | "highQuality" | "highPerformance";

/** Distance of key frames: a number of frames (custom profiles), or seconds at the output's rate (system profiles). */
export type Gop = { readonly frames: number } | { readonly seconds: number };

/** A video stream to be encoded. */
export type VideoEncode = {
  readonly codec: VideoCodec;
  /** bits/s */
  readonly bitrateBps: number;
  /** Exactly this rate; without it the source's, up to `framerateMax`. */
  readonly framerate?: Rational;
  readonly framerateMax?: number;
  /** Pixels of the upright picture. Both: the picture is fitted inside and padded. One: the other keeps the shape. */
  readonly width?: number;
  readonly height?: number;
  /** Both sides are of the picture's own shape, but for a pixel: it is scaled to them, and nothing is padded. */
  readonly isShaped?: boolean;
  /** Whether an interlaced source is made progressive. */
  readonly progressive: boolean;
  readonly gop: Gop;
  /** B-frames between others; absent is the encoder's own default (system profiles). */
  readonly bFrames?: number;
  readonly rateMode: RateMode;
  /** Frames leave the encoder as they come, at some cost in quality: for live streams. h264 and h265 alone. */
  readonly lowLatency?: true;
  readonly effort: Effort;
};

/** An audio stream to be encoded; what is absent stays as in the source. */
export type AudioEncode = {
  readonly codec: AudioCodec;
  /** bits/s */
  readonly bitrateBps: number;
  readonly samplerateHz?: number;
  readonly channels?: number;
};

/** One output form: a container and what goes into it. */
export type Rendition = {
  readonly container: Container;
  readonly video: VideoEncode | "copy" | "none";
  readonly audio: AudioEncode | "copy" | "none";
};

/** Small pictures of the film for a player's seek bar: sheets of them, and a WebVTT track that says where each lies. */
export type Thumbnails = {
  readonly intervalSeconds: number;
  /** Of one picture, in pixels; its height keeps the shape. */
  readonly width: number;
};

/** A named set of renditions ("a profile may hold several"). */
export type Profile = {
  readonly name: string;
  readonly description: string;
  readonly renditions: readonly Rendition[];
  /** Present on the adaptive system profiles, whose ladder is made for the source. */
  readonly adaptive?: "hls" | "dash";
  /** Made with each of its sets; its containers are those of sets alone. */
  readonly thumbnails?: Thumbnails;
};

/** Several renditions for a player to choose from while it plays; of `dash` and `cmaf`, and with thumbnails, also one. */
export type AdaptiveSet = {
  /** In the order of the profile; of a ladder the best first. */
  readonly renditions: readonly Rendition[];
  /** Whether they are made for the source: none above its size or bitrate. */
  readonly isLadder: boolean;
  readonly thumbnails?: Thumbnails;
};

/** One encode and the targets it feeds (indexes into the task's targets): renditions that are the same are encoded once. */
export type Assignment = {
  /** Of an adaptive set its first. */
  readonly rendition: Rendition;
  readonly targets: readonly number[];
  readonly set?: AdaptiveSet;
};
