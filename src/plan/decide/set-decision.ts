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
import { type Draft, type DraftSource, type Judged, judgeRendition } from "./output-decision.ts";
import { SEGMENT_SECONDS, timeSet } from "./set-timing.ts";
import { sheetsFor } from "./sheets.ts";

/**
 * Decides what an adaptive set makes of a source. Each rendition is judged as if it were alone; pictures and sounds that
 * are the same are made once.
 *
 * Of a set of several renditions, what the source does not have is left out: of a source without a picture the sounds
 * alone are made. One rendition alone is refused as a file would be.
 *
 * @param wantedSeconds - what segments are meant to last; those of a copy begin at key frames wherever these are
 * @throws {TaskError} as `judgeRendition`, and `output_not_supported` where key frames do not meet
 */
export function draftSet(
  assignment: Assignment,
  set: AdaptiveSet,
  index: number,
  source: DraftSource,
  wantedSeconds = SEGMENT_SECONDS,
): Draft {
  const { media, clip } = source;
  const drafts = renditionsFor(set, media).map((rendition) =>
    judgeRendition({ rendition, targets: assignment.targets }, index, source),
  );
  const timed = timedDrafts(drafts, media, wantedSeconds);
  const [best] = timed.drafts;
  if (!best) throw new TaskError("internal", "Cannot plan the set: it has no renditions");
  const videos = unique(timed.drafts.flatMap((draft) => videoOf(draft) ?? []));
  const audios = unique(timed.drafts.flatMap((draft) => audioOf(draft) ?? []));
  const { container } = best.product;
  const plan = setPlan(timed.drafts, videos, audios, (draft, kind) => {
    const { rendition, product } = draft;
    const streams = { video: NONE, audio: NONE, [kind]: product[kind] };
    return expectationOf({ rendition, container, ...streams }, media, clip);
  });
  const folder = String(index);
  const sheets = set.thumbnails && sheetsFor(set.thumbnails, media, clip);
  return {
    ...best,
    product: {
      ...best.product,
      entry: `${folder}/out.${extensionOf(container)}`,
      segments: `${folder}/segments`,
      set: { ...withLanguage(plan, media), ...(sheets && { thumbnails: sheets }) },
    },
    isStreamed: source.capabilities.streamsOutput === true,
    set: {
      videos: videos.map((video) => encodingOf(video, source)),
      audios: audios.map((audio) => soundOf(audio, container, source)),
      segmentSeconds: timed.segmentSeconds,
    },
  };
}

const encodingOf = (video: VideoEncode | "copy", { media, capabilities }: DraftSource) =>
  video === "copy" || !media.video
    ? "copy"
    : videoEncoding(video, media.video, carriesCaptions(capabilities));

const soundOf = (audio: AudioEncode | "copy", container: Written, { media }: DraftSource) =>
  audio === "copy" || !media.audio ? "copy" : audioEncoding(audio, media.audio, container);

function withLanguage(plan: SetPlan, { audio }: MediaInfo): SetPlan {
  const language = audio?.language;
  if (language === undefined) return plan;
  const tracks = plan.tracks.map((track) =>
    track.kind === "audio" ? { ...track, language } : track,
  );
  return { ...plan, tracks };
}

/** The renditions that are made of a source; of several those that can be. */
function renditionsFor({ renditions, isLadder }: AdaptiveSet, media: MediaInfo) {
  const suited = isLadder ? rungsFor(renditions, media) : renditions;
  if (media.video || renditions.length === 1) return suited;
  // Without any sound either, each is refused for its missing picture.
  return suited.map((rendition) =>
    media.audio && rendition.audio !== "none"
      ? { ...rendition, video: "none" as const }
      : rendition,
  );
}

type Timed = { readonly drafts: readonly Judged[]; readonly segmentSeconds: number };

function timedDrafts(drafts: readonly Judged[], media: MediaInfo, wantedSeconds: number): Timed {
  const encodes = drafts.flatMap(({ rendition: { video } }) =>
    typeof video === "object" ? [video] : [],
  );
  if (!media.video || encodes.length === 0) return { drafts, segmentSeconds: wantedSeconds };
  const { encodes: timed, segmentSeconds } = timeSet(encodes, media.video, wantedSeconds);
  const rest = [...timed];
  const withTime = drafts.map((draft): Judged => {
    const video = typeof draft.rendition.video === "object" ? rest.shift() : undefined;
    return video ? { ...draft, rendition: { ...draft.rendition, video } } : draft;
  });
  return { drafts: withTime, segmentSeconds };
}

const keyOf = (stream: VideoEncode | AudioEncode | "copy"): string =>
  JSON.stringify(typeof stream === "string" ? stream : Object.entries(stream).toSorted());

const unique = <T extends VideoEncode | AudioEncode | "copy">(streams: readonly T[]): T[] => [
  ...new Map(streams.map((stream) => [keyOf(stream), stream])).values(),
];

function videoOf({ product, rendition: { video } }: Judged): VideoEncode | "copy" | undefined {
  return product.video.action === "none" || video === "none" ? undefined : video;
}

/** Sound that could be copied is: the whole of it begins at any packet. */
function audioOf({ product, rendition: { audio } }: Judged): AudioEncode | "copy" | undefined {
  if (product.audio.action === "none" || audio === "none") return undefined;
  return product.audio.action === "copy" ? "copy" : audio;
}

const NONE: StreamDecision = { action: "none", why: "it is in a track of its own" };

function setPlan(
  drafts: readonly Judged[],
  videos: readonly (VideoEncode | "copy")[],
  audios: readonly (AudioEncode | "copy")[],
  expectOf: (draft: Judged, kind: Track["kind"]) => Expectation,
): SetPlan {
  const find = (
    list: readonly (VideoEncode | AudioEncode | "copy")[],
    wanted: VideoEncode | AudioEncode | "copy" | undefined,
  ) => (wanted ? list.findIndex((one) => keyOf(one) === keyOf(wanted)) : -1);
  const places = drafts.map((draft) => ({
    draft,
    video: find(videos, videoOf(draft)),
    audio: find(audios, audioOf(draft)),
  }));
  const tracksOf = (kind: Track["kind"], streams: readonly unknown[], before: number): Track[] =>
    streams.flatMap((_, at) => {
      const place = places.find((one) => one[kind] === at);
      const playlist = `media_${before + at}.m3u8`;
      return place ? [{ kind, playlist, expect: expectOf(place.draft, kind) }] : [];
    });
  const tracks = [...tracksOf("video", videos, 0), ...tracksOf("audio", audios, videos.length)];
  const pairs = places.map(({ video, audio }) => ({
    ...(video >= 0 && { video }),
    ...(audio >= 0 && { audio: videos.length + audio }),
  }));
  const renditions = [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
  return { tracks, renditions };
}
