import type { AudioStream } from "../../probe/media.ts";
import type { AudioCodec } from "../../profile/codecs.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { AudioEncode } from "../../profile/profile.ts";
import { countOf, layoutFor } from "../encode/layouts.ts";
import { earsOf, panOf } from "../encode/odd-layouts.ts";
import { formatBitrate } from "../encode/rate-control.ts";
import { AUDIO_ENCODERS } from "./encoders.ts";
import { formatSeconds } from "./input.ts";

/** The sample rates that an encoder takes, in Hz (`ffmpeg -h encoder=…`); of AAC those that the Profile API has. */
const SAMPLERATES: Readonly<Record<AudioCodec, readonly number[]>> = {
  aac: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000],
  aache2: [32000, 44100, 48000],
  mp3: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000],
  ac3: [32000, 44100, 48000],
  mp2: [16000, 22050, 24000, 32000, 44100, 48000],
  opus: [8000, 12000, 16000, 24000, 48000],
};

/** kbit/s of MPEG-1 and, at 24 kHz and less, MPEG-2 Layer II: ffmpeg's encoder takes no others. */
const MP2_KBPS = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const MP2_LOW_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** Where the source does not say its own. */
const SAMPLERATE_HZ = 48_000;

const OPUS_BPS_MAX_PER_CHANNEL = 256_000;

/** Where a stream's sound is read from, and where it goes to. */
export type AudioPlace = {
  readonly container: Written;
  /** How much later than the run's output the sound begins, in seconds; by default it begins with it. */
  readonly lateSeconds?: number;
};

/**
 * The arguments that encode an audio stream.
 *
 * Missing sound, also before a late start, becomes silence, so that picture and sound start and stay together wherever
 * the container cannot express a gap. Layout and rate are always said: a source may change both midway, and the first of its
 * frames may differ from what the probe found. The rate is the next higher one that the codec knows, else its highest.
 */
export function audioArgs(
  encode: AudioEncode,
  source: AudioStream,
  place: AudioPlace,
): readonly string[] {
  return ["-af", audioFilters(encode, source, place), ...encoderArgs(encode, source, place)];
}

/** A stream of an output: what is mapped, the filters that stand before all outputs, and its options. */
export type StreamPart = {
  readonly map: string;
  readonly graph?: string;
  readonly args: readonly string[];
};

/**
 * A sound that is encoded, from one stream or from two that are its left and right.
 *
 * A late one is filled before all outputs, in the one graph that they share (`Graphs`).
 *
 * @param specifier - of the one stream, as `specifierOf` gives it
 * @param label - unique in the run: names what comes out of the filters
 */
export function encodedSound(
  encode: AudioEncode,
  source: AudioStream,
  place: AudioPlace,
  { specifier, label }: { readonly specifier: string; readonly label: string },
): StreamPart {
  if (source.rightIndex === undefined)
    return isLate(place)
      ? {
          map: `[${label}]`,
          graph: `[${specifier}]${heard(source, place.lateSeconds, label)},${channelsAs(encode, source)}[${label}]`,
          args: encoderArgs(encode, source, place),
        }
      : { map: specifier, args: audioArgs(encode, source, place) };
  const [input] = specifier.split(":");
  const [left, right] = [source.index, source.rightIndex].map(
    (index, at) =>
      `[${input}:${index}]${filled(place.lateSeconds, `${label}c${at}`)}[${label}c${at}]`,
  );
  const joined = `[${label}c0][${label}c1]join=inputs=2:channel_layout=stereo:map=0.0-FL|1.0-FR`;
  return {
    map: `[${label}]`,
    graph: `${left};${right};${joined},${channelsAs(encode, source)}[${label}]`,
    args: encoderArgs(encode, source, place),
  };
}

function audioFilters(
  encode: AudioEncode,
  source: AudioStream,
  { lateSeconds }: AudioPlace,
): string {
  return `${heard(source, lateSeconds)},${channelsAs(encode, source)}`;
}

/** What is heard of a sound, its gaps filled. */
function heard(source: AudioStream, lateSeconds?: number, label?: string): string {
  const ears = earsOf(source);
  const all = filled(lateSeconds, label);
  return ears === undefined ? all : `${ears},${all}`;
}

