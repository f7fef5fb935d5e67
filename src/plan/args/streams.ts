import type { AudioStream, FileMetadata, SoundLabel } from "../../probe/media.ts";
import { type Chain, type Filter, formatSeconds } from "../encode/filters.ts";

/** An option of a stream, without its dash and the specifier of the stream, and its value. */
export type Option = readonly [name: string, value: string];

/** A stream of an output: where it comes from, and how it is copied or encoded. */
export type OutputStream = {
  readonly kind: "video" | "audio";
  /** A stream of an input (`0:1`), or what comes out of filters before all outputs (`[v0]`). */
  readonly map: string;
  /** Filters of this stream alone. */
  readonly filters?: readonly Filter[];
  /** The encoder, or `copy`. */
  readonly codec: string;
  /** It is a copy of what was made before, and not of the source. */
  readonly isMade?: true;
  readonly options?: readonly Option[];
  /** Filters for its packets. */
  readonly packetFilters?: readonly Filter[];
  /** The tag of its codec in its container, if ffmpeg would write another one. */
  readonly tag?: string;
  /** The language of an audio stream, ISO 639. */
  readonly language?: string;
  /** What players are told of one of several sounds; the language in it stands in place of that of the stream. */
  readonly label?: SoundLabel;
};

/**
 * Filters that stand before all outputs of a run, for video and for audio.
 *
 * FFmpeg 9 holds back a graph that may give out more frames than it gets, as long as what it feeds is ahead of other
 * outputs; only the first reader of a stream may go on whenever the stream does. A decoder that serves several readers
 * waits for the one that is held back. If the output that is behind needs more frames from this decoder, all wait for
 * each other for ever. So if filters add frames of their own (silence before a late sound, black before a late picture,
 * more frames a second), one graph is the only reader of the stream.
 */
export type Graphs = { readonly video: readonly Chain[]; readonly audio: readonly Chain[] };

/** A stream, and those of its filters that stand before all outputs. */
export type FilteredStream = { readonly stream: OutputStream; readonly chains: readonly Chain[] };

/** The streams of an output, pictures first. */
export type OutputStreams = {
  readonly streams: readonly OutputStream[];
  readonly graphs: Graphs;
};

/** Puts the streams of an output, and their filters, together. */
export function together(parts: readonly FilteredStream[]): OutputStreams {
  const chainsOf = (kind: OutputStream["kind"]) =>
    parts.flatMap(({ stream, chains }) => (stream.kind === kind ? chains : []));
  return {
    streams: parts.map(({ stream }) => stream),
    graphs: { video: chainsOf("video"), audio: chainsOf("audio") },
  };
}

/**
 * The same streams, with the filters of an encoded picture in the graph before all outputs.
 *
 * @param label - of what comes out of them, unique in the run
 */
export function inGraph({ streams, graphs }: OutputStreams, label: string): OutputStreams {
  const video: Chain[] = [...graphs.video];
  const moved = streams.map(({ filters, ...stream }) => {
    if (stream.kind === "audio" || !filters) return { ...stream, ...(filters && { filters }) };
    video.push({ from: [stream.map], filters, to: [label] });
    return { ...stream, map: `[${label}]` };
  });
  return { streams: moved, graphs: { ...graphs, video } };
}

/** Whether a stream of the source is copied. */
export const isCopied = ({ codec, isMade }: OutputStream): boolean => codec === "copy" && !isMade;

/** Nothing that is not mapped goes in: no subtitles, no data, no titles, no chapters of the source. */
export const NOTHING_ELSE = ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"];

/** A mapping of nothing also keeps the titles of chapters out, unless it names what it is for. */
const NO_METADATA = ["-map_metadata", "-1", "-map_chapters", "-1"];
const CHAPTERS_ALONE = [
  ...["-map_metadata:g", "-1", "-map_metadata:s", "-1"],
  // The source is the first input of every run.
  ...["-map_chapters", "0"],
];

/**
 * The options that keep out of an output what is not taken over, and say what is.
 *
 * @param without - what keeps out everything
 */
export function metadataArgs(
  metadata: FileMetadata | undefined,
  without: readonly string[] = NOTHING_ELSE,
): readonly string[] {
  if (!metadata) return without;
  const { tags, chapters, endSeconds } = metadata;
  const others = without.filter((option) => !NO_METADATA.includes(option));
  return [
    ...(chapters > 0 ? [...others, ...CHAPTERS_ALONE] : without),
    ...(endSeconds === undefined ? [] : ["-t", formatSeconds(endSeconds)]),
    ...Object.entries(tags).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]),
  ];
}

/**
 * The options of an output's streams.
 *
 * @param isSet - several streams of a kind may be in it, so each option names its stream
 * @param without - the options that keep everything else out
 */
