import type { AudioStream } from "../../probe/media.ts";
import type { AudioCodec } from "../../profile/codecs.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { AudioEncode } from "../../profile/profile.ts";
import type { Filter } from "./filters.ts";
import { countOf, layoutFor } from "./layouts.ts";
import { earsOf, panOf } from "./odd-layouts.ts";

/** The sample rates that an encoder takes, in Hz (`ffmpeg -h encoder=…`); for AAC, those that the Profile API has. */
const SAMPLERATES: Readonly<Record<AudioCodec, readonly number[]>> = {
  aac: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000],
  aache2: [32000, 44100, 48000],
  mp3: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000],
  ac3: [32000, 44100, 48000],
  mp2: [16000, 22050, 24000, 32000, 44100, 48000],
  opus: [8000, 12000, 16000, 24000, 48000],
};

/** The bitrates of MPEG-1 Layer II and, at 24 kHz and less, of MPEG-2 Layer II, in kbit/s: ffmpeg's encoder takes no others. */
const MP2_KBPS = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const MP2_LOW_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** The sample rate if the source does not say its own. */
const SAMPLERATE_HZ = 48_000;

const OPUS_BPS_MAX_PER_CHANNEL = 256_000;

/** How an audio stream is encoded, as decided for its source and its container. */
export type AudioEncoding = {
  readonly codec: AudioCodec;
  /** One that the encoder takes. */
  readonly bitrateBps: number;
  readonly samplerateHz: number;
  /** The filter that turns ambisonic sound into stereo, before all others; empty for other sound. */
  readonly ears: readonly Filter[];
  /** The filters that turn the source's channels into the output's, after all others. */
  readonly channels: readonly Filter[];
};

/**
 * Decides how an audio stream is encoded.
 *
 * Layout and rate are always given: a source may change both midway, and its first frames may differ from what the probe
 * found. The rate is the next higher one that the codec knows, or else its highest.
 */
export function audioEncoding(
  encode: AudioEncode,
  source: AudioStream,
  container: Written,
): AudioEncoding {
  const { codec, channels, isSpeechKept } = encode;
  const layout = layoutFor(codec, source, channels);
  const samplerateHz = samplerateOf(encode, source, container);
  const [ears, pan] = [earsOf(source), panOf(source)];
  return {
    codec,
    bitrateBps: bitrateOf(encode, samplerateHz, countOf(layout)),
    samplerateHz,
    ears: ears ? [ears] : [],
    channels: [...(pan ? [pan] : []), ...(isSpeechKept ? SPEECH_KEPT : []), layoutOf(layout)],
  };
}

const layoutOf = (layout: string): Filter => ({
  name: "aformat",
  options: { channel_layouts: layout },
});

/**
 * Stereo in which speech stays clear: the centre, where it is, is as loud as in the source, and all else 3 to 6 dB lower than in the
 * usual mix, so that less of it is cut at full scale as well. What comes has 5.1 first, so that any source's channels have these names.
 */
const SPEECH_KEPT: readonly Filter[] = [
  layoutOf("5.1"),
  { name: "pan", values: ["stereo|FL=0.707*FL+0.707*FC+0.354*BL|FR=0.707*FR+0.707*FC+0.354*BR"] },
];

/** How many channels a sound is encoded with. */
export function channelCount({ channels }: Pick<AudioEncoding, "channels">): number {
  const { channel_layouts } = channels.findLast(({ name }) => name === "aformat")?.options ?? {};
  return countOf(String(channel_layouts));
}

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
