import type { Rational } from "../../lib/rational.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { codecName, copiedTagOf, tagOf } from "../../profile/codecs.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision, SetDecision } from "../decide/output-decision.ts";
import { type AspectGroup, groupByAspect } from "../decide/set-aspects.ts";
import type { AudioEncoding } from "../encode/audio-encoding.ts";
import { type Chain, type Filter, isSameFilter } from "../encode/filters.ts";
import { frameMode } from "../encode/framerate.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { deinterlacing, rateFirst, withBlackStart } from "../encode/video-filters.ts";
import type { SetPlan } from "../plan.ts";
import { copiedAudio, encodedAudio } from "./audio.ts";
import type { OutputArgs } from "./file-output.ts";
import { specifierOf } from "./input.ts";
import {
  type FilteredStream,
  isCopied,
  NOTHING_ELSE,
  type OutputStream,
  type OutputStreams,
  streamsArgs,
  together,
} from "./streams.ts";
import { SHEET_PATTERN, sheetFilters } from "./thumbnails.ts";
import { copiedVideo, encodedVideo, passFiles } from "./video.ts";

/** Short of the key frame that ends a segment by so much, so that a rounded time does not miss it. */
const SEGMENT_MARGIN_SECONDS = 0.005;

/** What the arguments of a set follow from. */
type SetInput = {
  readonly decision: OutputDecision;
  readonly set: SetDecision;
  readonly media: MediaInfo;
  readonly pass: 1 | 2 | undefined;
  readonly aspects: readonly AspectGroup[];
};

/**
 * The outputs of an adaptive set in one run: every picture of one decode, scaled right from it; every sound once; each
 * in fragments of MP4 that HLS and DASH share, cut at key frames that fall together. A sheet of small pictures is an
 * output of its own.
 *
 * Of a set in two passes all pictures go through both runs, as ffmpeg numbers statistics by streams.
 *
 * ffmpeg's `dash` muxer writes both a manifest and the playlists of the streams; the master is made from what came out.
 *
 * @param clip - what a sheet's own filters must cut, where the others are cut by output options
 */
export function adaptiveOutputArgs(
  decision: OutputDecision,
  set: SetDecision,
  media: MediaInfo,
  pass: 1 | 2 | undefined,
  clip: Clip | undefined,
): OutputArgs {
  const input = { decision, set, media, pass, aspects: aspectsOf(set, media) };
  const plan = decision.product.set;
  const folder = `${decision.folder}/segments`;
  const sheets = pass === 1 ? undefined : plan?.thumbnails;
  const { streams, graphs } = streamsOf(input, pass === 1 ? undefined : 0, sheets, clip);
  const manifest = `${folder}/manifest.mpd`;
  return {
    graphs,
    args: [
      ...streamsArgs(streams, true, pass === 1 ? ["-an", ...NOTHING_ELSE] : NOTHING_ELSE),
      ...(pass === 1 ? ["-f", "null", "-"] : dashArgs(filesOf(input), manifest)),
      ...(sheets ? sheetArgs(decision, `${folder}/${SHEET_PATTERN}`) : []),
    ],
    writes: pass === 1 ? statisticsOf(input) : [manifest],
    isCopying: streams.some(isCopied),
  };
}

/** How a set is written: how long its segments are, and which of its streams a player changes between. */
export type SetFiles = { readonly segmentSeconds: number; readonly adaptationSets: string };

/**
 * The streams of a set that has no end yet, each encoded once, for `dashArgs` to be written by.
 *
 * @param audioInput - the input that the sound is read from
 */
export function liveSetStreams(
  decision: OutputDecision,
  set: SetDecision,
  media: MediaInfo,
  audioInput: number,
): OutputStreams & { readonly files: SetFiles } {
  const input = { decision, set, media, pass: undefined, aspects: aspectsOf(set, media) };
  return { ...streamsOf(input, audioInput, undefined, undefined), files: filesOf(input) };
}

/** @param audioInput - the input that the sounds are read from; without them where absent */
function streamsOf(
  input: SetInput,
  audioInput: number | undefined,
  sheets: SetPlan["thumbnails"],
  clip: Clip | undefined,
): OutputStreams {
  const { set, media } = input;
  const videos = set.videos.map((video, at) => videoStream(input, video, at));
  const sounds =
    audioInput === undefined ? [] : audioParts(input, specifierOf(media, "audio", audioInput));
  const { streams, graphs } = together(sounds);
  return {
    streams: [...videos, ...streams],
    graphs: { ...graphs, video: chainsOf(input, sheets, clip) },
  };
}

/** A copied picture is alone in its set. */
const aspectsOf = ({ videos }: SetDecision, { video: source }: MediaInfo): readonly AspectGroup[] =>
  groupByAspect(
    videos.flatMap((video) => {
      if (!source) return [];
      return video === "copy" ? source : video;
    }),
  );

const labelOf = ({ folder }: OutputDecision, at: number): string => `set${folder}v${at}`;
const sheetLabel = ({ folder }: OutputDecision): string => `set${folder}sheet`;