function channelsAs({ codec, channels }: AudioEncode, source: AudioStream): string {
  const pan = panOf(source);
  const layout = `aformat=channel_layouts=${layoutFor(codec, source, channels)}`;
  return pan === undefined ? layout : `${pan},${layout}`;
}

function encoderArgs(
  encode: AudioEncode,
  source: AudioStream,
  { container }: AudioPlace,
): readonly string[] {
  const { codec, channels } = encode;
  const samplerateHz = samplerateOf(encode, source, container);
  const count = countOf(layoutFor(codec, source, channels));
  return [
    ...["-c:a", AUDIO_ENCODERS[codec]],
    ...(codec === "aache2" ? ["-profile:a", "aac_he_v2"] : []),
    ...["-b:a", formatBitrate(bitrateOf(encode, samplerateHz, count))],
    ...["-ar", String(samplerateHz)],
  ];
}

/** Sound that begins later than this begins late. */
const LATE_SECONDS_MIN = 0.001;

/** Whether a sound begins so much later that silence fills the time before it. */
export const isLate = ({ lateSeconds = 0 }: Pick<AudioPlace, "lateSeconds">): boolean =>
  lateSeconds >= LATE_SECONDS_MIN;

/** Its first frame comes before this is over: containers with a clock of milliseconds round its time. */
const LATE_MARGIN_SECONDS = 0.01;

/** The option that keeps the language of a sound, which goes with all that is said of it else. */
export const languageArgs = (
  source: Pick<AudioStream, "language"> | undefined,
  stream = "0",
): readonly string[] =>
  source?.language === undefined ? [] : [`-metadata:s:a:${stream}`, `language=${source.language}`];

/**
 * Fills gaps with silence, also one before a late start.
 *
 * The filters are made anew wherever the source changes its layout or rate, and know nothing of what was before. So
 * `first_pts=0` alone would fill all from the beginning each time. Here a branch makes the silence, which ends at once where the
 * sound does not begin at the start: of its first sample, made silent, where that is the first of all.
 */
function filled(lateSeconds = 0, label = ""): string {
  if (!isLate({ lateSeconds })) return FILL_GAPS;
  const end = formatSeconds(lateSeconds + LATE_MARGIN_SECONDS);
  // The clock is ffmpeg's own: `ainterleave` counts in it, and says that it does not.
  return [
    `asettb=AVTB,asplit[${label}main][${label}first]`,
    `[${label}first]atrim=end=${end},atrim=end_sample=1,volume=0,${LATE_FILL}=async=1:first_pts=0,asettb=AVTB[${label}silence]`,
    `[${label}silence][${label}main]ainterleave,${FILL_GAPS}`,
  ].join(";");
}

const FILL_GAPS = "aresample=async=1";
/** Its log says which of them fills what is no gap: the time before a late beginning. */
export const LATE_FILL = "aresample@late";

function samplerateOf(
  { codec, samplerateHz }: AudioEncode,
  source: AudioStream,
  container: Written,
): number {
  const known = samplerates(codec, container);
  const wanted = samplerateHz ?? (source.samplerateHz || SAMPLERATE_HZ);
  return known.find((rate) => rate >= wanted) ?? known.at(-1) ?? wanted;
}

/** The sample rates that an encoder takes and a container holds with its codec, in Hz, rising. */
export function samplerates(codec: AudioCodec, container: Written): readonly number[] {
  const own = codec === "mp3" ? factsOf(container).mp3SampleratesHz : undefined;
  return own ?? SAMPLERATES[codec];
}

/** The highest bitrate that the encoder takes and that is not above the one asked for. */
function bitrateOf(
  { codec, bitrateBps }: AudioEncode,
  samplerateHz: number,
  channels: number,
): number {
  if (codec === "opus") return Math.min(bitrateBps, OPUS_BPS_MAX_PER_CHANNEL * channels);
  if (codec !== "mp2") return bitrateBps;
  const table = samplerateHz <= 24_000 ? MP2_LOW_KBPS : MP2_KBPS;
  const kbps = table.findLast((rate) => rate * 1000 <= bitrateBps) ?? table[0] ?? 0;
  return kbps * 1000;
}
