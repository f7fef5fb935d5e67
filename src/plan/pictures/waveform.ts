import { demuxerOf } from "../../probe/formats.ts";
import type { AudioStream, MediaInfo } from "../../probe/media.ts";
import { codecName } from "../../profile/codecs.ts";
import { extensionOf } from "../../profile/container-rules.ts";
import { factsOf, isOfSource } from "../../profile/containers.ts";
import type { Waveform } from "../../profile/fields/waveform.ts";
import type { Assignment, VideoEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import { slowInput } from "../args/input.ts";
import { graphArgs, streamsArgs } from "../args/streams.ts";
import { encodedVideo } from "../args/video.ts";
import type { DecisionSource, OutputDecision } from "../decide/output-decision.ts";
import { audioMissed, clippedSeconds } from "../decide/spans.ts";
import { type Chain, type Filter, formatSeconds } from "../encode/filters.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { formatFilters } from "../encode/video-filters.ts";
import type { PlannedOutput } from "../plan.ts";

/** Decides how the main sound of a source is drawn. @throws {TaskError} `input_not_supported`, `invalid_parameter` */
export function decideWaveform(
  { rendition, targets }: Omit<Assignment, "set">,
  encode: VideoEncode,
  waveform: Waveform,
  index: number,
  { media, clip }: DecisionSource,
): OutputDecision {
  const { container } = rendition;
  if (isOfSource(container)) throw new TaskError("internal", "Cannot draw the sound: into what");
  if (!media.audio)
    throw new TaskError("input_not_supported", "Cannot draw a waveform: the source has no audio");
  const missed = clip && audioMissed(media, clip);
  if (missed !== undefined)
    throw new TaskError("invalid_parameter", `Cannot draw a waveform: ${missed}`);
  const folder = String(index);
  const { width, height } = waveform;
  const none = { captions: [], rate: [], pad: [], draw: [], scale: [], area: [], denoise: [] };
  const video: VideoEncoding = {
    ...{ codec: encode.codec, width, height, rate: { num: 1, den: 1 }, gopFrames: 1 },
    ...{ bitrateBps: encode.bitrateBps ?? 0, rateMode: encode.rateMode, effort: encode.effort },
    ...(encode.quality !== undefined && { quality: encode.quality }),
    ...({ isInterlaced: false, isToneMapped: false, captions: "deleted", waveform } as const),
    filters: {
      ...{ ...none, crop: [], deinterlace: [], colors: [], aspect: [] },
      format: formatFilters(encode.codec),
    },
  };
  const product: PlannedOutput = {
    ...{ targets, container, entry: `${folder}/out.${extensionOf(container)}` },
    video: { action: "encode", why: "the sound is drawn" },
    audio: { action: "none", why: "the profile asks for none" },
    expect: {
      durationToleranceSeconds: 0,
      video: {
        codec: codecName(encode.codec),
        width,
        height,
        sameAsSource: false,
        durationSeconds: 0,
      },
    },
  };
  return { product, rendition, folder, lateSeconds: 0, video };
}

/** ffmpeg's filter keeps all that it draws, so long sounds have fewer values: what is heard in each is in them all the same. */
const SAMPLES_MAX = 16_000_000;
const RATE_MAX_HZ = 8_000;
const RATE_MIN_HZ = 1_000;

/**
 * The arguments of a run that draws a sound: how loud it is at each moment.
 *
 * Each value is multiplied by itself before there are fewer of them, so that none gets lost; the picture shows the root of that.
 */
export function waveformArgs(
  { product }: OutputDecision,
  encoding: VideoEncoding,
  waveform: Waveform,
  media: MediaInfo,
  clip: Clip | undefined,
): readonly string[] {
  const { audio } = media;
  if (!audio) return [];
  const { muxer = product.container } = factsOf(product.container);
  const label = "drawn";
  const graph = chainsOf(
    { audio, waveform, filled: filled(media, clip), rate: rateFor(audio, media, clip) },
    encoding.filters.format,
    label,
  );
  const stream = { ...encodedVideo(encoding, `[${label}]`), filters: [] };
  return [
    ...["-f", demuxerOf(media.format)],
    ...(clip && clip.startSeconds > 0 ? ["-ss", formatSeconds(clip.startSeconds)] : []),
    ...(clip?.durationSeconds === undefined ? [] : ["-t", formatSeconds(clip.durationSeconds)]),
    ...[...slowInput(media), "-i", "input"],
    ...[...graphArgs([{ video: graph, audio: [] }]), ...streamsArgs([stream], false)],
    ...["-frames:v", "1", ...(muxer === "image2" ? ["-update", "1"] : [])],
    ...["-f", muxer, product.entry],
  ];
}

function rateFor(audio: AudioStream, media: MediaInfo, clip: Clip | undefined): number {
  const own = audio.durationSeconds ?? media.durationSeconds;
  const seconds = (clip ? clippedSeconds(own, clip) : own) ?? Number.POSITIVE_INFINITY;
  const most = Math.floor(SAMPLES_MAX / (Math.max(1, seconds) * audio.channels));
  return Math.max(RATE_MIN_HZ, Math.min(RATE_MAX_HZ, most));
}

/** Silence before a late beginning and, of a film, after an early end: the picture is as long as what it is of. */
function filled(media: MediaInfo, clip: Clip | undefined): readonly Filter[] {
  const seconds = media.video && clippedSeconds(media.durationSeconds, clip);
  return [
    { name: "aresample", options: { async: 1, first_pts: 0 } },
    ...(seconds === undefined
      ? []
      : [{ name: "apad", options: { whole_dur: formatSeconds(seconds) } } as const]),
  ];
}

const part = (color: string, at: number): number => Number.parseInt(color.slice(at, at + 2), 16);

/** A sound, how it is drawn, what fills it up, and how many values a second are drawn. */
type Drawing = {
  readonly audio: AudioStream;
  readonly waveform: Waveform;
  readonly filled: readonly Filter[];
  readonly rate: number;
};

function chainsOf(
  { audio: { index, channels }, waveform, filled, rate }: Drawing,
  format: readonly Filter[],
  label: string,
): readonly Chain[] {
  const { width, height, color, background, channels: which } = waveform;
  const isApart = which === "separate";
  const colors = Array(isApart ? channels : 1)
    .fill(color.replace("#", "0x"))
    .join("|");
  // All weigh the same: the usual mix of two is louder than either.
  const all = Array.from({ length: channels }, (_, at) => `c${at}`).join("+");
  const mixed: Filter = { name: "pan", values: [`mono|c0<${all}`] };
  return [
    {
      from: [`0:${index}`],
      filters: [
        ...filled,
        ...(isApart || channels === 1 ? [] : [mixed]),
        { name: "asplit", values: [2] },
      ],
      to: ["one", "same"],
    },
    {
      from: ["one", "same"],
      filters: [
        { name: "amultiply" },
        { name: "aresample", values: [rate] },
        {
          name: "showwavespic",
          options: {
            ...{ s: `${width}x${height}`, scale: "sqrt", filter: "peak" },
            ...{ split_channels: isApart ? 1 : 0, colors },
          },
        },
        { name: "split", values: [2] },
      ],
      to: ["below", "above"],
    },
    {
      // The ground, by a filter that runs on every FFmpeg.
      from: ["below"],
      filters: [
        {
          name: "lutrgb",
          options: {
            r: part(background, 1),
            g: part(background, 3),
            b: part(background, 5),
            a: 255,
          },
        },
      ],
      to: ["ground"],
    },
    {
      from: ["ground", "above"],
      filters: [
        { name: "overlay", options: { format: "rgb" } },
        { name: "setsar", values: [1] },
        ...format,
      ],
      to: [label],
    },
  ];
}
