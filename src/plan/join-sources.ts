import { formatRational } from "../lib/rational.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { AudioStream, MediaInfo } from "../probe/media.ts";
import type { AudioEncode } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import type { Clip } from "../task/task.ts";
import { encodedAudio } from "./args/audio.ts";
import { slowInput } from "./args/input.ts";
import { graphArgs, languageArgs, NOTHING_ELSE } from "./args/streams.ts";
import { refuseUnsteady, steadyInput } from "./args/turn.ts";
import { isSoughtByPacket } from "./decide/seeking.ts";
import { clippedSeconds, durationOf } from "./decide/spans.ts";
import { audioEncoding } from "./encode/audio-encoding.ts";
import { type Chain, type Filter, formatSeconds } from "./encode/filters.ts";
import { videoEncoding } from "./encode/video-encoding.ts";
import { inOrder, PIXEL_FORMAT } from "./encode/video-filters.ts";
import { furtherGuards } from "./further.ts";
import {
  asPicture,
  type Canvas,
  canvasOf,
  type JoinedSound,
  joinedMedia,
  joinLoad,
  layoutOf,
  soundsToJoin,
} from "./join-canvas.ts";
import { JOINED_AUDIO, JOINED_FILE, JOINED_VIDEO } from "./joined.ts";
import type { Capabilities, Load, Plan, Step } from "./plan.ts";
import { type PlanRequest, planTask } from "./plan-task.ts";

/** One of the sources that are joined. */
export type JoinPart = {
  /** What errors call it: `sources[1]`. */
  readonly name: string;
  /** Its name in the work folder. */
  readonly file: string;
  readonly media: MediaInfo;
  readonly clip?: Clip | undefined;
};

/** How sources are joined, and what comes of it. */
export type Join = {
  /** Reads all of them and writes `JOINED_FILE`. */
  readonly step: Omit<Step, "share"> & { readonly load: Load };
  /** What that file will hold: the source that everything else is planned for. */
  readonly media: MediaInfo;
};

/** A part with its place among all, and how long it is. */
type Placed = JoinPart & {
  readonly at: number;
  readonly seconds: number;
  /** As many as come of it, or none where it is silent. */
  readonly sounds: readonly AudioStream[];
};

/**
 * Decides how sources are joined: each is brought to the size, rate and sound of all, as an output of it would be, and they are written
 * one after the other without loss, for everything that is made of them to read.
 *
 * The picture is as large as the largest of them and has the highest rate; a smaller one is filled up with black. A part without sound
 * is silent, one without a picture is black.
 *
 * @param isEach - whether all sounds of the sources are joined, rather than the main one of each
 * @throws {TaskError} `input_not_supported` if one has no known length or other sounds than the others, or a filter for it is missing;
 *   `invalid_parameter` if its clip holds nothing
 */
export function planJoin(
  parts: readonly JoinPart[],
  capabilities: Capabilities,
  isEach = false,
): Join {
  for (const { media } of parts) refuseUnsteady(media, capabilities);
  const joined = soundsToJoin(parts, isEach);
  const placed = parts.map((part, at) => ({
    ...{ ...part, at, seconds: secondsOf(part) },
    sounds: joined.ofParts[at] ?? [],
  }));
  const canvas = canvasOf(placed, joined);
  const chains = [...placed.flatMap((part) => chainsOf(part, canvas)), concatOf(placed, canvas)];
  refuseMissing(chains, capabilities);
  const seconds = placed.reduce((sum, part) => sum + part.seconds, 0);
  const { picture, sounds } = canvas;
  return {
    step: {
      name: "join",
      args: [
        ...placed.flatMap(inputOf),
        ...graphArgs([{ video: chains, audio: [] }]),
        ...(picture ? ["-map", "[v]"] : []),
        ...sounds.flatMap((_, track) => ["-map", `[${labelOf("a", track)}]`]),
        ...NOTHING_ELSE,
        // Each picture by itself, so that every seek is exact.
        ...(picture ? ["-c:v", JOINED_VIDEO, "-level", "3", "-g", "1", "-fps_mode", "vfr"] : []),
        ...(sounds.length > 0 ? ["-c:a", JOINED_AUDIO] : []),
        ...sounds.flatMap((sound, track) => languageArgs(sound, track)),
        ...["-f", "matroska", JOINED_FILE],
      ],
      writes: [JOINED_FILE],
      load: joinLoad(placed, canvas, seconds),
    },
    media: joinedMedia(canvas, seconds),
  };
}

/** A plan for what was joined, with the step that joins it. */
function withJoin(plan: Plan, { step }: Join): Plan {
  const rest = plan.steps.reduce((sum, { load }) => sum + (load?.pixelsPerSecond ?? 0), 0);
  const whole = step.load.pixelsPerSecond + rest;
  const share = whole === 0 ? 1 / (plan.steps.length + 1) : step.load.pixelsPerSecond / whole;
  const later = plan.steps.map((one) => ({ ...one, share: one.share * (1 - share) }));
  return { ...plan, steps: [{ ...step, share }, ...later] };
}

/** Plans for a source, or for what sources are joined to. */
export const planner =
  (request: PlanRequest, capabilities: Capabilities, join: Join | undefined) =>
  (media: MediaInfo): Plan => {
    const plan = planTask(request, media, capabilities);
    return join ? withJoin(plan, join) : plan;
  };

