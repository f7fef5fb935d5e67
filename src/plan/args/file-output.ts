import type { MediaInfo } from "../../probe/media.ts";
import { tagOf } from "../../profile/codecs.ts";
import { isIso, isSet } from "../../profile/container-rules.ts";
import { factsOf } from "../../profile/containers.ts";
import type { OutputDecision, SoundDecision } from "../decide/output-decision.ts";
import { laterBy } from "../decide/seeking.ts";
import type { Filter } from "../encode/filters.ts";
import { frameMode } from "../encode/framerate.ts";
import { markedChains } from "../encode/overlay/marked-chains.ts";
import { withBlackStart } from "../encode/video-filters.ts";
import { copiedAudio, encodedAudio } from "./audio.ts";
import { copiedPictures } from "./copied-pictures.ts";
import {
  type FilteredStream,
  type Graphs,
  inGraph,
  isCopied,
  metadataArgs,
  NOTHING_ELSE,
  type OutputStreams,
  streamsArgs,
  together,
} from "./streams.ts";
import { NO_TEXTS, subtitleArgs, type TextInputs } from "./subtitles.ts";
import { copiedVideo, encodedVideo, type Pass, passFiles } from "./video.ts";

/** How an output is written, and into which files. */
export type WrittenFiles = { readonly args: readonly string[]; readonly writes: readonly string[] };

/** The part of a run's arguments that makes one output, and the files that it writes. */
export type OutputArgs = {
  readonly graphs: Graphs;
  readonly args: readonly string[];
  readonly writes: readonly string[];
  /** Whether any of its streams is copied. */
  readonly isCopying: boolean;
};

/** What keeps everything else out of an output that has subtitles. */
const WITH_SUBTITLES = NOTHING_ELSE.filter((option) => option !== "-sn");

/** Seconds of a segment; it ends at the first key frame after them. */
const SEGMENT_SECONDS = "6";

/** The arguments of an output that is a file or a plain set: its streams, and how they are written. */
export const fileOutputArgs = (
  decision: OutputDecision,
  media: MediaInfo,
  tag: string,
  pass: Pass | undefined,
  texts: TextInputs = NO_TEXTS,
): OutputArgs => writtenFile(decision, fileStreams(decision, media, pass), tag, texts);

/** The streams of an output that is a file or a plain set. */
export function fileStreams(
  decision: OutputDecision,
  media: MediaInfo,
  pass: Pass | undefined,
): OutputStreams {
  const { product } = decision;
  const video = product.video.action === "none" ? undefined : media.video;
  const audio = product.audio.action === "none" ? undefined : media.audio;
  const own = together([
    ...(video ? [videoPart(decision, media, video, pass)] : []),
    ...(decision.sounds
      ? soundParts(decision, decision.sounds, media)
      : audio
        ? [audioPart(decision, audio)]
        : []),
  ]);
  return decision.sharesGraph ? inGraph(own, `v${decision.folder}`) : own;
}

/** The arguments that write such an output of its streams. */
export function writtenFile(
  decision: OutputDecision,
  { streams, graphs }: OutputStreams,
  tag: string,
  texts: TextInputs,
): OutputArgs {
  const { product } = decision;
  const { subtitles = [] } = product;
  const file = fileArgs(decision, product.expect.video?.codec, tag);
  return {
    graphs,
    args: [
      ...streamsArgs(
        streams,
        decision.sounds !== undefined,
        metadataArgs(product.expect.metadata, subtitles.length > 0 ? WITH_SUBTITLES : NOTHING_ELSE),
      ),
      ...subtitleArgs(subtitles, texts),
      ...file.args,
    ],
    writes: file.writes,
    isCopying: streams.some(isCopied),
  };
}

function videoPart(
  { product, video, folder, blackSeconds }: OutputDecision,
  media: MediaInfo,
  source: NonNullable<MediaInfo["video"]>,
  pass: Pass | undefined,
): FilteredStream {
  const { container, expect } = product;
  const map = `0:${source.index}`;
  const codec = expect.video?.codec;
  const tag = pass?.number !== 1 && isIso(container, codec) ? tagOf(codec) : undefined;
  const named = tag !== undefined && { tag };
  if (!video) {
    const packetFilters = copiedPictures(media, container);
    return { stream: copiedVideo(map, { packetFilters, ...named }), chains: [] };
  }
  const encoding = { ...video, filters: withBlackStart(video.filters, blackSeconds) };
  const mode = { pass, frameMode: frameMode(isSet(container)) };
  const { filters = [], ...stream } = { ...encodedVideo(encoding, map, mode), ...named };
  const { mark } = video;
  if (!mark) return { stream: { ...stream, filters }, chains: [] };
  const label = `v${folder}`;
  const chains = markedChains(mark, { from: [map], filters, to: label });
  return { stream: { ...stream, map: `[${label}]` }, chains };
}

