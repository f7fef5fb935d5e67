import type { ErrorCode, TaskError } from "./errors.ts";
import type { Notification } from "./notification.ts";
import type { Warning } from "./warnings.ts";

/** The states of a task. The last three are final; see `status.ts` for the moves between them. */
export type TaskStatus = "PENDING" | "RUNNING" | "SUCCESS" | "FAILED" | "CANCELLED";

/** The states of one target of a task. */
export type TargetStatus =
  | "PENDING"
  | "RUNNING"
  | "RECONNECTING"
  | "SUCCESS"
  | "FAILED"
  | "CANCELLED";

/** Which engine ran an attempt. */
export type EngineName = "native" | "wasm";

/** Why a task, an attempt or a target failed. `detail` is one English sentence, credentials masked. */
export type Failure = { readonly code: ErrorCode; readonly detail: string };

/** An error as a task or a target keeps it. */
export const failureOf = ({ code, message }: TaskError): Failure => ({ code, detail: message });

/** A video stream of a finished output. */
export type OutputVideo = {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly framerate: number;
  readonly bitrateBps?: number;
};

/** An audio stream of a finished output. */
export type OutputAudio = {
  readonly codec: string;
  readonly channels: number;
  readonly samplerateHz: number;
  readonly bitrateBps?: number;
};

/** What was measured of an output's picture, in parts of it. */
export type OutputQuality = {
  readonly metric: "ssim" | "xpsnr" | "vmaf";
  /** On average. */
  readonly value: number;
  /** Of the worst picture. */
  readonly lowest: number;
  readonly frames: number;
  /** That it is encoded with, if one was asked for. */
  readonly quality?: number;
  /** Present if it was encoded twice: what the first came to. */
  readonly first?: { readonly quality: number; readonly value: number };
};

/** How loud a sound is (EBU R 128). */
export type SoundLoudness = {
  /** In LUFS; -70 if it is silent. */
  readonly integratedLufs: number;
  readonly truePeakDbtp: number;
  /** In LU. */
  readonly rangeLu: number;
};

/** One of the sounds of a finished output, if its profile chose them. */
export type OutputSound = OutputAudio & {
  /** ISO 639-2/T. */
  readonly language?: string;
  readonly title?: string;
  /** What it is marked as, in ffmpeg's words, but for `default`. */
  readonly dispositions: readonly string[];
  /** Players begin with it. */
  readonly isDefault: boolean;
  /** Present if its loudness was set. */
  readonly loudness?: { readonly before: SoundLoudness; readonly after: SoundLoudness };
};

/** What a target holds once it has been delivered, as probed from the file itself. */
export type Output = {
  readonly sizeBytes: number;
  readonly durationSeconds: number;
  readonly container: string;
  readonly bitrateBps: number;
  /** Present if an earlier run has made and verified it, for another task or for this one; of a rendition, its picture. */
  readonly reused?: true;
  /** That of the first rendition, if it is an adaptive set. */
  readonly video?: OutputVideo;
  readonly audio?: OutputAudio;
  /** Present if it was measured; not of an adaptive set, whose renditions are measured. */
  readonly quality?: OutputQuality;
  /** Present if the profile chose its sounds. */
  readonly sounds?: readonly OutputSound[];
  /** Present for an adaptive set: in the order of the profile; an audio that several share counts with each. */
  readonly renditions?: readonly Output[];
  /** Present if its segments are encrypted: how, with how many keys, and what players know the key by if it has an id. */
  readonly encryption?: {
    readonly method: string;
    readonly keys: number;
    readonly keyId?: string;
  };
};

/** One place a task writes to. */
export type Target = {
  readonly url: string;
  /** The profile of this target alone, if the caller named one. */
  readonly profileName?: string;
  readonly status: TargetStatus;
  readonly failure?: Failure;
  readonly output?: Output;
  /** While it is made: its playlist is there, and what was made of it so far can be played. */
  readonly isWatchable?: true;
};

/** The progress of a running task. Times of media in seconds; `speed` in multiples of real time. */
export type Progress = {
  readonly phase: "FETCHING" | "TRANSCODING" | "DELIVERING";
  /** 0..100; absent if the duration is unknown (live). At most 99 until the outputs are verified. */
  readonly percent?: number;
  readonly outTimeSeconds: number;
  readonly speed: number;
  readonly fps: number;
  readonly etaSeconds?: number;
  /** Only of a live task: frames that came too late, or were too many. */
  readonly droppedFrames?: number;
  /** Only of a live task: the bytes sent to each live target, by its place. */
  readonly sentBytes?: Readonly<Record<number, number>>;
};

/** One run of a task. Times in ms since the epoch. */
export type Attempt = {
  readonly attempt: number;
  readonly startMs: number;
  readonly endMs?: number;
  readonly engine: EngineName;
  readonly failure?: Failure;
};

/** The part of the source to transcode, in seconds. */
export type Clip = { readonly startSeconds: number; readonly durationSeconds?: number };

