import * as v from "valibot";
import { toNumber } from "../lib/rational.ts";
import { number, text } from "./ffprobe-values.ts";
import type { AudioStream, Hidden, VideoStream } from "./media.ts";

/** What `hiddenOf` reads of the first packets. */
export const PACKET_ENTRIES = [
  "packet=stream_index,pts_time,flags",
  "packet_side_data=side_data_type,skip_samples",
].join(":");

const packetsSchema = v.fallback(
  v.object({
    packets: v.array(
      v.object({
        stream_index: number,
        pts_time: number,
        flags: text,
        side_data_list: v.fallback(v.optional(v.array(v.object({ skip_samples: number }))), []),
      }),
    ),
  }),
  { packets: [] },
);

type Packet = v.InferOutput<typeof packetsSchema>["packets"][number];

/** Samples of a packet, where every packet of a codec in MP4 has as many. */
const PACKET_SAMPLES: Readonly<Record<string, number>> = {
  ...{ aac: 1024, mp3: 1152, mp2: 1152, ac3: 1536, eac3: 1536, alac: 4096, opus: 960 },
};

/** What decoders swallow before the first sound, at most: Apple's AAC has 2112 samples, of HE-AAC twice as many, Opus 80 ms. */
const PRIMING_SAMPLES = 2112;
const PRIMING_SAMPLES_MAX = 5186;
/** The last packet is filled up, and a sound ends in it; edits are told in a coarse clock. */
const PADDING_PACKETS = 2.5;
/** Of a picture's distance: less is rounding. */
const PICTURE_PART = 0.75;

/**
 * What edit lists keep from being seen or heard of a stream, which a copy would bring back, by what ffprobe shows anyway:
 * the first packets, and how much media there is for the time that is presented. The demuxer of the ISO family gives
 * hidden packets all the same, marked (`D`).
 *
 * What every decoder swallows of a sound is not hidden.
 *
 * @param frames - how many packets the whole stream has, where that is known
 */
export function hiddenOf<S extends VideoStream | AudioStream>(
  stream: S,
  frames: number | undefined,
  format: string,
  json: unknown,
): S {
  if (!format.startsWith("mov,")) return stream;
  const packets = v
    .parse(packetsSchema, json)
    .packets.filter(({ stream_index }) => stream_index === stream.index);
  const hidden =
    "width" in stream
      ? pictureHidden(stream, frames, packets)
      : soundHidden(stream, frames, packets);
  return hidden ? { ...stream, hidden } : stream;
}

function pictureHidden(
  { framerate, isVariableRate, startSeconds = 0, durationSeconds }: VideoStream,
  frames: number | undefined,
  packets: readonly Packet[],
): Hidden | undefined {
  const rate = framerate ? toNumber(framerate) : 25;
  const marked = packets.filter(isMarked).flatMap(({ pts_time }) => pts_time ?? []);
  const head = marked.length === 0 ? 0 : Math.max(0, startSeconds - Math.min(...marked));
  // Media is as long as its pictures take to be decoded: where they come unevenly, the packets alone tell (`hiddenSeconds`).
  const later = isVariableRate ? 0 : laterSeconds(frames, 1 / rate, durationSeconds, head);
  return told(head, later > PICTURE_PART / rate ? later : 0);
}

function soundHidden(
  { codec, profile, samplerateHz, durationSeconds }: AudioStream,
  frames: number | undefined,
  [first]: readonly Packet[],
): Hidden | undefined {
  if (samplerateHz <= 0) return undefined;
  const isDoubled = profile?.startsWith("HE-AAC") || codec === "opus";
  const skipped = first?.side_data_list?.find(({ skip_samples }) => skip_samples)?.skip_samples;
  const primed = isDoubled ? PRIMING_SAMPLES_MAX : PRIMING_SAMPLES;
  const head = (skipped ?? 0) > primed ? (skipped ?? 0) / samplerateHz : 0;
  const samples = PACKET_SAMPLES[codec];
  if (samples === undefined) return told(head, 0);
  const packet = (samples * (isDoubled ? 2 : 1)) / samplerateHz;
  const later = laterSeconds(frames, packet, durationSeconds, head);
  const slack = PADDING_PACKETS * packet + (head > 0 ? 0 : primed / samplerateHz);
  return told(head, later > slack ? later : 0);
}

const isMarked = ({ flags }: Packet): boolean => flags?.includes("D") === true;

/** Media that is presented neither at the beginning nor later. Without a duration nothing is known. */
function laterSeconds(
  frames: number | undefined,
  frameSeconds: number,
  durationSeconds: number | undefined,
  head: number,
): number {
  if (!frames || !durationSeconds) return 0;
  return frames * frameSeconds - durationSeconds - head;
}

const told = (headSeconds: number, laterSeconds: number): Hidden | undefined =>
  headSeconds > 0 || laterSeconds > 0 ? { headSeconds, laterSeconds } : undefined;