function audioPart(
  { product, audio, folder, lateSeconds, isStreamed }: OutputDecision,
  source: NonNullable<MediaInfo["audio"]>,
): FilteredStream {
  const { container, expect } = product;
  const specifier = `0:${source.index}`;
  if (audio) return encodedAudio(audio, source, { specifier, label: `a${folder}`, lateSeconds });
  const isInSegments = (isStreamed || isSet(container)) && isIso(container, expect.video?.codec);
  return copiedAudio(source, specifier, isInSegments ? { packetFilters: unframed(source) } : {});
}

/** Several sounds, each of its own stream. */
const soundParts = (
  decision: OutputDecision,
  sounds: readonly SoundDecision[],
  media: MediaInfo,
): readonly FilteredStream[] =>
  sounds.map(({ stream: source, label, audio }, at) => {
    const { audio: _, folder, lateSeconds, ...rest } = decision;
    const late = lateSeconds + laterBy(source, media);
    const own = { ...rest, folder: `${folder}s${at}`, lateSeconds: late };
    const part = audioPart(audio === "copy" ? own : { ...own, audio }, source);
    return { ...part, stream: { ...part.stream, label } };
  });

/** The arguments of the first of two passes, which writes only statistics. */
export function firstPassArgs(decision: OutputDecision, media: MediaInfo, log: string): OutputArgs {
  const { video } = decision;
  const parts =
    media.video && video ? [videoPart(decision, media, media.video, { number: 1, log })] : [];
  const { streams, graphs } = together(parts);
  return {
    graphs,
    args: [...streamsArgs(streams, false, ["-an", "-sn", "-dn"]), "-f", "null", "-"],
    writes: video ? passFiles(video.codec, log) : [],
    isCopying: false,
  };
}

/** How an output is written, and where. */
export function fileArgs(
  { product, rendition, folder, isStreamed, isGrowing }: OutputDecision,
  codec: string | undefined,
  tag: string,
): WrittenFiles {
  const { container, entry } = product;
  if (isSet(container))
    return setArgs(setFiles(folder, isIso(container, codec), tag), entry, {
      isCopied: product.video.action === "copy",
      isGrowing,
    });
  const { muxer = container, wholeArgs = [], streamedArgs = [] } = factsOf(container);
  const options = isStreamed ? streamedArgs : rendition.isIndexLast ? [] : wholeArgs;
  return { args: [...options, "-f", muxer, entry], writes: [entry] };
}

/**
 * Removes the headers (ADTS) that AAC has on each frame in MPEG-TS. ffmpeg does that by itself, but not for mp4 in
 * segments (5.1). Other AAC passes as it is.
 */
const unframed = ({ codec }: NonNullable<MediaInfo["audio"]>): readonly Filter[] =>
  codec === "aac" ? [{ name: "aac_adtstoasc" }] : [];

/** Where a set's segments lie. `init` is present if they are segments of an mp4 (which HEVC and AV1 need), not of an MPEG-TS. */
type SetFiles = {
  readonly pattern: string;
  readonly init?: { readonly name: string; readonly path: string };
};

function setFiles(folder: string, isFragmented: boolean, tag: string): SetFiles {
  const pattern = `${folder}/segments/${tag}-%05d.${isFragmented ? "m4s" : "ts"}`;
  // ffmpeg takes this name relative to the playlist.
  const name = `segments/${tag}-init.mp4`;
  return isFragmented ? { pattern, init: { name, path: `${folder}/${name}` } } : { pattern };
}

function setArgs(
  { pattern, init }: SetFiles,
  entry: string,
  { isCopied, isGrowing }: { readonly isCopied: boolean; readonly isGrowing: true | undefined },
): WrittenFiles {
  // Only the playlist of an event is there before the end. Verification makes it that of a film.
  const type = isGrowing ? "event" : "vod";
  const flags = [
    ...(isCopied ? [] : ["independent_segments"]),
    ...(isGrowing ? ["temp_file"] : []),
  ];
  return {
    args: [
      ...["-f", "hls", "-hls_time", SEGMENT_SECONDS, "-hls_playlist_type", type],
      ...["-hls_segment_type", init ? "fmp4" : "mpegts"],
      ...(init ? ["-hls_fmp4_init_filename", init.name] : []),
      // Our own key frames begin closed GOPs; those of a copy may not.
      ...(flags.length === 0 ? [] : ["-hls_flags", flags.join("+")]),
      // Without the base URL, the playlist names the segments as if they lay beside it.
      ...["-hls_base_url", "segments/", "-hls_segment_filename", pattern, entry],
    ],
    writes: [entry, pattern, ...(init ? [init.path] : [])],
  };
}
