import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import type { Engine } from "../../engine/engine.ts";
import { livePlaylist, type Telling } from "../../manifest/write/live-playlist.ts";
import type { PublishedText } from "../../manifest/write/published-names.ts";
import type { LiveRecording } from "../../plan/live/live.ts";
import { totalOf } from "../../plan/verify/finished-set.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { SIMPLE_SET } from "../../profile/container-rules.ts";
import type { FinishedFiles } from "../../storage/storage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import { describeOutput } from "../output/describe-output.ts";
import type { RecordedSegments, SegmentList } from "./recorded-segments.ts";

/** The texts for players: those in the folder of the set, and the playlist or manifest at the target, which is published last. */
export type LiveSetTexts = {
  readonly inFolder: readonly PublishedText[];
  readonly entry: string;
  /** How many segments must be sent before: the texts name none behind these. */
  readonly count: number;
};

/** A recording whose segments are sent while it is made. */
export interface LiveSet {
  readonly segments: SegmentList;
  /** Present if it is made of a file: part of the names of its segments, for this attempt alone. */
  readonly tag?: string;
  /** Of a file: the finished set, once it is verified. */
  readonly finished?: Required<FinishedFiles> | undefined;
  /** Increases with each change that players can be told. */
  readonly version: number;

  /** Looks for new segments of the encoder. */
  look(): Promise<void>;

  /** To be called before each run with what it records. @throws {TaskError} if the run would not continue the same set */
  begin(recording: LiveRecording): Promise<void>;

  /**
   * The texts for players, about the segments found so far.
   *
   * @param folder - the bare name of the set's folder, beside the entry
   * @returns undefined if there is nothing to play yet
   */
  texts(folder: string, telling: Telling, signal: AbortSignal): Promise<LiveSetTexts | undefined>;

  /** The texts of a set that ends after its first `count` segments; undefined if they cannot say that. */
  endAfter(count: number, folder: string): LiveSetTexts | undefined;

  /** Texts for the set's folder besides a finished set, for players that began with something else; absent if there never are any. */
  besides?(): readonly PublishedText[];

  /** The description of the set. @throws {TaskError} `output_wrong` if it cannot be played */
  describe(signal: AbortSignal): Promise<Output>;
}

/** What probes segments. */
export type Probe = Pick<Engine, "probe">;

/** Probes the newest segments of a stream. @throws {TaskError} `output_wrong` */
export async function probeNewest(
  segments: RecordedSegments,
  track: number,
  engine: Probe,
  signal: AbortSignal,
): Promise<MediaInfo> {
  const newest = segments.newestOf(track);
  const [first] = newest;
  if (!first)
    throw new TaskError("output_wrong", "Cannot deliver the set: a stream of it is empty");
  const path = segments.pathOf(first, `newest-${randomUUID()}.m3u8`);
  await writeFile(path, livePlaylist(newest, "", "whole"));
  return await engine.probe({ path, side: "output" }, signal).finally(() => rm(path));
}

/** A live set with one playlist, of one stream or of video and audio together. */
export class SimpleLiveSet implements LiveSet {
  constructor(
    readonly segments: RecordedSegments,
    private readonly engine: Probe,
  ) {}

  get version(): number {
    return this.segments.all.length;
  }

  look(): Promise<void> {
    return this.segments.look();
  }

  /** A new run begins after a discontinuity, but a playlist cannot change between fragmented mp4 and MPEG-TS. */
  async begin({ segments }: LiveRecording): Promise<void> {
    const last = this.segments.all.at(-1);
    if (last && (last.init !== undefined) !== (segments === "fmp4"))
      throw new TaskError(
        "output_not_supported",
        "Cannot go on with the set: the source came back with a codec that HLS carries in other segments",
      );
  }

  async texts(folder: string, telling: Telling): Promise<LiveSetTexts | undefined> {
    const { all } = this.segments;
    if (all.length === 0) return undefined;
    return { inFolder: [], entry: livePlaylist(all, folder, telling), count: all.length };
  }

  endAfter(count: number, folder: string): LiveSetTexts {
    const segments = this.segments.all.slice(0, count);
    return { inFolder: [], entry: livePlaylist(segments, folder, "whole"), count };
  }

  async describe(signal: AbortSignal): Promise<Output> {
    const media = await probeNewest(this.segments, 0, this.engine, signal);
    const { all } = this.segments;
    const durationSeconds = totalOf(all.map(({ seconds }) => seconds));
    const sizeBytes = totalOf(all.map((segment) => segment.sizeBytes));
    return describeOutput({ container: SIMPLE_SET }, { ...media, durationSeconds }, sizeBytes);
  }
}
