import type { MediaInfo } from "../../probe/media.ts";
import { tagFor } from "../../profile/codecs.ts";
import { isIso, isSet } from "../../profile/container-rules.ts";
import { factsOf } from "../../profile/containers.ts";
import { withBlackStart } from "../decide/alignment.ts";
import type { Draft } from "../decide/product.ts";
import { frameMode } from "../encode/framerate.ts";
import { encodedSound, languageArgs, type StreamPart } from "./audio.ts";
import { copiedPictures } from "./copied-pictures.ts";
import { type Graphs, graphsOf } from "./graphs.ts";
import { type Pass, passFiles, videoArgs } from "./video.ts";

/** The part of a run's arguments that makes one product, and the files it writes. */
export type Section = {
  readonly args: readonly string[];
  readonly writes: readonly string[];
  readonly graphs?: Graphs;
};

/** Seconds of a segment: the next key frame after it ends it. */
const SEGMENT_SECONDS = "6";

/** Only what is mapped goes in: no subtitles, no data, no titles, no chapters of the source. */
export const NOTHING_ELSE = ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"];

/** The output of one product: its streams, and its file or set. */
export function outputSection(
  draft: Draft,
  media: MediaInfo,
  tag: string,
  pass: Pass | undefined,
): Section {
  const { product } = draft;
  const video = product.video.action === "none" ? undefined : media.video;
  const audio = product.audio.action === "none" ? undefined : media.audio;
  const codec = product.expect.video?.codec;
  const file = fileSection(draft, codec, tag);
  const sound = audio && audioPart(draft, audio);
  const picture = video && videoPart(draft, video, pass);
  return {
    graphs: graphsOf(picture ? [picture] : [], sound ? [sound] : []),
    args: [
      ...(picture ? ["-map", picture.map] : []),
      ...(sound ? ["-map", sound.map] : []),
      ...NOTHING_ELSE,
      ...(picture?.args ?? []),
      ...(product.video.action === "copy" ? copiedPictures(media, product.container) : []),
      ...(isIso(product.container, codec) ? tagFor(codec) : []),
      ...languageArgs(audio),
      ...(sound?.args ?? []),
      ...file.args,
    ],
    writes: file.writes,
  };
}

function videoPart(
  { product, rendition, folder, areCaptionsCarried, blackSeconds, sharesGraph }: Draft,
  source: NonNullable<MediaInfo["video"]>,
  pass: Pass | undefined,
): StreamPart {
  const map = `0:${source.index}`;
  if (product.video.action !== "encode" || typeof rendition.video !== "object")
    return { map, args: ["-c:v", "copy"] };
  const encode = videoArgs(rendition.video, source, pass, areCaptionsCarried);
  const [option = "", chain = "", ...rest] = withBlackStart(encode, blackSeconds);
  const args = [...rest, "-fps_mode", frameMode(isSet(product.container))];
  if (!sharesGraph) return { map, args: [option, chain, ...args] };
  return { map: `[v${folder}]`, graph: `[${map}]${chain}[v${folder}]`, args };
}

function audioPart(
  { product, rendition, folder, lateSeconds, isStreamed }: Draft,
  source: NonNullable<MediaInfo["audio"]>,
): StreamPart {
  const { container, expect } = product;
  const map = `0:${source.index}`;
  if (product.audio.action === "encode" && typeof rendition.audio === "object") {
    const place = { container, lateSeconds };
    return encodedSound(rendition.audio, source, place, { specifier: map, label: `a${folder}` });
  }
  const isInSegments = (isStreamed || isSet(container)) && isIso(container, expect.video?.codec);
  return { map, args: ["-c:a", "copy", ...(isInSegments ? unframed(source) : [])] };
}

/** The first of two passes: it writes statistics alone. */
export function firstPassSection(draft: Draft, media: MediaInfo, log: string): Section {
  const { rendition } = draft;
  if (!media.video || typeof rendition.video === "string") return { args: [], writes: [] };
  return {
    args: [
      ...["-map", `0:${media.video.index}`, "-an", "-sn", "-dn"],
      ...videoPart(draft, media.video, { number: 1, log }).args,
      ...["-f", "null", "-"],
    ],
    writes: passFiles(rendition.video.codec, log),
  };
}

/** The part that says how a product is written, and where. */
export function fileSection(
  { product, folder, isStreamed }: Draft,
  codec: string | undefined,
  tag: string,
): Section {
  const { container, entry } = product;
  if (isSet(container))
    return setSection(draftSet(folder, isIso(container, codec), tag), entry, product.video.action);
  const { muxer = container, wholeArgs = [], streamedArgs = [] } = factsOf(container);
  const options = isStreamed ? streamedArgs : wholeArgs;
  return { args: [...options, "-f", muxer, entry], writes: [entry] };
}

/** AAC as MPEG-TS frames it: ffmpeg takes the frames off by itself, but not for a file in segments (5.1). Other AAC passes as it is. */
const unframed = ({ codec }: NonNullable<MediaInfo["audio"]>): readonly string[] =>
  codec === "aac" ? ["-bsf:a", "aac_adtstoasc"] : [];

/** Where a set's segments lie, and whether they are segments of an mp4 (which HEVC and AV1 need) or of an MPEG-TS. */
type SetFiles = {
  readonly pattern: string;
  readonly init?: { readonly name: string; readonly path: string };
};

function draftSet(folder: string, isFragmented: boolean, tag: string): SetFiles {
  const pattern = `${folder}/segments/${tag}-%05d.${isFragmented ? "m4s" : "ts"}`;
  // ffmpeg takes this name relative to the playlist.
  const name = `segments/${tag}-init.mp4`;
  return isFragmented ? { pattern, init: { name, path: `${folder}/${name}` } } : { pattern };
}

function setSection(
  { pattern, init }: SetFiles,
  entry: string,
  videoAction: "copy" | "encode" | "none",
): Section {
  return {
    args: [
      ...["-f", "hls", "-hls_time", SEGMENT_SECONDS, "-hls_playlist_type", "vod"],
      ...["-hls_segment_type", init ? "fmp4" : "mpegts"],
      ...(init ? ["-hls_fmp4_init_filename", init.name] : []),
      // Key frames of ours begin closed groups; of a copy's nothing is known.
      ...(videoAction === "copy" ? [] : ["-hls_flags", "independent_segments"]),
      // Without it the playlist names the segments as if they lay beside it.
      ...["-hls_base_url", "segments/", "-hls_segment_filename", pattern, entry],
    ],
    writes: [entry, pattern, ...(init ? [init.path] : [])],
  };
}
