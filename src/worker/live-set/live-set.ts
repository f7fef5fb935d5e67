import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import type { Engine } from "../../engine/engine.ts";
import { livePlaylist, type Telling } from "../../manifest/write/live-playlist.ts";
import type { PublishedText } from "../../manifest/write/published-names.ts";
import type { LiveRecording } from "../../plan/live/live.ts";
import { totalOf } from "../../plan/verify/finished-set.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { SIMPLE_SET } from "../../profile/container-rules.ts";
import { TaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import { describeOutput } from "../output/describe-output.ts";
import type { RecordedSegments } from "./recorded-segments.ts";

/** What players are told: texts in the folder of the set, then the playlist or manifest at the target. */
export type LiveSetTexts = {
  readonly inFolder: readonly PublishedText[];
  readonly entry: string;
  /** All that they name is among so many of the first segments. */
  readonly count: number;
};

/** A recording whose segments are sent while it grows. */
export interface LiveSet {
  readonly segments: RecordedSegments;
  /** Grows with everything that players could be told. */
  readonly version: number;

  /** Looks for what an encoder has made since. */
  look(): Promise<void>;

  /** To be told before each run what it makes. @throws {TaskError} where it is no more of the same set */
  begin(recording: LiveRecording): Promise<void>;

  /**
   * What players are told by what was found so far.
   *
   * @param folder - the bare name of the set's folder, beside the entry
   * @returns nothing where there is nothing to be played yet
   */
  texts(folder: string, telling: Telling, signal: AbortSignal): Promise<LiveSetTexts | undefined>;

  /** That it ends with the first so many segments; nothing where that cannot be told. */
  endAfter(count: number, folder: string): LiveSetTexts | undefined;

  /** What has come of it. @throws {TaskError} `output_wrong` where it cannot be played */
  describe(signal: AbortSignal): Promise<Output>;
}

/** What looks at segments. */
export type Probe = Pick<Engine, "probe">;

/** What is in the newest segments of a stream. @throws {TaskError} `output_wrong` */
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

/** Of one stream, or of picture and sound together, in one playlist. */
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

  /** Whatever another run makes follows a break, but no playlist can go back from fragments of mp4 to MPEG-TS. */
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