/** How long a part is. */
function secondsOf({ name, media, clip }: JoinPart): number {
  const whole = durationOf(media, true, true) ?? media.durationSeconds;
  const seconds = clippedSeconds(whole, clip);
  if (seconds === undefined)
    throw new TaskError("input_not_supported", `Cannot join ${name}: its length is not known`);
  if (seconds <= 0)
    throw new TaskError("invalid_parameter", `Cannot join ${name}: its clip holds nothing of it`);
  return seconds;
}

/** The options of an input: only what was judged is opened, at the beginning of its clip. */
function inputOf({ media, clip, file, at }: Placed): readonly string[] {
  const from = clip?.startSeconds ?? 0;
  return [
    ...(at === 0 ? [] : furtherGuards(media)),
    ...["-f", demuxerOf(media.format)],
    ...(from > 0 && !isSoughtByPacket(media) ? ["-ss", formatSeconds(from)] : []),
    ...[...steadyInput(media), ...slowInput(media), "-i", file],
  ];
}

const chainsOf = (part: Placed, { picture, sounds }: Canvas): readonly Chain[] => [
  ...(picture ? [pictureChain(part, picture)] : []),
  ...sounds.flatMap((sound, track) => soundChains(part, sound, track)),
];

/** What a sound is called in the graph, by which of several it is. */
const labelOf = (name: string, track: number): string => (track === 0 ? name : `${name}t${track}`);

/** What cuts a part that is read from its beginning to where its clip begins. */
function fromStart({ media, clip }: Placed, kind: "" | "a"): readonly Filter[] {
  const from = clip?.startSeconds ?? 0;
  if (from === 0 || !isSoughtByPacket(media)) return [];
  const start = formatSeconds(from);
  return [
    { name: `${kind}trim`, options: { start } },
    { name: `${kind}setpts`, values: [`PTS-${start}/TB`] },
  ];
}

function pictureChain(part: Placed, picture: NonNullable<Canvas["picture"]>): Chain {
  const { width, height, rate } = picture;
  const { media, at } = part;
  const end = { name: "trim", options: { end: formatSeconds(part.seconds) } } as const;
  const to = [`v${at}`];
  const { video } = media;
  if (!video) {
    const size = { c: "black", s: `${width}x${height}`, r: formatRational(rate) };
    const black: Filter = { name: "color", options: size };
    return { from: [], filters: [black, { name: "format", values: [PIXEL_FORMAT] }, end], to };
  }
  const { filters } = videoEncoding(asPicture({ width, height, framerate: rate }), video);
  // Its first picture stands from the beginning, and its last one to the end.
  const options = { start_time: 0 };
  const even = inOrder({
    ...filters,
    rate: [{ name: "fps", values: [formatRational(rate)], options }],
  });
  const held: Filter = { name: "tpad", options: { stop: -1, stop_mode: "clone" } };
  const all = [...fromStart(part, ""), ...even, held, end];
  return { from: [`${at}:${video.index}`], filters: all, to };
}

function soundChains(
  part: Placed,
  { channels, samplerateHz }: JoinedSound,
  track: number,
): readonly Chain[] {
  const { sounds, at } = part;
  const layout = layoutOf(channels);
  const to = [labelOf(`a${at}`, track)];
  const rate = { channel_layouts: layout, sample_rates: samplerateHz, sample_fmts: "s16" };
  const last: readonly Filter[] = [
    { name: "atrim", options: { end: formatSeconds(part.seconds) } },
    { name: "aformat", options: rate },
  ];
  const audio = sounds[track];
  if (!audio) {
    const options = { channel_layout: layout, sample_rate: samplerateHz };
    return [{ from: [], filters: [{ name: "anullsrc", options }, ...last], to }];
  }
  const encode: AudioEncode = { codec: "aac", bitrateBps: 1, samplerateHz, channels };
  const place = { specifier: `${at}:${audio.index}`, label: labelOf(`s${at}`, track) };
  const { stream, chains } = encodedAudio(audioEncoding(encode, audio, "mp4"), audio, place);
  const { map, filters = [] } = stream;
  const from = map.replace(/^\[(.*)\]$/, "$1");
  // Silence before a late beginning, and after an early end.
  const filled: Filter = { name: "aresample", options: { async: 1, first_pts: 0 } };
  const all = [...fromStart(part, "a"), ...filters, filled, { name: "apad" } as const, ...last];
  return [...chains, { from: [from], filters: all, to }];
}

function concatOf(parts: readonly Placed[], { picture, sounds }: Canvas): Chain {
  const options = { n: parts.length, v: picture ? 1 : 0, a: sounds.length };
  const tracks = sounds.map((_, track) => track);
  return {
    from: parts.flatMap(({ at }) => [
      ...(picture ? [`v${at}`] : []),
      ...tracks.map((track) => labelOf(`a${at}`, track)),
    ]),
    filters: [{ name: "concat", options }],
    to: [...(picture ? ["v"] : []), ...tracks.map((track) => labelOf("a", track))],
  };
}

function refuseMissing(chains: readonly Chain[], { filters }: Capabilities): void {
  const used = chains.flatMap((chain) => chain.filters.map(({ name }) => name.split("@")[0]));
  const lost = used.find((name) => name !== undefined && !filters.includes(name));
  if (lost !== undefined)
    throw new TaskError(
      "input_not_supported",
      `Cannot join the sources: the engine has no filter ${lost}`,
    );
}
