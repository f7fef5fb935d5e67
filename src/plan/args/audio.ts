import type { AudioStream } from "../../probe/media.ts";
import type { AudioEncoding } from "../encode/audio-encoding.ts";
import { type Chain, type Filter, type FilterName, formatSeconds } from "../encode/filters.ts";
import { formatBitrate } from "../encode/rate-control.ts";
import { AUDIO_ENCODERS } from "./encoders.ts";
import type { FilteredStream, OutputStream } from "./streams.ts";

/** Where a sound is read from and when, in a run. */
export type AudioPlace = {
  /** The stream that it is read from, as `specifierOf` gives it. */
  readonly specifier: string;
  /** Unique in the run: names what comes out of its filters. */
  readonly label: string;
  /** How much later than the run's output the sound begins, in seconds; by default it begins with it. */
  readonly lateSeconds?: number;
};

/** A sound as it is, but for what is done with its packets. */
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
 * Missing sound, also before a late start, becomes silence, so that picture and sound start and stay together wherever
 * the container cannot express a gap. A late one is filled before all outputs, in the one graph that they share (`Graphs`).
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

/** Two streams that are the left and the right of a sound, each filled. */
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

/** Sound that begins later than this begins late. */
const LATE_SECONDS_MIN = 0.001;

/** Whether a sound begins so much later that silence fills the time before it. */
export const isLate = ({ lateSeconds = 0 }: Pick<AudioPlace, "lateSeconds">): boolean =>
  lateSeconds >= LATE_SECONDS_MIN;

/** Its first frame comes before this is over: containers with a clock of milliseconds round its time. */
const LATE_MARGIN_SECONDS = 0.01;

/** Its log says which of them fills what is no gap: the time before a late beginning. */
export const LATE_FILL = "aresample@late" satisfies FilterName;

const FILL_GAPS: Filter = { name: "aresample", options: { async: 1 } };
/** The clock is ffmpeg's own: `ainterleave` counts in it, and says that it does not. */
const OWN_CLOCK: Filter = { name: "asettb", values: ["AVTB"] };

/**
 * Fills gaps with silence, also the one before a late start.
 *
 * The filters are made anew wherever the source changes its layout or rate, and know nothing of what was before. So
 * `first_pts=0` alone would fill all from the beginning each time. Here a branch makes the silence, which ends at once where the
 * sound does not begin at the start: of its first sample, made silent, where that is the first of all.
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
