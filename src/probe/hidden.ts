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

/** What ffprobe tells of all packets of a stream. */
export type Told = {
  /** How many there are. */
  readonly frames: number | undefined;
  /** As many a second, on the average: in this family all of them by how long they take to be decoded. */
  readonly averageRate: Rational | undefined;
};

/** Sound that is counted by packets, and all of them last as long. */
const COUNTED_BY_PACKET = "aac mp3 mp2 ac3 eac3 alac opus flac dts".split(" ");

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
 * What every decoder swallows of a sound is not hidden. Undefined if nothing is.
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
  // Media is as long as its pictures take to be decoded: where they come unevenly, the packets alone tell (`hiddenSeconds`).
  if (isVariableRate || !averageRate) return told(head, 0);
  const distance = 1 / toNumber(averageRate);
  const more = laterSeconds(frames, distance, durationSeconds, head);
  const later = more > PICTURE_PART * distance ? more : 0;
  // Where none of its packets is among the first, it is most likely the beginning: of the rest its packets tell.
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

/** What decoders swallow of a sound before its beginning, at most, in samples. */
export const primingSamples = ({ codec, profile }: AudioStream): number =>
  profile?.startsWith("HE-AAC") || codec === "opus" ? PRIMING_SAMPLES_MAX : PRIMING_SAMPLES;

/** How many samples make one of those that the file counts; none where that is not known. */
function countedSamples(codec: string, packet: number): number {
  // Of PCM single samples are counted.
  if (codec.startsWith("pcm_")) return 1;
  return COUNTED_BY_PACKET.includes(codec) ? packet : 0;
}

/** How many samples each packet lasts, in whole ones, for times are rounded; nothing where that differs or none is known. */
function packetSamples(packets: readonly Packet[], samplerateHz: number): number | undefined {
  const lengths = packets.map(({ duration_time = 0 }) => Math.round(duration_time * samplerateHz));
  const [length] = lengths;
  // The last may be that of the whole sound, which is shorter.
  return lengths.slice(0, -1).every((other) => other === length) ? length : undefined;
}

const isMarked = ({ flags }: Packet): boolean => flags?.includes("D") === true;

/** Media that is presented neither at the beginning nor later. Without a duration nothing is known. */
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
