import type { Rational } from "../lib/rational.ts";
import type { AudioCodec, VideoCodec } from "./codecs.ts";
import type { Container } from "./containers.ts";
import type { CaptionChoice } from "./fields/captions.ts";
import type { VideoWishes } from "./fields/fields.ts";
import type { MetadataChoice } from "./fields/metadata.ts";
import type { Protection } from "./fields/protection.ts";
import type { Sound } from "./fields/sound.ts";
import type { SubtitleChoice } from "./fields/subtitles.ts";

/** Bitrate control: constant (capped by VBV), variable, variable in two passes, or whatever a quality takes. */
export type RateMode = "cbr" | "vbr" | "2passvbr" | "quality";

/** How much time the encoder may take for quality (the Profile API's `preset`). */
export type Effort = "default" | "highQuality" | "highPerformance";

/** Distance of key frames: a number of frames (custom profiles), or seconds at the output's rate (system profiles). */
export type Gop = { readonly frames: number } | { readonly seconds: number };

/** A video stream to be encoded. */
export type VideoEncode = VideoWishes & {
  readonly codec: VideoCodec;
  /** bits/s; of the rate mode `quality` the ceiling, absent if there is none. */
  readonly bitrateBps?: number;
  /** Exactly this rate; without it the source's, up to `framerateMax`. */
  readonly framerate?: Rational;
  readonly framerateMax?: number;
  /** Pixels of the upright picture. Both: the picture is fitted inside and padded. One: the other keeps the shape. */
  readonly width?: number;
  readonly height?: number;
  /** Width and height have the picture's own shape, give or take a pixel: it is scaled to them, and nothing is padded. */
  readonly isShaped?: boolean;
  /** Whether an interlaced source is made progressive. */
  readonly progressive: boolean;
  readonly gop: Gop;
  /** B-frames in a row; absent for the encoder's own default (system profiles). */
  readonly bFrames?: number;
  readonly rateMode: RateMode;
  /** Frames leave the encoder as they come, at some cost in quality: for live streams. Only for h264 and h265. */
  readonly lowLatency?: true;
  readonly effort: Effort;
  /** Absent: captions of the source stay where that needs nothing of the encoder. */
  readonly captions?: CaptionChoice["pictures"];
};

/** An audio stream to be encoded; absent fields are as in the source. */
export type AudioEncode = {
  readonly codec: AudioCodec;
  /** bits/s */
  readonly bitrateBps: number;
  readonly samplerateHz?: number;
  readonly channels?: number;
  /** More channels become two in which speech stays clear. */
  readonly isSpeechKept?: true;
  /** The integrated loudness that it is brought to, in LUFS. */
  readonly loudnessLufs?: number;
};

/** One form of output: a container and what goes into it. */
export type Rendition = {
  readonly container: Container;
  readonly video: VideoEncode | "copy" | "none";
  readonly audio: AudioEncode | "copy" | "none";
  /** Absent if no subtitles are taken over. */
  readonly subtitles?: SubtitleChoice;
  /** Absent: its pictures keep captions of the source where they can, and no texts are made of them. */
  readonly captions?: CaptionChoice;
  /** What of its source's tags and chapters it takes over; nothing if it is absent. */
  readonly metadata?: MetadataChoice;
  readonly isIndexLast?: true;
  /** Absent if its segments are not encrypted. */
  readonly protection?: Protection;
  /** Absent for the main sound as it is. */
  readonly sound?: Sound;
};

/** Small pictures for a player's seek bar: sheets of them, and a WebVTT track that says where each picture lies. */
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
  /** Made with each of its sets. Such a profile has only containers that are sets. */
  readonly thumbnails?: Thumbnails;
};

/** Renditions for a player to choose from while it plays: several, or one in `dash` or `cmaf` or with thumbnails. */
export type AdaptiveSet = {
  /** In the order of the profile; a ladder has the best first. */
  readonly renditions: readonly Rendition[];
  /** Whether they are adapted to the source: none above its size or bitrate. */
  readonly isLadder: boolean;
  readonly thumbnails?: Thumbnails;
};

/** One encode and the targets that get it (indexes into the task's targets): equal renditions are encoded once. */
export type Assignment = {
  /** The first, if it is an adaptive set. */
  readonly rendition: Rendition;
  readonly targets: readonly number[];
  readonly set?: AdaptiveSet;
};
