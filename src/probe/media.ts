import type { Rational } from "../lib/rational.ts";
import type { Crop } from "./crop.ts";
import type { Tail } from "./tail.ts";

/** A part of a stream's time, in seconds. */
export type Stretch = { readonly fromSeconds: number; readonly toSeconds: number };

/** The facts about the packets of one stream, counted by reading the whole file. Times in seconds. */
export type PacketFacts = {
  readonly count: number;
  readonly firstSeconds: number;
  /** Of the last packet in time order, without its own duration. */
  readonly lastSeconds: number;
  /** The widest distance between neighbours in time order. */
  readonly gapSecondsMax: number;
  /** Of those that are shown (no edit list hides them): the first presentation, and the last one's end. */
  readonly shown?: Stretch;
  /** When the first key frame is presented, and how many packets come before it; absent where there is none. */
  readonly firstKey?: { readonly seconds: number; readonly headCount: number };
  /** Together, where for longer than a rhythm of the stream explains there is no packet. */
  readonly holeSeconds?: number;
  /** Where these are, the first ones of very many. */
  readonly holes?: readonly Stretch[];
  /** Behind each of these is a key frame, of which there are few: an encoder began anew. */
  readonly beginsAnew?: true;
  /** Decoding times go back in it: they are broken, or begin anew. */
  readonly isDisordered?: true;
  /** Together, of those that an edit list hides after the first that is shown: a copy holds them all the same. */
  readonly hiddenSeconds?: number;
  /** How long those last that it hides before that one. Of a sound it is partly what decoders swallow. */
  readonly hiddenHeadSeconds?: number;
  /** Some had no presentation time: they are counted with their decoding times. */
  readonly isByDecoding?: true;
};

/** What an edit list keeps a player from presenting, in seconds of the stream. What decoders swallow of a sound is none. */
export type Hidden = {
  /** Before its first moment. */
  readonly headSeconds: number;
  /** In its midst or at its end. */
  readonly laterSeconds: number;
};

/** What a stream can be marked as, in ffprobe's words. */
export const DISPOSITIONS = [
  "default",
  "forced",
  "original",
  "dub",
  "comment",
  "karaoke",
  "hearing_impaired",
  "visual_impaired",
  "clean_effects",
  "dependent",
  "captions",
  "descriptions",
  "lyrics",
  "attached_pic",
] as const;

/** A name of `DISPOSITIONS`. */
export type Disposition = (typeof DISPOSITIONS)[number];

/** What is known of every stream, whatever its kind. */
type StreamFacts = {
  /** The stream's number in its file, for `-map 0:N`. */
  readonly index: number;
  /** The number that its packets bear in a MPEG-TS. */
  readonly pid?: number;
  /** ffmpeg's decoder name: `h264`, `hevc`, `vp9` …; `unknown` if it has none. */
  readonly codec: string;
  readonly profile?: string;
  /** ISO 639, as the source says it: `eng`. */
  readonly language?: string;
  readonly dispositions: readonly Disposition[];
  readonly bitrateBps?: number;
  readonly durationSeconds?: number;
  readonly startSeconds?: number;
};

/** A stream that is neither video nor audio; what ffprobe has no kind for is `data`. */
export type OtherStream = StreamFacts & { readonly kind: "subtitle" | "data" | "attachment" };

