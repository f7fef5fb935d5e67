import type { ToldCaptions } from "../manifest/write/told-captions.ts";
import type {
  AudioStream,
  FileMetadata,
  Loudness,
  SoundLabel,
  VideoStream,
} from "../probe/media.ts";
import type { SubtitleCodec } from "../profile/container-facts.ts";
import type { Written } from "../profile/containers.ts";
import type { Area } from "../profile/fields/picture.ts";
import type { Protection } from "../profile/fields/protection.ts";
import type { Clip } from "../task/task.ts";
import type { Warning } from "../task/warnings.ts";
import type { Hardware, OnHardware } from "./device/hardware.ts";
import type { FurtherKind } from "./further.ts";
import type { SetHead } from "./heads/set-head.ts";
import type { Measuring } from "./measuring/measuring.ts";
import type { Part, Sliced, Spread } from "./sliced.ts";

/** What an engine can do here, as data: plans are made for it. Names are ffmpeg's own. */
export type Capabilities = {
  readonly engine: "native" | "wasm";
  /** The version that `ffmpeg -version` prints, for logs and `/readyz`. */
  readonly version: string;
  readonly encoders: readonly string[];
  readonly muxers: readonly string[];
  readonly filters: readonly string[];
  /** The network protocols that it both reads and writes, as live streams need. */
  readonly protocols: readonly string[];
  /** The options of ffmpeg itself, without their dash: `apply_cropping`. */
  readonly options: readonly string[];
  /** Threads one run may use. */
  readonly threads: number;
  /** Those of its video encoders that take 10 bits. */
  readonly deepEncoders: readonly string[];
  /** Those that write captions if they are told to, beside those that always do; absent if that is not known. */
  readonly captionEncoders?: readonly string[];
  /** How many pixels one picture of each output of a task may have in all; absent if that is not limited. */
  readonly outputPixelsMax?: number;
  /** How many runs of one long encode go on at once; absent if one run uses all cores. */
  readonly slices?: number;
  /** How long encodes are cut for several workers; absent if each encode is one run (but see `slices`). */
  readonly spread?: Spread;
  /** Outputs are sent out while they are written: nothing of them can be changed, read again or kept between two runs. */
  readonly streamsOutput?: true;
  /** Whose encoders may take the place of software; absent if none do. */
  readonly hardware?: Hardware;
  /** Those of each engine, where these are of several together: one of them makes the whole task. */
  readonly engines?: readonly Capabilities[];
};

/** One ffmpeg run: arguments, one token each, and the files that they make, named relative to the work folder (`input`, `0/out.mp4`) for every engine. */
export type Step = {
  readonly name: "join" | "subtitles" | "first pass" | "encode" | "copy";
  readonly args: readonly string[];
  readonly writes: readonly string[];
  /** This step's share of the whole work, 0..1, for the percent; the shares of a plan add up to 1. */
  readonly share: number;
  /** Present if a device encodes any of it: `args` are those for it. */
  readonly hardware?: OnHardware;
  /** What its limits depend on; absent if it only joins what was fetched. */
  readonly load?: Load;
  /** Only of `subtitles`: the texts that it writes, and what becomes of each. */
  readonly texts?: readonly SubtitleText[];
  /** Only of `subtitles`: the captions that it writes, and what becomes of them. */
  readonly captions?: CaptionTexts;
  /** Only of `subtitles`: what it writes is drawn with fonts later. */
  readonly needsFonts?: true;
  /** The same step in parts that run at once, if the engine wants that and the source allows it. */
  readonly sliced?: Sliced;
  /** Only of a first pass by which the next step is sliced: the same as one part, which a later run goes on with. */
  readonly analysis?: Part;
  /** Why it is not sliced, if the engine wants slices. */
  readonly whole?: string;
  /** Of a set, if that is asked for (`PlanRequest.made`): what makes each picture of it, none of a copy; or why it is made as a whole. */
  readonly recipes?: readonly (string | undefined)[] | string;
};

/** How much work a run is: the engine sets its limits by it. */
export type Load = {
  /** How many video streams are encoded, and how many pixels one picture of each has in all. */
  readonly encodes: number;
  readonly pixels: number;
  /** For the pictures that decoder and encoders hold, beside what they hold for each thread. */
  readonly memoryBytes: number;
  /** Per second of media, in pixels of libx264 at `veryfast`. */
  readonly pixelsPerSecond: number;
  /** Of all outputs together. */
  readonly bitsPerSecond: number;
  /** The same at most, where a quality is asked for: then it is far more than what is expected. */
  readonly mostBitsPerSecond?: number;
  /** Of the media, as its header says; 0 if it does not. */
  readonly seconds: number;
};