/** One of several sources that are joined, and the part of it that is taken. */
export type SourcePart = { readonly url: string; readonly clip?: Clip };

/** A file of subtitles beside the source. */
export type SubtitleSource = {
  readonly url: string;
  /** ISO 639 or BCP 47. */
  readonly language: string;
  /** For a menu of players. */
  readonly title?: string;
  readonly isDefault?: boolean;
  readonly isForced?: boolean;
  /** How its characters are written, as the Encoding Standard names it; found out where absent. */
  readonly charset?: string;
};

/** What a task says of its source beside its address and its clip. */
export type Extras = {
  /** All sources that are joined, in their order; the first is at the task's own address. */
  readonly sources?: readonly SourcePart[];
  /** Further subtitles, behind those of the source. */
  readonly subtitles?: readonly SubtitleSource[];
  /** What the outputs are called. */
  readonly title?: string;
  /** Present if its sets are published while they are made. */
  readonly growing?: Growing;
};

/** What becomes of sets that are published while they are made, where their task fails or is cancelled. */
export type Growing = {
  /** They are taken down, or they end after what was published. */
  readonly atFailure: "remove" | "close";
};

/** The call that created a task, by the ids that logs and traces have of it. */
export type Origin = {
  readonly requestId?: string;
  /** The W3C trace context that the task's own work belongs to. */
  readonly traceParent?: string;
};

/** A transcoding task, whole. Times in ms since the epoch; absent if not reached yet. */
export type Task = {
  /** UUIDv7; the API's `task_id`. */
  readonly id: string;
  readonly clientCode: string;
  readonly sourceUrl: string;
  readonly profileName: string;
  readonly targets: readonly Target[];
  readonly status: TaskStatus;
  /** Present exactly when the status is FAILED. */
  readonly failure?: Failure;
  readonly createMs: number;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly cancelRequested: boolean;
  /** The number of the newest run, from 1; 0 before the first. */
  readonly attempt: number;
  readonly attempts: readonly Attempt[];
  readonly progress?: Progress;
  readonly engine?: EngineName;
  /** Of all its runs, in the order in which they came; absent if there are none. */
  readonly warnings?: readonly Warning[];
  /** -10..10, higher first. */
  readonly priority: number;
  readonly timeoutSeconds?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly clip?: Clip;
  readonly extras?: Extras;
  readonly origin?: Origin;
  readonly notification?: Notification;
};

/** One claim of a task by a worker. `attempt` grows with every claim and is the fencing token of all its writes. */
export type Claim = { readonly taskId: string; readonly attempt: number };

/** What a heartbeat learns about its claim. */
export type Pulse = "held" | "cancel_requested" | "lost";

/** How one target of a claimed task stands. */
export type TargetResult =
  /** `isWatchable`: from now on. */
  | { readonly status: "RUNNING"; readonly isWatchable?: true }
  /** Of a live target: it is tried again and again. */
  | { readonly status: "RECONNECTING"; readonly failure: Failure }
  /** What a live target was sent is not known here. */
  | { readonly status: "SUCCESS"; readonly output?: Output }
  | { readonly status: "FAILED"; readonly failure: Failure };

/** How an attempt ended for good. */
export type Outcome =
  | { readonly status: "SUCCESS" }
  | { readonly status: "FAILED"; readonly failure: Failure }
  | { readonly status: "CANCELLED" };

/** A line of a task's event log, written in the same transaction as the change. */
export type TaskEvent = {
  readonly taskId: string;
  /** From 1, without gaps, per task. */
  readonly sequence: number;
  readonly timeMs: number;
  readonly type:
    | "created"
    | "started"
    | "target"
    // Only of a task whose sets grow: one can be played from now on.
    | "watchable"
    // Only of a live task, which goes on meanwhile: its source is away, or is back.
    | "source_lost"
    | "source_back"
    | "given_back"
    | "cancel_requested"
    | "retried"
    | "ended";
  /** The task's state after the change. */
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly failure?: Failure;
  /** Only of a `target` or `watchable` event: the index of the target, and its new state. */
  readonly target?: number;
  readonly targetStatus?: TargetStatus;
  /** The progress of its run by its last report. */
  readonly progress?: Progress;
};

/** What one run of a task said: the last lines of its encoder, and what was decided in it. Secrets are masked. */
export type LogText = { readonly lines: readonly string[]; readonly decisions: readonly string[] };

/** The same, with the run that it is of. */
export type AttemptLog = LogText & { readonly attempt: number };

/** Which part of a task's log to read. */
export type EventQuery = {
  /** Exclusive: 0 starts at the first event. */
  readonly afterSequence: number;
  /** How many events at most. */
  readonly limit: number;
};

/** Which tasks to list, and where to start. */
export type TaskQuery = {
  readonly status?: TaskStatus;
  readonly profileName?: string;
  /** ms since the epoch, exclusive */
  readonly createdAfterMs?: number;
  /** 1..100 */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
};

/** A page of tasks, newest first. */
export type TaskPage = { readonly tasks: readonly Task[]; readonly nextCursor?: string };
