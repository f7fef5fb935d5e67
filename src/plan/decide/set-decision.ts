import type { MediaInfo } from "../../probe/media.ts";
import { extensionOf } from "../../profile/container-rules.ts";
import type { Written } from "../../profile/containers.ts";
import type { AdaptiveSet, Assignment, AudioEncode, VideoEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { audioEncoding } from "../encode/audio-encoding.ts";
import { carriesCaptions } from "../encode/captions.ts";
import { videoEncoding } from "../encode/video-encoding.ts";
import type { Expectation, SetPlan, StreamDecision, Track } from "../plan.ts";
import { expectationOf } from "./expectation.ts";
import { rungsFor } from "./ladder.ts";
import {
  type DecisionSource,
  type Judged,
  judgeRendition,
  type OutputDecision,
} from "./output-decision.ts";
import { SEGMENT_SECONDS, timeSet } from "./set-timing.ts";
import { sheetsFor } from "./sheets.ts";

/**
 * Decides what an adaptive set makes of a source. Each rendition is judged as if it were alone; video and audio streams
 * that are equal are made once.
 *
 * If a set has several renditions, streams that the source lacks are left out: a source without video gives audio alone.
 * A single rendition is refused as a file would be.
 *
 * @param wantedSeconds - how long segments should be; those of a copy begin at the source's key frames, wherever these
 *   are
 * @throws {TaskError} as `judgeRendition`, and `output_not_supported` if key frames do not meet
 */
export function decideSet(
  assignment: Assignment,
  set: AdaptiveSet,
  index: number,
  source: DecisionSource,
  wantedSeconds = SEGMENT_SECONDS,
): OutputDecision {
  const { media, clip } = source;
  const decisions = renditionsFor(set, media).map((rendition) =>
    judgeRendition({ rendition, targets: assignment.targets }, index, source),
  );
  const timed = timedDecisions(decisions, media, wantedSeconds);
  const [best] = timed.decisions;
  if (!best) throw new TaskError("internal", "Cannot plan the set: it has no renditions");
  const videos = unique(timed.decisions.flatMap((decision) => videoOf(decision) ?? []));
  const audios = unique(timed.decisions.flatMap((decision) => audioOf(decision) ?? []));
  const { container } = best.product;
  const plan = setPlan(timed.decisions, videos, audios, (decision, kind) => {
    const { rendition, product } = decision;
    const streams = { video: NONE, audio: NONE, [kind]: product[kind] };
    return expectationOf({ rendition, container, ...streams }, media, clip);
  });
  const folder = String(index);
  const sheets = set.thumbnails && sheetsFor(set.thumbnails, media, clip, best.rendition.video);
  // Those of a set that ask for subtitles ask for the same.
  const subtitles = decisions.find(({ product }) => product.subtitles)?.product.subtitles;
  return {
    ...best,
    product: {
      ...best.product,
      entry: `${folder}/out.${extensionOf(container)}`,
      segments: `${folder}/segments`,
      ...(subtitles && { subtitles }),
      set: { ...withLanguage(plan, media), ...(sheets && { thumbnails: sheets }) },
    },
    isStreamed: source.capabilities.streamsOutput === true,
    set: {
      videos: videos.map((video) => encodingOf(video, source)),
      audios: audios.map((audio) => audioDecisionOf(audio, container, source)),
      segmentSeconds: timed.segmentSeconds,
    },
  };
}

const encodingOf = (video: VideoEncode | "copy", { media, capabilities }: DecisionSource) =>
  video === "copy" || !media.video
    ? "copy"
    : videoEncoding(video, media.video, carriesCaptions(capabilities));

const audioDecisionOf = (
  audio: AudioEncode | "copy",
  container: Written,
  { media }: DecisionSource,
) => (audio === "copy" || !media.audio ? "copy" : audioEncoding(audio, media.audio, container));

function withLanguage(plan: SetPlan, { audio }: MediaInfo): SetPlan {
  const language = audio?.language;
  if (language === undefined) return plan;
  const tracks = plan.tracks.map((track) =>
    track.kind === "audio" ? { ...track, language } : track,
  );
  return { ...plan, tracks };
}

/** The renditions to make of a source. If there are several and the source has only audio, they are made without video. */
function renditionsFor({ renditions, isLadder }: AdaptiveSet, media: MediaInfo) {
  const suited = isLadder ? rungsFor(renditions, media) : renditions;
  if (media.video || renditions.length === 1) return suited;
  // If the source has no audio either, each rendition is refused for its missing video.
  return suited.map((rendition) =>
    media.audio && rendition.audio !== "none"
      ? { ...rendition, video: "none" as const }
      : rendition,
  );
}

type Timed = { readonly decisions: readonly Judged[]; readonly segmentSeconds: number };

function timedDecisions(
  decisions: readonly Judged[],
  media: MediaInfo,
  wantedSeconds: number,
): Timed {
  const encodes = decisions.flatMap(({ rendition: { video } }) =>
    typeof video === "object" ? [video] : [],
  );
  if (!media.video || encodes.length === 0) return { decisions, segmentSeconds: wantedSeconds };
  const { encodes: timed, segmentSeconds } = timeSet(encodes, media.video, wantedSeconds);
  const rest = [...timed];
  const withTime = decisions.map((decision): Judged => {
    const video = typeof decision.rendition.video === "object" ? rest.shift() : undefined;
    return video ? { ...decision, rendition: { ...decision.rendition, video } } : decision;
  });
  return { decisions: withTime, segmentSeconds };
}

const keyOf = (stream: VideoEncode | AudioEncode | "copy"): string =>
  JSON.stringify(typeof stream === "string" ? stream : Object.entries(stream).toSorted());

const unique = <T extends VideoEncode | AudioEncode | "copy">(streams: readonly T[]): T[] => [
  ...new Map(streams.map((stream) => [keyOf(stream), stream])).values(),
];

function videoOf({ product, rendition: { video } }: Judged): VideoEncode | "copy" | undefined {
  return product.video.action === "none" || video === "none" ? undefined : video;
}

/** The audio of a rendition, undefined if it has none. It is copied if possible, because audio can be cut at any packet. */
function audioOf({ product, rendition: { audio } }: Judged): AudioEncode | "copy" | undefined {
  if (product.audio.action === "none" || audio === "none") return undefined;
  return product.audio.action === "copy" ? "copy" : audio;
}

const NONE: StreamDecision = { action: "none", why: "it is in a track of its own" };

function setPlan(
  decisions: readonly Judged[],
  videos: readonly (VideoEncode | "copy")[],
  audios: readonly (AudioEncode | "copy")[],
  expectOf: (decision: Judged, kind: Track["kind"]) => Expectation,
): SetPlan {
  const find = (
    list: readonly (VideoEncode | AudioEncode | "copy")[],
    wanted: VideoEncode | AudioEncode | "copy" | undefined,
  ) => (wanted ? list.findIndex((one) => keyOf(one) === keyOf(wanted)) : -1);
  const places = decisions.map((decision) => ({
    decision,
    video: find(videos, videoOf(decision)),
    audio: find(audios, audioOf(decision)),
  }));
  const tracksOf = (kind: Track["kind"], streams: readonly unknown[], before: number): Track[] =>
    streams.flatMap((_, at) => {
      const place = places.find((one) => one[kind] === at);
      const playlist = `media_${before + at}.m3u8`;
      return place ? [{ kind, playlist, expect: expectOf(place.decision, kind) }] : [];
    });
  const tracks = [...tracksOf("video", videos, 0), ...tracksOf("audio", audios, videos.length)];
  const pairs = places.map(({ video, audio }) => ({
    ...(video >= 0 && { video }),
    ...(audio >= 0 && { audio: videos.length + audio }),
  }));
  const renditions = [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
  return { tracks, renditions };
}
