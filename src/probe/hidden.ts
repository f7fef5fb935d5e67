import * as v from "valibot";
import { type Rational, toNumber } from "../lib/rational.ts";
import { number, text } from "./ffprobe-values.ts";
import type { AudioStream, Hidden, VideoStream } from "./media.ts";

/** What `hiddenOf` reads of the first packets. */
export const PACKET_ENTRIES = [
  "packet=stream_index,pts_time,duration_time,flags",
  "packet_side_data=side_data_type,skip_samples",
].join(":");

const packetsSchema = v.fallback(
  v.object({
    packets: v.array(
      v.object({
        stream_index: number,
        pts_time: number,
        duration_time: number,
        flags: text,
        side_data_list: v.fallback(v.optional(v.array(v.object({ skip_samples: number }))), []),
      }),
    ),
  }),
  { packets: [] },
);

type Packet = v.InferOutput<typeof packetsSchema>["packets"][number];

/** The first packets of a file, of all its streams. @param json - of `PACKET_ENTRIES` */
export const readFirstPackets = (json: unknown): readonly Packet[] =>
  v.parse(packetsSchema, json).packets;

/** What ffprobe says about all packets of a stream. */
export type Told = {
  /** How many packets there are. */
  readonly frames: number | undefined;
  /** How many there are a second on average. In this family it counts all packets, over the time that they take to be decoded. */
  readonly averageRate: Rational | undefined;
};

/** Audio codecs whose packets are counted in the file, and all last equally long. */
const COUNTED_BY_PACKET = "aac mp3 mp2 ac3 eac3 alac opus flac dts".split(" ");

/** What decoders discard at the beginning, at most: 2112 samples of Apple's AAC, twice as many of HE-AAC, 80 ms of Opus. */
const PRIMING_SAMPLES = 2112;
const PRIMING_SAMPLES_MAX = 5186;
/** Audio ends somewhere in its last packet, which is padded, and edits are stored in a coarse clock. */
const PADDING_PACKETS = 2.5;
/** The share of a frame's duration below which hidden time is rounding. */
const FRAME_SHARE = 0.75;

/**
 * How much of a stream edit lists hide, which a copy would bring back; undefined if nothing. It is found by what ffprobe shows anyway:
 * the first packets, and how much media there is for the time that is presented. The demuxer of the ISO family hands out hidden
 * packets too, and marks them (`D`).
 *
 * What every decoder discards at the beginning of audio does not count as hidden.
 */
export function hiddenOf(
  stream: VideoStream | AudioStream,
  all: Told,
  format: string,
  firstPackets: readonly Packet[],
): Hidden | undefined {
  if (!format.startsWith("mov,")) return undefined;
  const packets = firstPackets.filter(({ stream_index }) => stream_index === stream.index);
  return stream.kind === "video"
    ? videoHidden(stream, all, packets)
    : audioHidden(stream, all, packets);
}

function videoHidden(
  { isVariableRate, startSeconds = 0, durationSeconds }: VideoStream,
  { frames, averageRate }: Told,
  packets: readonly Packet[],
): Hidden | undefined {
  const marked = packets.filter(isMarked).flatMap(({ pts_time }) => pts_time ?? []);
  const head = marked.length === 0 ? 0 : Math.max(0, startSeconds - Math.min(...marked));
  // Media is as long as its frames take to be decoded. If they come unevenly, only the packets tell (`hiddenSeconds`).
  if (isVariableRate || !averageRate) return told(head, 0);
  const distance = 1 / toNumber(averageRate);
  const more = laterSeconds(frames, distance, durationSeconds, head);
  const later = more > FRAME_SHARE * distance ? more : 0;
  // If none of its packets is among the first, what is hidden is most likely the beginning. The packets tell the rest later.
  return packets.length === 0 ? told(later, 0) : told(head, later);
}

function audioHidden(
  stream: AudioStream,
  { frames }: Told,
  packets: readonly Packet[],
): Hidden | undefined {
  const { codec, samplerateHz, durationSeconds } = stream;
  if (samplerateHz <= 0) return undefined;
  const skipped = packets[0]?.side_data_list?.find(({ skip_samples }) => skip_samples);
  const skippedSamples = skipped?.skip_samples ?? 0;
  const primed = primingSamples(stream);
  const head = skippedSamples > primed ? skippedSamples / samplerateHz : 0;
  const packet = packetSamples(packets, samplerateHz) ?? 0;
  const counted = countedSamples(codec, packet);
  const later = laterSeconds(frames, counted / samplerateHz, durationSeconds, head);
  const slack = PADDING_PACKETS * packet + (head > 0 ? 0 : primed);
  return told(head, later > slack / samplerateHz ? later : 0);
}

/** How many samples decoders discard at the beginning of an audio stream, at most. */
export const primingSamples = ({ codec, profile }: AudioStream): number =>
  profile?.startsWith("HE-AAC") || codec === "opus" ? PRIMING_SAMPLES_MAX : PRIMING_SAMPLES;

/** How many samples make one of the units that the file counts; 0 if unknown. */
function countedSamples(codec: string, packet: number): number {
  // PCM is counted by single samples.
  if (codec.startsWith("pcm_")) return 1;
  return COUNTED_BY_PACKET.includes(codec) ? packet : 0;
}

/** How many samples each packet lasts, rounded as times are; undefined if packets differ or are unknown. */
function packetSamples(packets: readonly Packet[], samplerateHz: number): number | undefined {
  const lengths = packets.map(({ duration_time = 0 }) => Math.round(duration_time * samplerateHz));
  const [length] = lengths;
  // The last one may be the last of the stream, which is shorter.
  return lengths.slice(0, -1).every((other) => other === length) ? length : undefined;
}

const isMarked = ({ flags }: Packet): boolean => flags?.includes("D") === true;

/** How much media is hidden later than at the beginning; 0 if the duration is unknown. */
function laterSeconds(
  frames: number | undefined,
  frameSeconds: number,
  durationSeconds: number | undefined,
  head: number,
): number {
  if (!frames || !frameSeconds || !durationSeconds) return 0;
  return frames * frameSeconds - durationSeconds - head;
}

const told = (headSeconds: number, laterSeconds: number): Hidden | undefined =>
  headSeconds > 0 || laterSeconds > 0 ? { headSeconds, laterSeconds } : undefined;
