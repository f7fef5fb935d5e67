import type { MediaInfo } from "../../probe/media.ts";
import { extensionOf } from "../../profile/container-rules.ts";
import type { AdaptiveSet, Assignment, VideoEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { encodingBy } from "../encode/engine/lean-x264.ts";
import type { Expectation, SetPlan, StreamDecision, Track } from "../plan.ts";
import { toldCaptions } from "./captions.ts";
import { expectationOf } from "./expectation.ts";
import {
  type HeardSound,
  heardOf,
  type JudgedRendition,
  judgeSounds,
  soundsMade,
  uniqueSounds,
} from "./heard-sounds.ts";
import { rungsFor } from "./ladder.ts";
import {
  type DecisionSource,
  type Judged,
  type OutputDecision,
  readingMarks,
} from "./output-decision.ts";
import { SEGMENT_SECONDS, timeSet } from "./set-timing.ts";
import { sheetsFor } from "./sheets.ts";
import { plannedSound } from "./sound-decision.ts";

/**
 * Decides what an adaptive set makes of a source. Each rendition is judged as if it were alone; video and audio streams
 * that are equal are made once.
 *
 * If a set has several renditions, streams that the source lacks are left out: a source without video gives audio alone.
 * A single rendition is refused as a file would be.
 *
 * @param wantedSeconds - how long segments should be; those of a copy begin at the source's key frames, wherever these
 *   are
 * @throws {TaskError} as `judgeSounds`, and `output_not_supported` if key frames do not meet
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
    judgeSounds({ rendition, targets: assignment.targets }, index, source),
  );
  const timed = timedDecisions(decisions, media, wantedSeconds);
  const [best] = timed.decisions;
  if (!best) throw new TaskError("internal", "Cannot plan the set: it has no renditions");
  const videos = unique(timed.decisions.flatMap((decision) => videoOf(decision) ?? []));
  const sounds = uniqueSounds(timed.decisions);
  const { container } = best.product;
  const plan = setPlan(timed.decisions, videos, sounds, (decision, kind, own = media) => {
    const { rendition, product } = decision;
    const streams = { video: NONE, audio: NONE, [kind]: product[kind] };
    return expectationOf({ rendition, container, ...streams }, own, clip);
  });
  const folder = String(index);
  const encodings = videos.map((video) => encodingOf(video, source));
  const captions = toldCaptions(best.rendition.captions, encodings, media);
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
      set: {
        ...withLanguage(plan, media),
        ...(sheets && { thumbnails: sheets }),
        ...(captions && { captions }),
      },
    },
    isStreamed: source.capabilities.streamsOutput === true,
    ...readingMarks(encodings),
    set: {
      videos: encodings,
      ...soundsMade(sounds, container),
      segmentSeconds: timed.segmentSeconds,
    },
  };
}

const encodingOf = (
  video: VideoEncode | "copy",
  { media, capabilities, further }: DecisionSource,
) =>
  video === "copy" || !media.video ? "copy" : encodingBy(capabilities, video, media.video, further);

function withLanguage(plan: SetPlan, { audio }: MediaInfo): SetPlan {
  const language = audio?.language;
  if (language === undefined) return plan;
  const tracks = plan.tracks.map((track) =>
    track.kind === "audio" && !track.sound ? { ...track, language } : track,
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

type Timed = { readonly decisions: readonly JudgedRendition[]; readonly segmentSeconds: number };

function timedDecisions(
  decisions: readonly JudgedRendition[],
  media: MediaInfo,
  wantedSeconds: number,
): Timed {
  const encodes = decisions.flatMap(({ rendition: { video } }) =>
    typeof video === "object" ? [video] : [],
  );
  if (!media.video || encodes.length === 0) return { decisions, segmentSeconds: wantedSeconds };
  const { encodes: timed, segmentSeconds } = timeSet(encodes, media.video, wantedSeconds);
  const rest = [...timed];
  const withTime = decisions.map((decision): JudgedRendition => {
    const video = typeof decision.rendition.video === "object" ? rest.shift() : undefined;
    return video ? { ...decision, rendition: { ...decision.rendition, video } } : decision;
  });
  return { decisions: withTime, segmentSeconds };
}

const keyOf = (stream: VideoEncode | "copy"): string =>
  JSON.stringify(typeof stream === "string" ? stream : Object.entries(stream).toSorted());

const unique = <T extends VideoEncode | "copy">(streams: readonly T[]): T[] => [
  ...new Map(streams.map((stream) => [keyOf(stream), stream])).values(),
];

function videoOf({ product, rendition: { video } }: Judged): VideoEncode | "copy" | undefined {
  return product.video.action === "none" || video === "none" ? undefined : video;
}

const NONE: StreamDecision = { action: "none", why: "it is in a track of its own" };

function setPlan(
  decisions: readonly JudgedRendition[],
  videos: readonly (VideoEncode | "copy")[],
  sounds: readonly HeardSound[],
  expectOf: (decision: Judged, kind: Track["kind"], media?: MediaInfo) => Expectation,
): SetPlan {
  const places = decisions.map((decision) => {
    const own = videoOf(decision);
    return {
      decision,
      video: own ? videos.findIndex((one) => keyOf(one) === keyOf(own)) : -1,
      heard: heardOf(decision).map(({ key }) => sounds.findIndex((one) => one.key === key)),
    };
  });
  const pictures = videos.flatMap((_, at): Track[] => {
    const place = places.find(({ video }) => video === at);
    const playlist = `media_${at}.m3u8`;
    return place ? [{ kind: "video", playlist, expect: expectOf(place.decision, "video") }] : [];
  });
  const heard = sounds.map(({ judged, wanted, media }, at): Track => {
    const playlist = `media_${videos.length + at}.m3u8`;
    const expect = expectOf(judged, "audio", media);
    const track = { kind: "audio", playlist, expect } as const;
    if (!wanted) return track;
    const sound = { ...plannedSound(wanted, judged, media), expect };
    const { language } = sound.label;
    return { ...track, sound, ...(language !== undefined && { language }) };
  });
  const groups = places.map(({ video, heard: own }) => {
    const tracks = own.map((at) => videos.length + at);
    const main = own.find((at) => sounds[at]?.wanted?.isDefault) ?? own[0];
    return {
      ...(video >= 0 && { video }),
      ...(main !== undefined && { audio: videos.length + main }),
      ...(tracks.length > 1 && { sounds: tracks }),
    };
  });
  const renditions = [...new Map(groups.map((one) => [JSON.stringify(one), one])).values()];
  return { tracks: [...pictures, ...heard], renditions };
}
