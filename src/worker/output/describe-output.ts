import { toNumber } from "../../lib/rational.ts";
import type { PlannedOutput, SetPlan } from "../../plan/plan.ts";
import { averageBps, type TrackFacts, totalOf } from "../../plan/verify/finished-set.ts";
import type { ToldStream } from "../../plan/verify/told-colour.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { isImage } from "../../profile/container-rules.ts";
import type { Output, OutputSound } from "../../task/task.ts";

/** The media of an output that callers get a description of. */
type Described = Pick<MediaInfo, "durationSeconds" | "video" | "audio">;

/**
 * The description of a finished output for callers: probed from the file, never taken from the plan.
 *
 * @param sizeBytes - of the file, or of a playlist and all its segments together
 * @param sounds - all its sounds, if they were chosen
 */
export function describeOutput(
  product: Pick<PlannedOutput, "container">,
  media: Described,
  sizeBytes: number,
  sounds: readonly OutputSound[] = [],
): Output {
  const { video, audio } = media;
  const isStill = isImage(product.container);
  const durationSeconds = isStill
    ? 0
    : (media.durationSeconds ?? video?.durationSeconds ?? audio?.durationSeconds ?? 0);
  const isTurned = video?.rotation === 90 || video?.rotation === 270;
  return {
    sizeBytes,
    durationSeconds,
    container: product.container,
    bitrateBps: durationSeconds > 0 ? Math.round((sizeBytes * 8) / durationSeconds) : 0,
    ...(video && {
      video: {
        codec: video.codec,
        width: isTurned ? video.height : video.width,
        height: isTurned ? video.width : video.height,
        framerate:
          video.framerate && !isStill ? Math.round(toNumber(video.framerate) * 1000) / 1000 : 0,
        ...(video.bitrateBps !== undefined && { bitrateBps: video.bitrateBps }),
      },
    }),
    ...(audio && {
      audio: {
        codec: audio.codec,
        channels: audio.channels,
        samplerateHz: audio.samplerateHz,
        ...(audio.bitrateBps !== undefined && { bitrateBps: audio.bitrateBps }),
      },
    }),
    ...(sounds.length > 0 && { sounds }),
  };
}

/**
 * The description of an adaptive set for callers: of all of it, and of each rendition.
 *
 * @param sizeBytes - of all its files; audio that renditions share counts once
 * @param durationSeconds - by default that of its longest rendition
 */
export function describeSet(
  { container }: Pick<PlannedOutput, "container">,
  renditions: readonly Output[],
  sizeBytes: number,
  durationSeconds = Math.max(0, ...renditions.map((one) => one.durationSeconds)),
): Output {
  const [best] = renditions;
  return {
    sizeBytes,
    durationSeconds,
    container,
    bitrateBps: durationSeconds > 0 ? Math.round((sizeBytes * 8) / durationSeconds) : 0,
    ...(best?.video && { video: best.video }),
    ...(best?.audio && { audio: best.audio }),
    renditions,
  };
}

/** What the playlists of a set say of one of its streams. */
export const trackFacts = (
  { video, audio }: Pick<MediaInfo, "video" | "audio">,
  told: ToldStream,
  segments: TrackFacts["segments"],
): TrackFacts => ({
  ...told,
  segments,
  ...(video && { width: video.width, height: video.height }),
  ...(video?.framerate && { framerate: toNumber(video.framerate) }),
  ...(audio && { channels: audio.channels }),
});

/** A finished and probed stream of a set. */
export type FinishedTrack = { readonly facts: TrackFacts; readonly media: MediaInfo };

/** The description of one rendition of a set for callers: of its streams together. */
export function describeRendition(
  product: Pick<PlannedOutput, "container">,
  { video, audio }: SetPlan["renditions"][number],
  finished: readonly FinishedTrack[],
): Output {
  const [videoTrack, audioTrack] = [video, audio].map((at) =>
    at === undefined ? undefined : finished[at],
  );
  const parts = [videoTrack, audioTrack].filter((track) => track !== undefined);
  const bytes = parts.flatMap(({ facts }) => facts.segments.map((segment) => segment.bytes));
  const seconds = Math.max(0, ...parts.map(({ media }) => media.durationSeconds ?? 0));
  const rated = <T extends object>(stream: T | undefined, track: FinishedTrack | undefined) =>
    stream && track ? { ...stream, bitrateBps: Math.round(averageBps(track.facts)) } : undefined;
  const videoStream = rated(videoTrack?.media.video, videoTrack);
  const audioStream = rated(audioTrack?.media.audio, audioTrack);
  const media: Described = {
    durationSeconds: seconds,
    ...(videoStream && { video: videoStream }),
    ...(audioStream && { audio: audioStream }),
  };
  return describeOutput(product, media, totalOf(bytes));
}