/** A track's texts in the work folder. */
export type SubtitleText = {
  /** WebVTT, as ffmpeg makes it of the whole source. */
  readonly raw: string;
  /** WebVTT of what was asked for, which outputs are made of. */
  readonly file: string;
  /** The same without overlaps, for containers that show one text at a time; absent if no output needs it. */
  readonly flat?: string;
  /** ffmpeg has made it of another format, so that marks of WebVTT may stand in it as plain text. */
  readonly isConverted?: true;
  /** The part of the source that the outputs show. */
  readonly fromSeconds: number;
  readonly toSeconds?: number;
};

/** Captions of the source's pictures in the work folder, and the texts that are made of them. */
export type CaptionTexts = {
  /** The units that hold captions, one packet behind the other. */
  readonly data: string;
  /** The times of these packets and how long they are, as ffmpeg's `framecrc` writes them. */
  readonly times: string;
  /** Of the video, in ffmpeg's names. */
  readonly codec: string;
  /** For each channel (`CC1`), as of `SubtitleText`. */
  readonly texts: readonly (Pick<SubtitleText, "file" | "flat"> & { readonly channel: string })[];
} & Pick<SubtitleText, "fromSeconds" | "toSeconds">;

/** A track of subtitles of an output. */
export type SubtitleTrack = {
  /** The source's stream; absent if it is a file beside the source. */
  readonly index?: number;
  /** The name of that file in the work folder. */
  readonly side?: string;
  /** Present if it is made of captions in the source's pictures: their channel. */
  readonly channel?: string;
  readonly codec: SubtitleCodec;
  /** The WebVTT that it is made of, in the work folder. */
  readonly file: string;
  /** ISO 639, as the source says it. */
  readonly language?: string;
  /** What players call it; absent if they name it by its language. */
  readonly title?: string;
  /** What it is marked as. */
  readonly dispositions: readonly SubtitleMark[];
};

/** What a track of subtitles may be marked as, in ffmpeg's words. */
export type SubtitleMark = "default" | "forced" | "hearing_impaired";

/** What happens to one stream, and why; callers and logs see both. */
export type StreamDecision = {
  readonly action: "copy" | "encode" | "none";
  /** A short English sentence part: `bitrate 4000000 is above 1600000`. */
  readonly why: string;
};

/** The colours of an output that keeps those of its source, and more than 8 bits of them. */
export type KeptColour = {
  /** What the output states of them; what is absent, the source does not state. */
  readonly tags: VideoStream["color"];
  /** The light of the display that it is made for, if the source says it. */
  readonly light?: NonNullable<VideoStream["light"]>;
};

/** What a finished output must look like to be delivered. */
export type Expectation = {
  /** Absent if the source's duration is unknown. */
  readonly durationSeconds?: number;
  /** How far the real duration may be off: max(1 %, 0.5 s), and more if a copy can only be cut at key frames. */
  readonly durationToleranceSeconds: number;
  /** Only the video counts for the duration, as in a playlist. */
  readonly isTimedByVideo?: true;
  /** What its file says of itself; absent if that is nothing. */
  readonly metadata?: FileMetadata;
  /** The part of the source that was asked for: if it holds nothing of a stream, the source is not to blame. */
  readonly clip?: Clip;
  readonly video?: {
    readonly codec: string;
    readonly width?: number;
    readonly height?: number;
    /** The stream was copied whole: packets and time stamps are compared with the source's. */
    readonly sameAsSource: boolean;
    /** The stream was copied, whole or in part: its picture is turned as the source's is. */
    readonly isCopy?: boolean;
    /** Present if it keeps the colours of its source through an encode. */
    readonly colour?: KeptColour;
    /** The least duration of this stream alone; absent if it is a copy or the source does not say. */
    readonly durationSeconds?: number;
  };
  readonly audio?: {
    readonly codec: string;
    /** Another name that ffprobe may give it: mp4 does not tell the layers of MPEG audio apart. */
    readonly alias?: string;
    readonly sameAsSource: boolean;
    readonly durationSeconds?: number;
  };
};

