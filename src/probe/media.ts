import type { Rational } from "../lib/rational.ts";
import type { SoundLoudness } from "../task/task.ts";
import type { Crop } from "./crop.ts";
import type { Tail } from "./tail.ts";

/** A span of a stream's time, in seconds. */
export type Stretch = { readonly fromSeconds: number; readonly toSeconds: number };

/** The facts about the packets of one stream, counted by reading the whole file. Times are in seconds. */
export type PacketFacts = {
  readonly count: number;
  readonly firstSeconds: number;
  /** The time of the last packet in time order, without its own duration. */
  readonly lastSeconds: number;
  /** The widest distance between neighbours in time order. */
  readonly gapSecondsMax: number;
  /** From the first presentation to the last one's end, of the packets that no edit list hides. */
  readonly shown?: Stretch;
  /** When the first key frame is presented, and how many packets come before it; absent if there is none. */
  readonly firstKey?: { readonly seconds: number; readonly headCount: number };
  /** The sum of the gaps without a packet that are longer than the rhythm of the stream explains. */
  readonly holeSeconds?: number;
  /** Where these gaps are; if they are very many, the first ones. */
  readonly holes?: readonly Stretch[];
  /** A key frame follows each of the gaps, and there are few others: an encoder began anew. */
  readonly beginsAnew?: true;
  /** Its decoding times go back somewhere: they are broken, or begin anew. */
  readonly isDisordered?: true;
  /** How long the packets last together that an edit list hides after the first shown one. A copy contains them all the same. */
  readonly hiddenSeconds?: number;
  /** How long those last that it hides before the first shown one. For audio, a part of it is what decoders discard. */
  readonly hiddenHeadSeconds?: number;
  /** Some packets had no presentation time, so that they are counted by their decoding times. */
  readonly isByDecoding?: true;
};