/** A video stream as ffprobe describes it; sizes are of the decoded picture, before rotation. */
export type VideoStream = StreamFacts & {
  readonly kind: "video";
  readonly level?: number;
  readonly pixelFormat?: string;
  readonly width: number;
  readonly height: number;
  /** 1:1 where the file says nothing. */
  readonly sampleAspect: Rational;
  /** Clockwise turn that makes the picture upright. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Its frames say so themselves, in whatever container they are. */
  readonly isTurnedByFrames?: true;
  /** Then: not all of them do, as those of H.264 and HEVC, where a key frame speaks for those that follow. */
  readonly isTurnedAtTimes?: true;
  /** It is also shown as in a mirror. */
  readonly isMirrored?: true;
  /** The container cuts something off at its sides: width and height are of what is left. */
  readonly isCropped?: true;
  /** What that is, where the engine does not cut it off itself. */
  readonly crop?: Crop;
  /** It is one picture, no film. */
  readonly isStill?: true;
  /** Data about the light of an HDR display goes with it, whatever its transfer. */
  readonly hasHdrData?: true;
  /** Dolby Vision in colours of its own, which no other decoder shows right. */
  readonly isDolbyVisionAlone?: true;
  /** It holds pictures for two eyes (MV-HEVC), of which one alone is decoded. */
  readonly isOneView?: true;
  /** Captions (CEA-608/708) are known to lie in its frames; most are not known of before they are decoded. */
  readonly hasCaptions?: true;
  /** A frame holds more of them than an encoder writes with one, where that was looked for. */
  readonly areCaptionsBundled?: true;
  /** Average over the file; absent where unknown. */
  readonly framerate?: Rational;
  /** True where the average differs from the base rate: the distance of frames is not constant. */
  readonly isVariableRate: boolean;
  readonly isInterlaced: boolean;
  readonly frames?: number;
  readonly color: {
    readonly transfer?: string;
    readonly primaries?: string;
    readonly space?: string;
    readonly range?: string;
  };
  /** Absent where nothing is hidden. */
  readonly hidden?: Hidden;
  /** Why a copy comes out wrong, by the container that it was put into, where one did. */
  readonly uncopied?: Readonly<Record<string, string>>;
  readonly packets?: PacketFacts;
};

/** An audio stream as ffprobe describes it. */
export type AudioStream = StreamFacts & {
  readonly kind: "audio";
  /** This ffprobe, and so its ffmpeg, has no decoder for it. */
  readonly isUndecodable?: true;
  readonly channels: number;
  /** The stream that holds the right channel, where this one holds the left alone; all else is told of both together. */
  readonly rightIndex?: number;
  /** Its rate or its channels change midway, where that was looked for. */
  readonly isUneven?: true;
  /** Why this sound was taken, where that may not be expected: `stream 2 is its sound, as stream 1 is a commentary`. */
  readonly why?: string;
  /** Which channels these are, in ffmpeg's words: `stereo`, `5.1(side)`. Absent where the source does not say. */
  readonly layout?: string;
  readonly samplerateHz: number;
  /** Absent where nothing is hidden. */
  readonly hidden?: Hidden;
  /** Why a copy comes out wrong, by the container that it was put into, where one did. */
  readonly uncopied?: Readonly<Record<string, string>>;
  readonly packets?: PacketFacts;
};

/** What is missing of a file by its own word. */
export type Lack = {
  readonly bytes: number;
  /** How many there should be; absent where the end of its last packet alone is told, and more may be missing. */
  readonly ofBytes?: number;
  /** Its word is often left as it was where such a file is cut in two. */
  readonly mayBeStale?: true;
};

/** Any stream of a file. */
export type MediaStream = VideoStream | AudioStream | OtherStream;

/** A probed file: its container, all its streams, and the video (never cover art) and the audio that are taken of it. */
export type MediaInfo = {
  /** ffprobe's `format_name`, all of it: `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  readonly durationSeconds?: number;
  readonly startSeconds?: number;
  readonly sizeBytes?: number;
  readonly bitrateBps?: number;
  /** All of them in their order, cover art too, each as the headers describe it. */
  readonly streams: readonly MediaStream[];
  /** The one that `videoOf` chooses, with what else is found out about it, such as by its frames or packets. */
  readonly video?: VideoStream;
  /** The one that `audioOf` chooses, with what else is found out about it. Of a live source it may come beside the file. */
  readonly audio?: AudioStream;
  readonly lack?: Lack;
  /** ffmpeg has to look for longer than usual at its beginning to know what its streams are. */
  readonly beginsSlowly?: true;
  /** What was no sound in front of an MP3's, and was left out: tags are not counted. */
  readonly junkBytes?: number;
  /** Found while its packets were counted: bytes that it promises are missing at its end. */
  readonly isCut?: true;
  /** What there is at its end, where that was asked for. */
  readonly tail?: Tail;
  /** Found then too, where it has no index: bytes between its packets that nothing could be made of, in long stretches. */
  readonly unreadBytes?: number;
};
