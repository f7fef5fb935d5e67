import type { AudioStream, MediaInfo } from "../../probe/media.ts";
import { copiedTagOf } from "../../profile/codecs.ts";
import type { OutputDecision, SetDecision, SoundDecision } from "../decide/output-decision.ts";
import { laterBy } from "../decide/seeking.ts";
import type { AudioEncoding } from "../encode/audio-encoding.ts";
import { type Chain, type Filter, type FilterName, formatSeconds } from "../encode/filters.ts";
import { formatBitrate } from "../encode/rate-control.ts";
import { AUDIO_ENCODERS } from "./encoders.ts";
import type { FilteredStream, OutputStream } from "./streams.ts";

/** Where in a run a sound is read from, and when it begins. */
export type AudioPlace = {
  /** The stream that it is read from, as `specifierOf` gives it. */
  readonly specifier: string;
  /** A name for what comes out of its filters, unique in the run. */
  readonly label: string;
  /** How much later than the run's output the sound begins, in seconds; 0 by default. */
  readonly lateSeconds?: number;
};

/**
 * A copied sound.
 *
 * @param more - changes to its packets or its tag
 */
export const copiedAudio = (
  { language }: AudioStream,
  map: string,
  more: Pick<OutputStream, "packetFilters" | "tag"> = {},
): FilteredStream => ({
  stream: {
    kind: "audio",
    map,
    codec: "copy",
    ...(language !== undefined && { language }),
    ...more,
  },
  chains: [],
});

/**
 * A sound that is encoded, from one stream or from two that are its left and right.
 *
 * Gaps, and the time before a late start, become silence, so that video and audio start and stay together even if the
 * container cannot express a gap. The time before a late start is filled before all outputs, in the one graph that they
 * share (`Graphs`).
 */
export function encodedAudio(
  encoding: AudioEncoding,
  source: AudioStream,
  place: AudioPlace,
): FilteredStream {
  const { specifier, label, lateSeconds } = place;
  const { language } = source;
  const stream = {
    kind: "audio",
    codec: AUDIO_ENCODERS[encoding.codec],
    options: [
      ...(encoding.codec === "aache2" ? [["profile", "aac_he_v2"] as const] : []),
      ["b", formatBitrate(encoding.bitrateBps)],
      ["ar", String(encoding.samplerateHz)],
    ],
    ...(language !== undefined && { language }),
  } as const;
  const { ears, channels } = encoding;
  if (source.rightIndex !== undefined) {
    const chains = joinedSides(source, place, channels);
    return { stream: { ...stream, map: `[${label}]` }, chains };
  }
  if (!isLate(place))
    return {
      stream: { ...stream, map: specifier, filters: [...ears, FILL_GAPS, ...channels] },
      chains: [],
    };
  const chains = lateAudio([specifier], ears, lateSeconds, channels, label);
  return { stream: { ...stream, map: `[${label}]` }, chains };
}

/** Fills the gaps of two streams that are the left and the right of a sound, and joins them. */
function joinedSides(
  { index, rightIndex = index }: AudioStream,
  { specifier, label, lateSeconds = 0 }: AudioPlace,
  channels: readonly Filter[],
): readonly Chain[] {
  const [input] = specifier.split(":");
  const sides = [index, rightIndex].map((side, at) => ({
    from: [`${input}:${side}`],
    to: `${label}c${at}`,
  }));
  const join: Filter = {
    name: "join",
    options: { inputs: 2, channel_layout: "stereo", map: "0.0-FL|1.0-FR" },
  };
  return [
    ...sides.flatMap(({ from, to }) =>
      isLate({ lateSeconds })
        ? lateAudio(from, [], lateSeconds, [], to)
        : [{ from, filters: [FILL_GAPS], to: [to] }],
    ),
    { from: sides.map(({ to }) => to), filters: [join, ...channels], to: [label] },
  ];
}

/** A sound that begins so many seconds after the output, or more, is late. */
const LATE_SECONDS_MIN = 0.001;