export function streamsArgs(
  streams: readonly OutputStream[],
  isSet: boolean,
  without: readonly string[] = NOTHING_ELSE,
): readonly string[] {
  const counts = { video: 0, audio: 0 };
  const placed = streams.map((stream) => ({ stream, at: counts[stream.kind]++ }));
  return [
    ...streams.flatMap(({ map }) => ["-map", map]),
    ...without,
    ...placed.flatMap(({ stream, at }) => streamArgs(stream, isSet ? at : undefined)),
  ];
}

/**
 * The options of one stream.
 *
 * @param at - its place among the streams of its kind, if there may be several
 */
export function streamArgs(stream: OutputStream, at?: number): readonly string[] {
  const { kind, filters = [], codec, options = [], packetFilters = [], tag } = stream;
  const own = filters.length === 0 ? [] : [filterOption(kind, at), chainText(filters)];
  const all: readonly Option[] = [
    ["c", codec],
    ...options,
    ...(packetFilters.length === 0 ? [] : [["bsf", chainText(packetFilters)] as const]),
    ...(tag === undefined ? [] : [["tag", tag] as const]),
  ];
  return [
    ...(stream.label ? labelArgs(stream.label, at ?? 0) : languageArgs(stream, at)),
    ...own,
    ...all.flatMap(([name, value]) => [`-${optionName(name, kind, at)}`, value]),
  ];
}

const filterOption = (kind: OutputStream["kind"], at: number | undefined): string =>
  at === undefined ? `-${kind[0]}f` : `-filter:${kind[0]}:${at}`;

/** Options that exist for both kinds of streams, so that they have to name the kind. */
const SHARED = ["c", "b", "q", "profile", "bsf", "tag", "disposition"];

function optionName(name: string, kind: OutputStream["kind"], at: number | undefined): string {
  if (at !== undefined) return `${name}:${kind[0]}:${at}`;
  return SHARED.includes(name) ? `${name}:${kind[0]}` : name;
}

/** The option that keeps the language of an audio stream, which would be dropped with all other metadata. */
export const languageArgs = (
  source: Pick<AudioStream, "language"> | undefined,
  at = 0,
): readonly string[] =>
  source?.language === undefined ? [] : [`-metadata:s:a:${at}`, `language=${source.language}`];

/** The options that keep what players are told of a sound. MP4 has its title as the name of its handler, for players of before 2020. */
function labelArgs(
  { language, title, dispositions, isDefault }: SoundLabel,
  at: number,
): readonly string[] {
  const marks = [...(isDefault ? ["default"] : []), ...dispositions];
  const told = title === undefined ? [] : [`title=${title}`, `handler_name=${title}`];
  return [
    ...languageArgs({ ...(language !== undefined && { language }) }, at),
    ...told.flatMap((tag) => [`-metadata:s:a:${at}`, tag]),
    ...[`-disposition:a:${at}`, marks.length === 0 ? "0" : marks.join("+")],
  ];
}

/**
 * The options that put all filters of a kind into one graph.
 *
 * @param isJoined - whether video and audio share a graph
 */
export function graphArgs(graphs: readonly Graphs[], isJoined = false): readonly string[] {
  const video = graphs.flatMap((one) => one.video);
  const audio = graphs.flatMap((one) => one.audio);
  const kinds = isJoined ? [[...video, ...audio]] : [video, audio];
  return kinds.flatMap((all) => (all.length === 0 ? [] : ["-filter_complex", graphText(all)]));
}

const graphText = (chains: readonly Chain[]): string =>
  chains
    .map(
      ({ from, filters, to }, at) => `${labels(from)}${chainText(filters, `${at}`)}${labels(to)}`,
    )
    .join(";");

const labels = (names: readonly string[]): string => names.map((name) => `[${name}]`).join("");

/**
 * Filters in a row, as ffmpeg reads them.
 *
 * @param row - tells this row from others of its graph
 */
export const chainText = (filters: readonly Filter[], row = ""): string =>
  filters.map((filter, at) => besideText(filter, `${row}beside${at}`)).join(",");

/** A filter, and what it takes beside the picture before it. */
function besideText(filter: Filter, label: string): string {
  const { beside } = filter;
  if (!beside) return filterText(filter);
  const [ground, other] = [`[${label}a]`, `[${label}b]`];
  return `null${ground};${chainText(beside, label)}${other};${ground}${other}${filterText(filter)}`;
}

function filterText({ name, values = [], options = {} }: Filter): string {
  const told = [...values, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)];
  // A comma in a value would end its filter.
  return told.length === 0 ? name : `${name}=${told.join(":").replaceAll(",", "\\,")}`;
}
