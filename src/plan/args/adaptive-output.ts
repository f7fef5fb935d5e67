import type { Rational } from "../../lib/rational.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { codecName, tagOf } from "../../profile/codecs.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision, SetDecision } from "../decide/output-decision.ts";
import { type AspectGroup, groupByAspect } from "../decide/set-aspects.ts";
import { type Chain, type Filter, isSameFilter } from "../encode/filters.ts";
import { frameMode } from "../encode/framerate.ts";
import { markedChains } from "../encode/overlay/marked-chains.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { rateFirst, withBlackStart } from "../encode/video-filters.ts";
import type { SetPlan } from "../plan.ts";
import { soundsOfSet, tagged } from "./audio.ts";
import type { OutputArgs, WrittenFiles } from "./file-output.ts";
import { specifierOf } from "./input.ts";
import { dashArgs, type SetFiles } from "./sets/dash-args.ts";
import {
  isCopied,
  NOTHING_ELSE,
  type OutputStream,
  type OutputStreams,
  streamsArgs,
  together,
} from "./streams.ts";
import { sheetArgs, sheetLabel, sheetsFilters } from "./thumbnails.ts";
import { copiedVideo, encodedVideo, passFiles, passOf } from "./video.ts";

/** What the arguments of a set depend on. */
type SetInput = {
  readonly decision: OutputDecision;
  readonly set: SetDecision;
  readonly media: MediaInfo;
  readonly pass: 1 | 2 | undefined;
  /** What is put behind the name of statistics, if they are those of a slice. */
  readonly suffix?: string;
  readonly aspects: readonly AspectGroup[];
};

/**
 * The outputs of an adaptive set in one run. The source is decoded once, and every picture is scaled straight from it;
 * every sound is made once. Each stream is in fragments of MP4 that HLS and DASH share, cut at key frames that fall
 * together. Sheets of thumbnails are an output of their own.
 *
 * If a set is encoded in two passes, all of its pictures go through both runs, because ffmpeg numbers statistics by
 * streams.
 *
 * ffmpeg's `dash` muxer writes both a manifest and the playlists of the streams; the master playlist is made later, from
 * the result.
 *
 * @param clip - what the filters of the sheets have to cut; other outputs are cut by output options
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
  const sheets = pass === 1 ? undefined : plan?.thumbnails;
  const { streams, graphs } = streamsOf(input, pass === 1 ? undefined : 0, sheets, clip);
  const isCopying = streams.some(isCopied);
  if (pass === 1) {
    const args = [...streamsArgs(streams, true, ["-an", ...NOTHING_ELSE]), "-f", "null", "-"];
    return { graphs, args, writes: statisticsOf(input), isCopying };
  }
  const { args, writes } = writtenSet(input, streams);
  return { graphs, args: [...args, ...(sheets ? sheetArgs(decision) : [])], writes, isCopying };
}

/**
 * The streams of a set that is made of a file, without its sheets.
 *
 * @param suffix - of the statistics of a slice, in the second of two passes; those of one pass have none
 */
export function setStreams(
  decision: OutputDecision,
  set: SetDecision,
  media: MediaInfo,
  suffix?: string,
): OutputStreams {
  const pass = suffix === undefined ? undefined : 2;
  const input = { decision, set, media, pass, aspects: aspectsOf(set, media) } as const;
  return streamsOf({ ...input, ...(suffix !== undefined && { suffix }) }, 0, undefined, undefined);
}

/** The arguments that write a set of its streams, without its sheets. */
export function joinedSet(
  decision: OutputDecision,
  set: SetDecision,
  media: MediaInfo,
  streams: readonly OutputStream[],
): WrittenFiles {
  return writtenSet({ decision, set, aspects: aspectsOf(set, media) }, streams);
}

function writtenSet(
  input: Pick<SetInput, "decision" | "set" | "aspects">,
  streams: readonly OutputStream[],
): WrittenFiles {
  const manifest = `${input.decision.folder}/segments/manifest.mpd`;
  const args = [...streamsArgs(streams, true), ...dashArgs(filesOf(input), manifest)];
  return { args, writes: [manifest] };
}

/**
 * The streams of a live set, each encoded once, and how `dashArgs` has to write them.
 *
 * @param audioInput - the input that the audio is read from
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

/** @param audioInput - the input that the audio is read from; undefined leaves the audio out */
function streamsOf(
  input: SetInput,
  audioInput: number | undefined,
  sheets: SetPlan["thumbnails"],
  clip: Clip | undefined,
): OutputStreams {
  const { set, media } = input;
  const videos = set.videos.map((video, at) => videoStream(input, video, at));
  const sounds =
    audioInput === undefined ? [] : soundsOfSet(input, specifierOf(media, "audio", audioInput));
  const { streams, graphs } = together(sounds);
  return {
    streams: [...videos, ...streams],
    graphs: { ...graphs, video: chainsOf(input, sheets, clip) },
  };
}

/** The pictures of a set, grouped by shape; a copied one is alone in its set. */
const aspectsOf = ({ videos }: SetDecision, { video: source }: MediaInfo): readonly AspectGroup[] =>
  groupByAspect(
    videos.flatMap((video) => {
      if (!source) return [];
      return video === "copy" ? source : video;
    }),
  );

const labelOf = ({ folder }: OutputDecision, at: number): string => `set${folder}v${at}`;