/** Whether a sound begins so late that silence has to fill the time before it. */
export const isLate = ({ lateSeconds = 0 }: Pick<AudioPlace, "lateSeconds">): boolean =>
  lateSeconds >= LATE_SECONDS_MIN;

/** How far behind its time the first frame of a late sound may come: containers with a clock of milliseconds round it. */
const LATE_MARGIN_SECONDS = 0.01;

/**
 * The name of the filter that fills the time before a late start. By this name ffmpeg's log tells it from the filters
 * that fill real gaps.
 */
export const LATE_FILL = "aresample@late" satisfies FilterName;

const FILL_GAPS: Filter = { name: "aresample", options: { async: 1 } };
/** Sets ffmpeg's own time base: `ainterleave` counts in it, but does not declare it. */
const OWN_CLOCK: Filter = { name: "asettb", values: ["AVTB"] };

/**
 * Fills gaps with silence, including the one before a late start.
 *
 * ffmpeg makes the filters anew wherever the source changes its layout or rate, and new filters know nothing of what came
 * before. So `first_pts=0` alone would fill everything from the beginning each time. Here a branch of its own makes the
 * silence: it takes the first sample, mutes it, and fills the time before it. Filters that are made anew later find no
 * sample before `end`, so their branch ends at once.
 */
function lateAudio(
  from: readonly string[],
  before: readonly Filter[],
  lateSeconds: number | undefined,
  after: readonly Filter[],
  label: string,
): readonly Chain[] {
  const end = formatSeconds((lateSeconds ?? 0) + LATE_MARGIN_SECONDS);
  const [main, first, silence] = [`${label}main`, `${label}first`, `${label}silence`];
  const silent: readonly Filter[] = [
    { name: "atrim", options: { end } },
    { name: "atrim", options: { end_sample: 1 } },
    { name: "volume", values: [0] },
    { name: LATE_FILL, options: { async: 1, first_pts: 0 } },
    OWN_CLOCK,
  ];
  return [
    { from, filters: [...before, OWN_CLOCK, { name: "asplit" }], to: [main, first] },
    { from: [first], filters: silent, to: [silence] },
    { from: [silence, main], filters: [{ name: "ainterleave" }, FILL_GAPS, ...after], to: [label] },
  ];
}

/** The name of a copied stream of a set in its fragments of MP4. */
export function tagged(source: { readonly codec: string } | undefined): Pick<OutputStream, "tag"> {
  const tag = copiedTagOf(source?.codec);
  return tag === undefined ? {} : { tag };
}

/**
 * The sounds of a set.
 *
 * @param specifier - of the main sound
 */
export function soundsOfSet(
  {
    set,
    media,
    decision,
  }: {
    readonly set: SetDecision;
    readonly media: MediaInfo;
    readonly decision: OutputDecision;
  },
  specifier: string,
): readonly FilteredStream[] {
  const { audio: source } = media;
  const { folder, lateSeconds } = decision;
  const labelOf = (at: number): string => `set${folder}a${at}`;
  if (set.sounds)
    return set.sounds.map((sound, at) => chosenSound(sound, labelOf(at), media, lateSeconds));
  return set.audios.flatMap((audio: AudioEncoding | "copy", at) => {
    if (!source) return [];
    if (audio === "copy") return copiedAudio(source, specifier, tagged(source));
    return encodedAudio(audio, source, { specifier, label: labelOf(at), lateSeconds });
  });
}

/** One of several sounds, made of its own stream. A set of them is made of a file, whose streams keep their numbers. */
function chosenSound(
  { stream: source, label: told, audio }: SoundDecision,
  label: string,
  media: MediaInfo,
  lateSeconds: number,
): FilteredStream {
  const specifier = `0:${source.index}`;
  const place = { specifier, label, lateSeconds: lateSeconds + laterBy(source, media) };
  const { stream, chains } =
    audio === "copy"
      ? copiedAudio(source, specifier, tagged(source))
      : encodedAudio(audio, source, place);
  return { stream: { ...stream, label: told }, chains };
}