/** How much of a stream an edit list hides, in seconds. What decoders discard at the beginning of audio is not counted. */
export type Hidden = {
  /** Before the first moment that is shown. */
  readonly headSeconds: number;
  /** In the middle or at the end. */
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

/** What a file may say of itself that can be taken over, by ffmpeg's names. Where it was made is another matter (`location`). */
export const TAG_NAMES = [
  "title",
  "artist",
  "album",
  "album_artist",
  "composer",
  "genre",
  "date",
  "track",
  "comment",
  "description",
  "copyright",
] as const;

/** What is known of every stream, whatever its kind. */
type StreamFacts = {
  /** The stream's number in its file, for `-map 0:N`. */
  readonly index: number;
  /** The PID of its packets, in MPEG-TS. */
  readonly pid?: number;
  /** ffmpeg's decoder name: `h264`, `hevc`, `vp9` …; `unknown` if it has none. */
  readonly codec: string;
  readonly profile?: string;
  /** ISO 639, as the source says it: `eng`. */
  readonly language?: string;
  /** What the source calls it, in one line of at most 100 characters. */
  readonly title?: string;
  readonly dispositions: readonly Disposition[];
  readonly bitrateBps?: number;
  readonly durationSeconds?: number;
  readonly startSeconds?: number;
};

/** Places in the CIE 1931 diagram are counted in so many parts of 1. */
export const CHROMATICITY_UNITS = 50_000;
/** The light of displays is counted in so many parts of 1 cd/m². */
export const LUMINANCE_UNITS = 10_000;

/** A point of the CIE 1931 diagram, in 1/50000. */
export type Chromaticity = readonly [x: number, y: number];

/** The display that a film was mastered on (SMPTE ST 2086). */
export type MasteringDisplay = {
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
  readonly white: Chromaticity;
  /** In 1/10000 cd/m². */
  readonly luminance: { readonly min: number; readonly max: number };
};

/** How bright the brightest pixel and the brightest average of a frame are (CTA-861.3), in cd/m². */
export type ContentLight = { readonly max: number; readonly average: number };

/** What a film says of the light of HDR displays. */
export type DisplayLight = {
  readonly mastering?: MasteringDisplay;
  readonly content?: ContentLight;
};

/** A stream that is neither video nor audio; what ffprobe has no kind for is `data`. */
export type OtherStream = StreamFacts & { readonly kind: "subtitle" | "data" | "attachment" };

/** A video stream as ffprobe describes it; sizes are of the decoded picture, before rotation. */
export type VideoStream = StreamFacts & {
  readonly kind: "video";
  readonly pixelFormat?: string;
  readonly width: number;
  readonly height: number;
  /** 1:1 if the file does not say. */
  readonly sampleAspect: Rational;
  /** The clockwise turn that makes the picture upright. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** The frames themselves state the turn, whatever the container says. */
  readonly isTurnedByFrames?: true;
  /** If they do, not each of them does: in H.264 and HEVC a key frame may speak for those that follow. */
  readonly isTurnedAtTimes?: true;
  /** It is to be mirrored as well. */
  readonly isMirrored?: true;
  /** The container crops it: width and height are those of what is left. */
  readonly isCropped?: true;
  /** What is cropped, if the engine does not crop it by itself. */
  readonly crop?: Crop;
  /** It is a single picture, not a film. */
  readonly isStill?: true;
  /** It carries HDR metadata, whatever its transfer. */
  readonly hasHdrData?: true;
  /** What it says of the light of HDR displays. */
  readonly light?: DisplayLight;
  /** It is Dolby Vision without a compatible base layer, which other decoders show in wrong colours. */
  readonly isDolbyVisionAlone?: true;
  /** It holds pictures for two eyes (MV-HEVC), and only those for one are decoded. */
  readonly isOneView?: true;
  /** Its frames are known to hold captions (CEA-608/708); most captions are unknown until frames are decoded. */
  readonly hasCaptions?: true;
  /** Some frame holds more captions than an encoder writes with one frame; absent also if that was not looked for. */
  readonly areCaptionsBundled?: true;
  /** The channels in which something is said (`CC1`, `SERVICE1`); absent if none was found, or none looked for. */
  readonly captionChannels?: readonly string[];
  /** The average over the file; absent if unknown. */
  readonly framerate?: Rational;
  /** Whether the average differs from the base rate, so that the distance of frames is not constant. */
  readonly isVariableRate: boolean;
  readonly isInterlaced: boolean;
  readonly frames?: number;
  readonly color: {
    readonly transfer?: string;
    readonly primaries?: string;
    readonly space?: string;
    readonly range?: string;
  };
  /** Absent if nothing is hidden. */
  readonly hidden?: Hidden;
  /** Why a copy came out wrong, by the container that it was put into. */
  readonly uncopied?: Readonly<Record<string, string>>;
  readonly packets?: PacketFacts;
};

/** An audio stream as ffprobe describes it. */
export type AudioStream = StreamFacts & {
  readonly kind: "audio";
  /** This ffprobe, and so its ffmpeg, has no decoder for it. */
  readonly isUndecodable?: true;
  readonly channels: number;
  /** The stream that holds the right channel, if this one holds only the left. Everything else here describes both together. */
  readonly rightIndex?: number;
  /** Its sample rate or its channels change midway; absent also if that was not looked for. */
  readonly isUneven?: true;
  /** Why this stream was chosen, if that may be unexpected: `stream 2 is its sound, as stream 1 is a commentary`. */
  readonly why?: string;
  /** Which channels these are, in ffmpeg's words: `stereo`, `5.1(side)`. Absent if the source does not say. */
  readonly layout?: string;
  readonly samplerateHz: number;
  /** Absent if nothing is hidden. */
  readonly hidden?: Hidden;
  /** Why a copy came out wrong, by the container that it was put into. */
  readonly uncopied?: Readonly<Record<string, string>>;
  readonly packets?: PacketFacts;
};

/** What is missing of a file, according to the file itself. */
export type Lack = {
  readonly bytes: number;
  /** How many bytes there should be; absent if only the end of its last packet is known, so that more may be missing. */
  readonly ofBytes?: number;
  /** In files of this format the size is often left unchanged when the file is cut in two. */
  readonly mayBeStale?: true;
};

/** How loud a sound is (EBU R 128). */
export type Loudness = SoundLoudness;

/** What players are told of one of several sounds. */
export type SoundLabel = {
  /** As files have it: ISO 639-2/T. */
  readonly language?: string;
  readonly title?: string;
  /** What it is marked as in the source, but for `default`. */
  readonly dispositions: readonly Disposition[];
  /** Players begin with it. */
  readonly isDefault: boolean;
  /** There are two of its stream: all channels, and stereo. */
  readonly beside?: "surround" | "stereo";
};

/** What a file says of itself, by ffmpeg's names, each a short line of text. */
export type Tags = Readonly<Partial<Record<(typeof TAG_NAMES)[number] | "location", string>>>;

/** What an output says of itself, and how many chapters it takes over of its source. */
export type FileMetadata = {
  readonly tags: Tags;
  readonly chapters: number;
  /** Where the output ends, if chapters of the source go on behind its end: MP4 lasts as long as its chapters. */
  readonly endSeconds?: number;
};

/** A chapter of a file, in seconds of its own time. */
export type Chapter = { readonly startSeconds: number; readonly endSeconds: number };

/** Any stream of a file. */
export type MediaStream = VideoStream | AudioStream | OtherStream;

/** A probed file: its container, all its streams, and the video (never cover art) and the audio that are taken of it. */
export type MediaInfo = {
  /** ffprobe's whole `format_name`: `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  readonly durationSeconds?: number;
  readonly startSeconds?: number;
  readonly sizeBytes?: number;
  readonly bitrateBps?: number;
  /** All of them in their order, cover art too, each as the headers describe it, and its first packets what of it is hidden. */
  readonly streams: readonly MediaStream[];
  /** The one that `videoOf` chooses, with what else is found out about it, such as by its frames or packets. */
  readonly video?: VideoStream;
  /** The one that `audioOf` chooses, with what else is found out about it. Of a live source it may come beside the file. */
  readonly audio?: AudioStream;
  /** Absent if it says nothing of itself. */
  readonly tags?: Tags;
  /** Absent if it has none. */
  readonly chapters?: readonly Chapter[];
  readonly lack?: Lack;
  /** ffmpeg has to read more of its beginning than usual to know what its streams are. */
  readonly beginsSlowly?: true;
  /** How many bytes that are neither audio nor a tag were left out at the beginning of an MP3. */
  readonly junkBytes?: number;
  /** Its end is missing, as was found while its packets were counted. */
  readonly isCut?: true;
  /** What its last seconds hold; present if that was asked for. */
  readonly tail?: Tail;
  /** What was measured of its sounds, by names that a plan gave (`Plan.asksForLoudness`). */
  readonly loudness?: Readonly<Record<string, Loudness>>;
  /** Of a file without an index: how many bytes between its packets could not be read, in long stretches; known when they are counted. */
  readonly unreadBytes?: number;
};
