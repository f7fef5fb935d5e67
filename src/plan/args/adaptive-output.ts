import type { Rational } from "../../lib/rational.ts";
import type { MediaInfo, VideoStream } from "../../probe/media.ts";
import { codecName, copiedTagFor, tagFor } from "../../profile/codecs.ts";
import type { AudioEncode, VideoEncode } from "../../profile/profile.ts";
import type { Clip } from "../../task/task.ts";
import { withBlackStart } from "../decide/alignment.ts";
import type { Draft, SetDraft } from "../decide/product.ts";
import { type AspectGroup, groupByAspect } from "../decide/set-aspects.ts";
import { frameMode } from "../encode/framerate.ts";
import { outputPicture } from "../encode/picture.ts";
import type { SetPlan } from "../plan.ts";
import { encodedSound, languageArgs, type StreamPart } from "./audio.ts";
import { NOTHING_ELSE, type Section } from "./file-output.ts";
import { graphsOf } from "./graphs.ts";
import { specifierOf } from "./input.ts";
import { SHEET_PATTERN, sheetFilters } from "./thumbnails.ts";
import { passFiles, videoArgs } from "./video.ts";

/** Short of the key frame that ends a segment by so much, so that a rounded time does not miss it. */
const SEGMENT_MARGIN_SECONDS = 0.005;

/** What the arguments of a set follow from. */
type SetInput = {
  readonly draft: Draft;
  readonly set: SetDraft;
  readonly media: MediaInfo;
  readonly pass: 1 | 2 | undefined;
  readonly aspects: readonly AspectGroup[];
};

/** Whether a set needs two passes: then all its pictures go through both runs, as ffmpeg numbers statistics by streams. */
export const isTwoPassSet = ({ videos }: SetDraft): boolean =>
  videos.some((video) => video !== "copy" && video.rateMode === "2passvbr");

/**
 * The outputs of an adaptive set in one run: every picture of one decode, scaled right from it; every sound once; each
 * in fragments of MP4 that HLS and DASH share, cut at key frames that fall together. A sheet of small pictures is an
 * output of its own.
 *
 * ffmpeg's `dash` muxer writes both a manifest and the playlists of the streams; the master is made from what came out.
 *
 * @param clip - what a sheet's own filters must cut, where the others are cut by output options
 */