/** The filters of all pictures, the source's being split between them. */
function chainsOf(
  { decision, set, media, aspects }: SetInput,
  sheets: SetPlan["thumbnails"],
  clip: Clip | undefined,
): readonly Chain[] {
  const { video: source } = media;
  if (!source) return [];
  const branches = set.videos.flatMap((video, at) =>
    video === "copy"
      ? []
      : [
          {
            label: labelOf(decision, at),
            filters: filtersOf(video, pixelsOf(aspects, at), decision),
          },
        ],
  );
  if (sheets)
    branches.push({
      label: sheetLabel(decision),
      filters: [...deinterlacing(source), ...trimmed(clip), ...sheetFilters(sheets, source)],
    });
  const from = [specifierOf(media, "video")];
  const [first, ...others] = branches;
  if (!first) return [];
  if (others.length === 0) return [{ from, filters: first.filters, to: [first.label] }];
  // What all begin with is done once.
  const differs = first.filters.findIndex((filter, at) =>
    others.some(({ filters }) => !isSameFilter(filters[at], filter)),
  );
  const shared = differs < 0 ? first.filters.length - 1 : differs;
  const to = branches.map((_, at) => `set${decision.folder}b${at}`);
  const split: Filter = { name: "split", values: [branches.length] };
  return [
    { from, filters: [...first.filters.slice(0, shared), split], to },
    ...branches.map(({ label, filters }, at) => ({
      from: to.slice(at, at + 1),
      filters: filters.slice(shared),
      to: [label],
    })),
  ];
}

/** As for a file, but frames that are not wanted go before they are scaled. */
function filtersOf(
  { filters }: VideoEncoding,
  pixels: Rational | undefined,
  { blackSeconds }: OutputDecision,
): readonly Filter[] {
  const shaped = pixels ? { ...filters, aspect: [sarFilter(pixels)] } : filters;
  return rateFirst(withBlackStart(shaped, blackSeconds));
}

/** Its own limit of what it takes for a ratio is 100. */
const sarFilter = ({ num, den }: Rational): Filter => ({
  name: "setsar",
  options: { sar: `${num}/${den}`, max: Math.max(num, den) },
});

const pixelsOf = (aspects: readonly AspectGroup[], at: number): Rational | undefined =>
  aspects
    .map(({ members, sampleAspects }) => sampleAspects[members.indexOf(at)])
    .find((pixels) => pixels !== undefined);

const trimmed = (clip: Clip | undefined): readonly Filter[] => {
  if (!clip) return [];
  const { startSeconds: start, durationSeconds: duration } = clip;
  return [
    { name: "trim", options: { start, ...(duration !== undefined && { duration }) } },
    { name: "setpts", values: ["PTS-STARTPTS"] },
  ];
};

function videoStream(
  { decision, media, pass }: SetInput,
  video: VideoEncoding | "copy",
  at: number,
): OutputStream {
  if (video === "copy") return copiedVideo(specifierOf(media, "video"), tagged(media.video));
  const own =
    pass && video.rateMode === "2passvbr" ? { number: pass, log: logOf(decision, at) } : undefined;
  // Its filters stand before all outputs.
  const { filters: _, ...stream } = encodedVideo(video, `[${labelOf(decision, at)}]`, {
    pass: own,
    frameMode: frameMode(true),
  });
  const tag = pass === 1 ? undefined : tagOf(codecName(video.codec));
  return { ...stream, ...(tag !== undefined && { tag }) };
}

function tagged(source: { readonly codec: string } | undefined): Pick<OutputStream, "tag"> {
  const tag = copiedTagOf(source?.codec);
  return tag === undefined ? {} : { tag };
}

function audioParts(
  { set, media, decision }: SetInput,
  specifier: string,
): readonly FilteredStream[] {
  const { audio: source } = media;
  const { folder, lateSeconds } = decision;
  return set.audios.flatMap((audio: AudioEncoding | "copy", at) => {
    if (!source) return [];
    if (audio === "copy") return copiedAudio(source, specifier, tagged(source));
    return encodedAudio(audio, source, { specifier, label: `set${folder}a${at}`, lateSeconds });
  });
}

const filesOf = ({ set, aspects }: SetInput): SetFiles => ({
  segmentSeconds: set.segmentSeconds,
  adaptationSets: adaptationSets(set, aspects),
});

/** The options that write a set's streams, the manifest last; all files lie beside it. @param prefix - of the names of segments */
export const dashArgs = (
  { segmentSeconds, adaptationSets: sets }: SetFiles,
  manifest: string,
  prefix = "",
): readonly string[] => [
  ...["-f", "dash", "-dash_segment_type", "mp4", "-hls_playlist", "1"],
  ...["-seg_duration", (segmentSeconds - SEGMENT_MARGIN_SECONDS).toFixed(6)],
  ...["-use_template", "1", "-use_timeline", "1", "-adaptation_sets", sets],
  ...["-init_seg_name", `${prefix}init-$RepresentationID$.mp4`],
  ...["-media_seg_name", `${prefix}chunk-$RepresentationID$-$Number%05d$.m4s`, manifest],
];

/** Streams that a player changes between: pictures of one shape, sounds of one codec. */
function adaptationSets({ videos, audios }: SetDecision, aspects: readonly AspectGroup[]): string {
  const sounds = new Map<string, number[]>();
  for (const [at, audio] of audios.entries()) {
    const codec = audio === "copy" ? audio : audio.codec;
    sounds.set(codec, [...(sounds.get(codec) ?? []), videos.length + at]);
  }
  const streams = [...aspects.map(({ members }) => members), ...sounds.values()];
  return streams.map((those, id) => `id=${id},streams=${those.join(",")}`).join(" ");
}

const logOf = ({ folder }: OutputDecision, at: number): string => `${folder}/pass${at}`;

/** ffmpeg numbers them by the streams of the run, and the pictures come first. */
function statisticsOf({ decision, set }: SetInput): readonly string[] {
  return set.videos.flatMap((video, at) => {
    if (video === "copy" || video.rateMode !== "2passvbr") return [];
    return passFiles(video.codec, logOf(decision, at), at);
  });
}

function sheetArgs(decision: OutputDecision, path: string): readonly string[] {
  return [
    ...["-map", `[${sheetLabel(decision)}]`, ...NOTHING_ELSE, "-c:v", "mjpeg", "-q:v", "4"],
    // Else frames are repeated for an even rate.
    ...["-fps_mode:v", "passthrough", "-f", "image2", path],
  ];
}
