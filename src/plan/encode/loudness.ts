import type { AudioStream, Loudness, MediaInfo } from "../../probe/media.ts";
import type { AudioEncoding } from "./audio-encoding.ts";
import type { Filter } from "./filters.ts";

/** The highest true peak of an output whose loudness is set, in dBTP (EBU R 128). */
const TRUE_PEAK_MAX = -1;
/** What the limiter leaves below that, as sound that is encoded swings a little further than before, in dB. */
const LIMITER_MARGIN = 0.8;
/** A lossy copy of sound that is as loud as it may be comes this close to the limit, in dB. */
const LINEAR_MARGIN = 0.5;
/** The rate at which samples are so close together that they show true peaks, in Hz. */
const OVERSAMPLED_HZ = 192_000;
/** Loudness that is this close to what is wanted stays as it is, in LU. */
const CLOSE_LU = 0.15;
/** A limiter takes from the loudness as well, so the gain is found by measuring again, at most so often. */
const MEASURED_MAX = 5;
/** Silence has no loudness: the meter gives this, in LUFS. */
const SILENT_LUFS = -69.9;
/** The most that a sound is raised, in dB: more would raise nothing but noise. */
export const GAIN_MAX = 40;

/** What a sound is brought to its loudness by, as far as that is known. */
export type Levelling = {
  /** After all other filters. */
  readonly filters: readonly Filter[];
  /** Present while the loudness after these filters is to be measured, under this name, before they can be decided. */
  readonly asks?: string;
};

const NONE: Levelling = { filters: [] };

/**
 * Decides by what a sound is brought to a loudness, from what was measured of it: by gain alone as long as its peaks allow that,
 * otherwise by gain and a limiter.
 *
 * @param wantedLufs - the integrated loudness
 */
export function levelling(
  encoding: AudioEncoding,
  stream: AudioStream,
  wantedLufs: number,
  { loudness = {} }: MediaInfo,
): Levelling {
  const known = (filters: readonly Filter[]): Loudness | undefined =>
    loudness[nameOf(encoding, stream, filters)];
  const first = known([]);
  if (!first) return { filters: [], asks: nameOf(encoding, stream, []) };
  if (first.integratedLufs <= SILENT_LUFS) return NONE;
  let gain = Math.min(GAIN_MAX, wantedLufs - first.integratedLufs);
  if (first.truePeakDbtp + gain <= TRUE_PEAK_MAX - LINEAR_MARGIN)
    return { filters: [gainOf(gain)] };
  for (let measured = 1; measured < MEASURED_MAX; measured += 1) {
    const filters = [gainOf(gain), ...LIMITED];
    const found = known(filters);
    if (!found) return { filters, asks: nameOf(encoding, stream, filters) };
    const off = wantedLufs - found.integratedLufs;
    if (Math.abs(off) <= CLOSE_LU) return { filters };
    gain = Math.min(GAIN_MAX, gain + off);
  }
  return { filters: [gainOf(gain), ...LIMITED] };
}

/** What a sound was measured as before its loudness is changed; undefined if it was not measured. */
export const loudnessBefore = (
  encoding: AudioEncoding,
  stream: AudioStream,
  { loudness = {} }: MediaInfo,
): Loudness | undefined => loudness[nameOf(encoding, stream, [])];

/** The name under which the loudness of a sound after its own and further filters is kept. */
const nameOf = (
  { ears, channels }: AudioEncoding,
  { index, rightIndex }: AudioStream,
  filters: readonly Filter[],
): string => JSON.stringify([index, rightIndex ?? index, ears, channels, filters]);

const gainOf = (gain: number): Filter => ({
  name: "volume",
  values: [`${Math.round(gain * 100) / 100}dB`],
});

const LIMITED: readonly Filter[] = [
  { name: "aresample", values: [OVERSAMPLED_HZ] },
  {
    name: "alimiter",
    options: {
      limit: (10 ** ((TRUE_PEAK_MAX - LIMITER_MARGIN) / 20)).toFixed(4),
      attack: 5,
      release: 50,
      level: 0,
      latency: 1,
    },
  },
];