export function setSection(
  draft: Draft,
  set: SetDraft,
  media: MediaInfo,
  pass: 1 | 2 | undefined,
  clip: Clip | undefined,
): Section {
  const input = { draft, set, media, pass, aspects: aspectsOf(set, media) };
  const plan = draft.product.set;
  const folder = `${draft.folder}/segments`;
  const sheets = pass === 1 ? undefined : plan?.thumbnails;
  const sounds = pass === 1 ? [] : soundParts(input, specifierOf(media, "audio"));
  const manifest = `${folder}/manifest.mpd`;
  const pictures = sheets ? sheetArgs(draft, `${folder}/${SHEET_PATTERN}`) : [];
  return {
    graphs: graphsOf([{ graph: graphOf(input, sheets, clip).join(";") }], sounds),
    args: [
      ...videoMaps(input),
      ...(pass === 1 ? ["-an"] : sounds.flatMap(({ map }) => ["-map", map])),
      ...NOTHING_ELSE,
      ...set.videos.flatMap((video, at) => videoStream(input, video, at)),
      ...(pass === 1
        ? ["-f", "null", "-"]
        : [...sounds.flatMap(({ args }) => args), ...dashArgs(filesOf(input), manifest)]),
      ...pictures,
    ],
    writes: pass === 1 ? statisticsOf(input) : [manifest],
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
  draft: Draft,
  set: SetDraft,
  media: MediaInfo,
  audioInput: number,
): Pick<Section, "graphs" | "args"> & { readonly files: SetFiles } {
  const input = { draft, set, media, pass: undefined, aspects: aspectsOf(set, media) };
  const sounds = soundParts(input, specifierOf(media, "audio", audioInput));
  return {
    graphs: graphsOf([{ graph: graphOf(input, undefined, undefined).join(";") }], sounds),
    args: [
      ...videoMaps(input),
      ...sounds.flatMap(({ map }) => ["-map", map]),
      ...NOTHING_ELSE,
      ...set.videos.flatMap((video, at) => videoStream(input, video, at)),
      ...sounds.flatMap(({ args }) => args),
    ],
    files: filesOf(input),
  };
}

/** A copied picture is alone in its set. */
function aspectsOf({ videos }: SetDraft, { video: source }: MediaInfo): readonly AspectGroup[] {
  return groupByAspect(
    videos.flatMap((video) => {
      if (!source) return [];
      return video === "copy" ? source : { ...outputPicture(video, source), codec: video.codec };
    }),
  );
}

const labelOf = ({ folder }: Draft, at: number): string => `[set${folder}v${at}]`;
const sheetLabel = ({ folder }: Draft): string => `[set${folder}sheet]`;

function videoMaps({ draft, set, media }: SetInput): readonly string[] {
  return set.videos.flatMap((video, at) => [
    "-map",
    video === "copy" ? specifierOf(media, "video") : labelOf(draft, at),
  ]);
}

/** The filters of all pictures, the source's being split between them. */
function graphOf(
  { draft, set, media, aspects }: SetInput,
  sheets: SetPlan["thumbnails"],
  clip: Clip | undefined,
): readonly string[] {
  const { video: source } = media;
  if (!source) return [];
  const chains = set.videos.flatMap((video, at) => {
    if (video === "copy") return [];
    const filters = filtersOf(video, source, pixelsOf(aspects, at), draft);
    return [{ label: labelOf(draft, at), filters }];
  });
  if (sheets)
    chains.push({
      label: sheetLabel(draft),
      filters: [...deinterlaced(source), ...trimmed(clip), ...sheetFilters(sheets, source)],
    });
  const input = `[${specifierOf(media, "video")}]`;
  const [first, ...others] = chains;
  if (!first) return [];
  if (others.length === 0) return [`${input}${first.filters.join(",")}${first.label}`];
  // What all begin with is done once.
  const differs = first.filters.findIndex((filter, at) =>
    others.some(({ filters }) => filters[at] !== filter),
  );
  const shared = differs < 0 ? first.filters.length - 1 : differs;
  const head = first.filters.slice(0, shared);
  const branches = chains.map((_, at) => `[set${draft.folder}b${at}]`);
  return [
    `${input}${[...head, `split=${chains.length}`].join(",")}${branches.join("")}`,
    ...chains.map(
      ({ label, filters }, at) => `${branches[at]}${filters.slice(shared).join(",")}${label}`,
    ),
  ];
}

/** As for a file, but frames that are not wanted go before they are scaled. */
function filtersOf(
  video: VideoEncode,
  source: VideoStream,
  pixels: Rational | undefined,
  { areCaptionsCarried, blackSeconds }: Draft,
): readonly string[] {
  const args = videoArgs(video, source, undefined, areCaptionsCarried);
  const [, chain = ""] = withBlackStart(args, blackSeconds);
  const filters = chain
    .split(",")
    .map((filter) => (pixels && filter === "setsar=1" ? sarFilter(pixels) : filter));
  const early = (filter: string) => /^(?:bwdif|fps|setpts|tpad)=/.test(filter);
  return [...filters.filter(early), ...filters.filter((filter) => !early(filter))];
}

/** Its own limit of what it takes for a ratio is 100. */
const sarFilter = ({ num, den }: Rational): string =>
  `setsar=sar=${num}/${den}:max=${Math.max(num, den)}`;

const pixelsOf = (aspects: readonly AspectGroup[], at: number): Rational | undefined =>
  aspects
    .map(({ members, sampleAspects }) => sampleAspects[members.indexOf(at)])
    .find((pixels) => pixels !== undefined);

const deinterlaced = ({ isInterlaced }: VideoStream): readonly string[] =>
  isInterlaced ? ["bwdif=mode=send_frame:deint=interlaced"] : [];

const trimmed = (clip: Clip | undefined): readonly string[] => {
  if (!clip) return [];
  const end = clip.durationSeconds === undefined ? [] : [`duration=${clip.durationSeconds}`];
  return [
    ["trim=start=", clip.startSeconds, ...end.map((text) => `:${text}`)].join(""),
    "setpts=PTS-STARTPTS",
  ];
};

function videoStream(
  { draft, media, pass }: SetInput,
  video: VideoEncode | "copy",
  at: number,
): readonly string[] {
  const stream = `v:${at}`;
  if (video === "copy" || !media.video)
    return [`-c:${stream}`, "copy", ...copiedTagFor(media.video?.codec, stream)];
  const passOf =
    pass && video.rateMode === "2passvbr" ? { number: pass, log: logOf(draft, at) } : undefined;
  const [, , ...args] = videoArgs(video, media.video, passOf);
  return [
    ...ofStream([...args, "-fps_mode", frameMode(true)], "v", at),
    ...(pass === 1 ? [] : tagFor(codecName(video.codec), stream)),
  ];
}

const soundParts = ({ set, media, draft }: SetInput, specifier: string): readonly StreamPart[] =>
  set.audios.map((audio, at) => {
    const { audio: source } = media;
    const language = languageArgs(source, String(at));
    const { args, ...part } = audioStream(audio, at, source, draft, specifier);
    return { ...part, args: [...language, ...args] };
  });

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
function adaptationSets({ videos, audios }: SetDraft, aspects: readonly AspectGroup[]): string {
  const sounds = new Map<string, number[]>();
  for (const [at, audio] of audios.entries()) {
    const codec = audio === "copy" ? audio : audio.codec;
    sounds.set(codec, [...(sounds.get(codec) ?? []), videos.length + at]);
  }
  const streams = [...aspects.map(({ members }) => members), ...sounds.values()];
  return streams.map((those, id) => `id=${id},streams=${those.join(",")}`).join(" ");
}

function audioStream(
  audio: AudioEncode | "copy",
  at: number,
  source: MediaInfo["audio"],
  { product, folder, lateSeconds }: Draft,
  specifier: string,
): StreamPart {
  if (audio === "copy" || !source)
    return {
      map: specifier,
      args: [`-c:a:${at}`, "copy", ...copiedTagFor(source?.codec, `a:${at}`)],
    };
  const place = { container: product.container, lateSeconds };
  const label = `set${folder}a${at}`;
  const { args, ...part } = encodedSound(audio, source, place, { specifier, label });
  return { ...part, args: ofStream(args, "a", at) };
}

/** Options for one stream of several: `-b:v` becomes `-b:v:1`, `-g` becomes `-g:v:1`, `-af` `-filter:a:0`. */
function ofStream(args: readonly string[], kind: "v" | "a", at: number): readonly string[] {
  return args.map((arg, index) => {
    if (index % 2 === 1) return arg;
    const name = arg === "-af" ? "-filter" : arg.replace(/:[va]$/, "");
    return `${name}:${kind}:${at}`;
  });
}

const logOf = ({ folder }: Draft, at: number): string => `${folder}/pass${at}`;

/** ffmpeg numbers them by the streams of the run, and the pictures come first. */
function statisticsOf({ draft, set }: SetInput): readonly string[] {
  return set.videos.flatMap((video, at) => {
    if (video === "copy" || video.rateMode !== "2passvbr") return [];
    return passFiles(video.codec, logOf(draft, at)).map((file) =>
      file.replace(/-0\.log$/, `-${at}.log`),
    );
  });
}

function sheetArgs(draft: Draft, path: string): readonly string[] {
  return [
    ...["-map", sheetLabel(draft), ...NOTHING_ELSE, "-c:v", "mjpeg", "-q:v", "4"],
    // Else frames are repeated for an even rate.
    ...["-fps_mode:v", "passthrough", "-f", "image2", path],
  ];
}