/** The filters of all pictures; the source's picture is split into a branch for each. */
function chainsOf(
  { decision, set, media, aspects }: SetInput,
  sheets: SetPlan["thumbnails"],
  clip: Clip | undefined,
): readonly Chain[] {
  const { video: source } = media;
  if (!source) return [];
  const branches = set.videos.flatMap((video, at) =>
    video === "copy" || video.made
      ? []
      : [
          {
            label: labelOf(decision, at),
            mark: video.mark,
            filters: filtersOf(video, pixelsOf(aspects, at), decision),
          },
        ],
  );
  if (sheets)
    branches.push({
      label: sheetLabel(decision),
      mark: undefined,
      filters: sheetsFilters(sheets, source, clip),
    });
  const from = [specifierOf(media, "video")];
  const [first, ...others] = branches;
  if (!first) return [];
  if (others.length === 0) return markedChains(first.mark, { from, ...first, to: first.label });
  // Filters that all branches begin with run once, before the split.
  const differs = first.filters.findIndex((filter, at) =>
    others.some(({ filters }) => !isSameFilter(filters[at], filter)),
  );
  const shared = differs < 0 ? first.filters.length - 1 : differs;
  const to = branches.map((_, at) => `set${decision.folder}b${at}`);
  const split: Filter = { name: "split", values: [branches.length] };
  return [
    { from, filters: [...first.filters.slice(0, shared), split], to },
    ...branches.flatMap(({ label, mark, filters }, at) =>
      markedChains(mark, {
        from: to.slice(at, at + 1),
        filters: filters.slice(shared),
        to: label,
      }),
    ),
  ];
}

/** The filters as for a file, except that frames that are not wanted are dropped before scaling. */
function filtersOf(
  { filters }: VideoEncoding,
  pixels: Rational | undefined,
  { blackSeconds }: OutputDecision,
): readonly Filter[] {
  const shaped = pixels ? { ...filters, aspect: [sarFilter(pixels)] } : filters;
  return rateFirst(withBlackStart(shaped, blackSeconds));
}

/** Without `max`, the filter takes only ratios of numbers up to 100. */
const sarFilter = ({ num, den }: Rational): Filter => ({
  name: "setsar",
  options: { sar: `${num}/${den}`, max: Math.max(num, den) },
});

const pixelsOf = (aspects: readonly AspectGroup[], at: number): Rational | undefined =>
  aspects
    .map(({ members, sampleAspects }) => sampleAspects[members.indexOf(at)])
    .find((pixels) => pixels !== undefined);

function videoStream(
  { decision, media, pass, suffix }: SetInput,
  video: VideoEncoding | "copy",
  at: number,
): OutputStream {
  if (video === "copy") return copiedVideo(specifierOf(media, "video"), tagged(media.video));
  const tag = pass === 1 ? undefined : tagOf(codecName(video.codec));
  const named = tag !== undefined && { tag };
  if (video.made) return { ...copiedVideo(video.made, { ...named }), isMade: true };
  const own =
    pass && video.rateMode === "2passvbr" ? passOf(pass, setLog(decision, at), suffix) : undefined;
  // Its filters are in the graph before all outputs.
  const { filters: _, ...stream } = encodedVideo(video, `[${labelOf(decision, at)}]`, {
    pass: own,
    frameMode: frameMode(true),
  });
  return { ...stream, ...named };
}

/** What each picture of a set that is encoded depends on, beside its source and how that is read. */
export function recipesOf(decision: OutputDecision, set: SetDecision, media: MediaInfo) {
  const input = { decision, set, media, pass: undefined, aspects: aspectsOf(set, media) };
  return set.videos.map((video, at) => {
    if (video === "copy") return undefined;
    const { map: _, ...stream } = videoStream(input, video, at);
    return [stream, filtersOf(video, pixelsOf(input.aspects, at), decision)];
  });
}

const filesOf = ({ set, aspects }: Pick<SetInput, "set" | "aspects">): SetFiles => ({
  segmentSeconds: set.segmentSeconds,
  adaptationSets: adaptationSets(set, aspects),
});

/** The streams that a player may switch between: pictures of one shape and codec, sounds of one codec. */
function adaptationSets(
  { videos, audios, sounds: chosen }: SetDecision,
  aspects: readonly AspectGroup[],
): string {
  const sounds = new Map<string, number[]>();
  for (const [at, audio] of audios.entries()) {
    const codec = audio === "copy" ? audio : audio.codec;
    const { stream, label } = chosen?.[at] ?? {};
    const key = [codec, stream?.index, label?.beside].join();
    sounds.set(key, [...(sounds.get(key) ?? []), videos.length + at]);
  }
  const streams = [...aspects.map(({ members }) => members), ...sounds.values()];
  return streams.map((those, id) => `id=${id},streams=${those.join(",")}`).join(" ");
}

/** The name of the statistics of a picture of a set, without their suffix. */
export const setLog = ({ folder }: OutputDecision, at: number): string => `${folder}/pass${at}`;

/** The statistics files of the first pass. ffmpeg numbers them by the streams of the run, and the pictures come first. */
function statisticsOf({ decision, set }: SetInput): readonly string[] {
  return set.videos.flatMap((video, at) => {
    if (video === "copy" || video.rateMode !== "2passvbr") return [];
    return passFiles(video.codec, setLog(decision, at), at);
  });
}