/** One sound of an output whose sounds were chosen (`Rendition.sound`). */
export type PlannedSound = {
  readonly stream: AudioStream;
  readonly label: SoundLabel;
  readonly audio: StreamDecision;
  /** What it must be, alone. */
  readonly expect: Expectation;
  /** Absent if it is copied. */
  readonly channels?: number;
  /** The loudness that it is brought to, and what was measured of its source. */
  readonly loudness?: { readonly wantedLufs: number; readonly before?: Loudness };
};

/** One stream of an adaptive set, with a playlist and segments of its own. */
export type Track = {
  readonly kind: "video" | "audio";
  /** Relative to the folder of the set's segments. */
  readonly playlist: string;
  /** The language of an audio track (ISO 639), if the source says it. */
  readonly language?: string;
  readonly expect: Expectation;
  /** Present if the sounds of its rendition were chosen. */
  readonly sound?: PlannedSound;
};

/** Sheets of thumbnails of a film: how far apart they are, how large, and how they lie on a sheet. */
export type ThumbnailSheets = {
  readonly intervalSeconds: number;
  /** The size of one thumbnail, in pixels. */
  readonly width: number;
  readonly height: number;
  /** The part of the source's picture that they show, if not all of it. */
  readonly area?: Area;
  /** How many thumbnails lie on a sheet, side by side and below each other. */
  readonly columns: number;
  readonly rows: number;
};

/** An adaptive set as it is made: its streams, and which of them a player plays together. */
export type SetPlan = {
  readonly tracks: readonly Track[];
  /** Indexes of tracks, one pair per rendition, in the order of the profile. */
  readonly renditions: readonly {
    readonly video?: number;
    readonly audio?: number;
    /** All sounds to choose from, that of `audio` first; absent if there is no choice. */
    readonly sounds?: readonly number[];
  }[];
  readonly thumbnails?: ThumbnailSheets;
  /** The captions in its pictures, which players are told of: none if it is empty, unknown if it is absent. */
  readonly captions?: readonly ToldCaptions[];
};

/** What one assignment makes: a file, or a playlist with the folder of its segments. */
export type PlannedOutput = {
  /** Indexes of the task's targets that get it. */
  readonly targets: readonly number[];
  readonly container: Written;
  /** The file, or the playlist of a set, relative to the work folder. */
  readonly entry: string;
  /** Only for a set: the folder of its segments, relative to the work folder, without a `/` at the end. */
  readonly segments?: string;
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
  /** For an adaptive set, that of its first rendition. */
  readonly expect: Expectation;
  /** In their order; absent if there are none. */
  readonly subtitles?: readonly SubtitleTrack[];
  /** Present for an adaptive set. */
  readonly set?: SetPlan;
  /** Only of an adaptive set that is published while it is made. */
  readonly head?: SetHead;
  /** Present if the segments are encrypted once they are verified. */
  readonly protection?: Protection;
  /** Present for a file whose sounds were chosen: in their order. `audio` and `expect` are then of the first. */
  readonly sounds?: readonly PlannedSound[];
};

/** An input beside the source: what it is, and where it is in the work folder. */
export type PlannedInput = {
  readonly kind: FurtherKind;
  /** What the task's fields call it: `the watermark`, `sources[1]`. */
  readonly name: string;
  readonly file: string;
  /** As ffprobe names it. */
  readonly format: string;
};

/** Everything that will be done for a task, decided before anything runs. */
export type Plan = {
  readonly steps: readonly Step[];
  /** The source's pictures have to be searched for captions: if there are any, the plan may change, or gain a warning. */
  readonly asksForCaptions?: true;
  /** The loudness of sounds has to be measured before the plan is whole: by this run, under these names, in the order of its meters. */
  readonly asksForLoudness?: { readonly step: Step; readonly names: readonly string[] };
  readonly products: readonly PlannedOutput[];
  /** Present if the quality of any is measured. */
  readonly measuring?: Measuring;
  /** What is read beside the source; absent if nothing is. */
  readonly inputs?: readonly PlannedInput[];
  /** What was decided that the caller may not expect. */
  readonly warnings: readonly Warning[];
  /** The duration of the media to be written, for the percent; absent if the source does not say. */
  readonly durationSeconds?: number;
};
