import type { Written } from "../profile/containers.ts";
import type { Clip } from "../task/task.ts";
import type { Warning } from "../task/warnings.ts";

/** What an engine can do here, as data: plans are made for it. Names are ffmpeg's own. */
export type Capabilities = {
  readonly engine: "native" | "wasm";
  /** What `ffmpeg -version` calls itself, for logs and `/readyz`. */
  readonly version: string;
  readonly encoders: readonly string[];
  readonly muxers: readonly string[];
  readonly filters: readonly string[];
  /** That it both reads and writes: of what live streams need. */
  readonly protocols: readonly string[];
  /** Its own options, without their dash: `apply_cropping`. */
  readonly options: readonly string[];
  /** Threads one run may use. */
  readonly threads: number;
  /** Runs that go on at once of one long encode; absent where one run uses all cores. */
  readonly slices?: number;
  /** Outputs leave as they are written: nothing in them can be changed or read again, and nothing is kept between two runs. */
  readonly streamsOutput?: true;
};

/**
 * One ffmpeg run: the arguments, one token each, and the files they make in the work folder.
 *
 * Files are named relative to the work folder (`input`, `0/out.mp4`), so that every engine runs the same steps.
 */
export type Step = {
  readonly name: "first pass" | "encode" | "copy";
  readonly args: readonly string[];
  readonly writes: readonly string[];
  /** This step's share of the whole work, 0..1, for the percent; the shares of a plan add up to 1. */
  readonly share: number;
  /** The same step in parts that run at once, where the engine wants that and the source allows it. */
  readonly sliced?: Sliced;
  /** Why it is not sliced, where the engine wants slices. */
  readonly whole?: string;
};

/** A run that makes a part of a step. */
export type Part = Pick<Step, "args" | "writes"> & {
  /** It costs next to nothing beside the others: it needs no place of its own among the runs that go on at once. */
  readonly isLight?: true;
};

/** A step in time slices. */
export type Sliced = {
  /** They run at once, as far as there are places for them, and read `input` alone. */
  readonly parts: readonly Part[];
  /** A text file that `join` reads, to be written by the engine. */
  readonly list: { readonly path: string; readonly text: string };
  /** Puts together by stream copy what the parts made; it reads them, the list, and perhaps `input`. */
  readonly join: Part;
};

/** What happens to one stream, and why: told to callers and logs. */
export type StreamDecision = {
  readonly action: "copy" | "encode" | "none";
  /** A short English sentence part: `bitrate 4000000 is above 1600000`. */
  readonly why: string;
};

/** What a finished output must look like, or it is not delivered. */
export type Expectation = {
  /** Absent where the source's duration is unknown. */
  readonly durationSeconds?: number;
  /** How far the real duration may be off: max(1 %, 0.5 s), more where a copy can only cut at key frames. */
  readonly durationToleranceSeconds: number;
  /** The video alone makes the duration, as in a playlist. */
  readonly isTimedByVideo?: true;
  /** The part of the source that was asked for: where it holds nothing of a stream, the source is not to blame. */
  readonly clip?: Clip;
  readonly video?: {
    readonly codec: string;
    readonly width?: number;
    readonly height?: number;
    /** The stream was copied whole: packets and time stamps are compared with the source's. */
    readonly sameAsSource: boolean;
    /** Whole or not: the picture is turned as the source's is. */
    readonly isCopy?: boolean;
    /** Of this stream alone, at least; absent where it is a copy or the source does not say. */
    readonly durationSeconds?: number;
  };
  readonly audio?: {
    readonly codec: string;
    /** What ffprobe may call it as well: an mp4 tells the layers of MPEG audio apart no further. */
    readonly alias?: string;
    readonly sameAsSource: boolean;
    readonly durationSeconds?: number;
  };
};

/** One stream of an adaptive set, with a playlist and segments of its own. */
export type Track = {
  readonly kind: "video" | "audio";
  /** Relative to the folder of the set's segments. */
  readonly playlist: string;
  /** Of a sound, ISO 639, where the source says it. */
  readonly language?: string;
  readonly expect: Expectation;
};

/** Sheets of small pictures, and the track that says which part of which is shown when. */
export type ThumbnailSheets = {
  readonly intervalSeconds: number;
  /** Of one picture. */
  readonly width: number;
  readonly height: number;
  /** Of a sheet. */
  readonly columns: number;
  readonly rows: number;
};

/** An adaptive set as it is made: its streams, and which of them a player puts together. */
export type SetPlan = {
  readonly tracks: readonly Track[];
  /** Indexes of tracks, one pair a rendition, in the order of the profile. */
  readonly renditions: readonly { readonly video?: number; readonly audio?: number }[];
  readonly thumbnails?: ThumbnailSheets;
};

/** What one assignment makes: a file, or a playlist with the folder of its segments. */
export type PlannedOutput = {
  /** Indexes of the task's targets that get it. */
  readonly targets: readonly number[];
  readonly container: Written;
  /** The file, or the playlist of a set, relative to the work folder. */
  readonly entry: string;
  /** Only for a set: the folder of its segments, relative to the work folder, ending in none of `/`. */
  readonly segments?: string;
  readonly video: StreamDecision;
  readonly audio: StreamDecision;
  /** Of an adaptive set its first rendition's. */
  readonly expect: Expectation;
  /** Present for an adaptive set. */
  readonly set?: SetPlan;
};

/** Everything that will be done for a task: decided before anything is run. */
export type Plan = {
  readonly steps: readonly Step[];
  /** It may have to be another one, or to warn, where there are captions in the source's pictures: they are to be looked for. */
  readonly asksForCaptions?: true;
  readonly products: readonly PlannedOutput[];
  /** What was decided that the caller may not expect. */
  readonly warnings: readonly Warning[];
  /** Of the media to be written, for the percent; absent where the source does not say. */
  readonly durationSeconds?: number;
};
