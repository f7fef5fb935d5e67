import { ID3_HEAD_BYTES, id3Bytes } from "./mpeg-audio.ts";
import { isFirstAt, isPacketAt, isPesAt, PACKET_BYTES, packetAt } from "./transport-packets.ts";

/** Takes a file's bytes in parts, cut anywhere. `isUneven` is true once its AAC has changed its sample rate or channels. */
export type AacHeaders = {
  readonly push: (bytes: Uint8Array) => void;
  readonly isUneven: () => boolean;
};

/** Other bytes may look like one header, but hardly like several equal ones. */
const ALIKE_MIN = 3;

/** Compares the headers of one stream. */
function watch(alikeMin: number) {
  let first: number | undefined;
  let other: number | undefined;
  let alike = 0;
  return {
    see(setup: number): void {
      first ??= setup;
      alike = setup === first ? 0 : setup === other ? alike + 1 : 1;
      other = setup;
    },
    isUneven: () => alike >= alikeMin,
  };
}

/** The sample rate and channels in the header of an ADTS frame, as one number; undefined if no header stands there. */
function setupOf(bytes: Uint8Array, at: number): number | undefined {
  const [one = 0, two = 0, three = 0, four = 0] = bytes.subarray(at, at + 4);
  if (one !== 0xff || (two & 0xf6) !== 0xf0) return undefined;
  return ((three & 0x3c) << 1) | ((three & 1) << 2) | (four >> 6);
}

/**
 * Reads MPEG-TS: it looks at the first frame of each PES packet of audio, which nearly always stands at its beginning. It does not see
 * AAC in LATM.
 *
 * @param pid - of the audio stream to watch; without it, all are watched
 */
function createTsHeaders(pid?: number): AacHeaders {
  const watched = new Map<number, ReturnType<typeof watch>>();
  let uneven = false;
  const look = (bytes: Uint8Array, start: number): void => {
    const packet = isFirstAt(bytes, start) ? packetAt(bytes, start) : undefined;
    if (!packet || (pid !== undefined && packet.pid !== pid)) return;
    const { from } = packet;
    if (!isPesAt(bytes, from, "audio")) return;
    const at = from + 9 + (bytes[from + 8] ?? 0);
    const setup = at + ADTS_BYTES <= start + PACKET_BYTES ? setupOf(bytes, at) : undefined;
    if (setup === undefined) return;
    const one = watched.get(packet.pid) ?? watch(ALIKE_MIN);
    watched.set(packet.pid, one);
    one.see(setup);
    uneven ||= one.isUneven();
  };
  return {
    push: createWalker(0, PACKET_BYTES, (bytes, at) => {
      look(bytes, at);
      return isPacketAt(bytes, at) ? PACKET_BYTES : 1;
    }),
    isUneven: () => uneven,
  };
}

/** The part of an ADTS frame's header that is read here: up to the frame's length. */
const ADTS_BYTES = 6;

/** Reads AAC in no container (ADTS): it looks at each frame. */
function createAdtsHeaders(): AacHeaders {
  const setups = watch(ALIKE_MIN);
  let uneven = false;
  return {
    push: createWalker(0, ID3_HEAD_BYTES, (bytes, at) => {
      const setup = setupOf(bytes, at);
      if (setup !== undefined) setups.see(setup);
      uneven ||= setups.isUneven();
      const length =
        setup === undefined
          ? id3Bytes(bytes.subarray(at, at + ID3_HEAD_BYTES))
          : frameLengthOf(bytes, at);
      return Math.max(1, length);
    }),
    isUneven: () => uneven,
  };
}

function frameLengthOf(bytes: Uint8Array, at: number): number {
  const [high = 0, middle = 0, low = 0] = bytes.subarray(at + 3, at + ADTS_BYTES);
  return ((high & 3) << 11) | (middle << 3) | (low >> 5);
}

const FLV_HEAD_BYTES = 13;
const FLV_TAG_BYTES = 11;
/** The tag's length, which follows it. */
const FLV_TAIL_BYTES = 4;
const FLV_AUDIO = 8;
const FLV_AAC = 10;
/** Read of a tag's body: the codec, whether it is a header, and the two bytes of the header that hold rate and channels. */
const FLV_SEEN_BYTES = 4;

/** Reads FLV: it looks at the headers of AAC, which are repeated whenever they change. */
function createFlvHeaders(): AacHeaders {
  // A single other header is proof here.
  const setups = watch(1);
  let uneven = false;
  const look = (tag: Uint8Array): void => {
    const [codec = 0, kind = 0, high = 0, low = 0] = tag.subarray(FLV_TAG_BYTES);
    if (tag[0] !== FLV_AUDIO || codec >> 4 !== FLV_AAC || kind !== 0) return;
    // The lowest bit of the rate begins the second byte, behind the object type.
    setups.see(((high & 7) << 8) | (low & 0xf8));
    uneven ||= setups.isUneven();
  };
  return {
    push: createWalker(FLV_HEAD_BYTES, FLV_TAG_BYTES + FLV_SEEN_BYTES, (bytes, at) => {
      const [, high = 0, middle = 0, low = 0] = bytes.subarray(at, at + 4);
      look(bytes.subarray(at, at + FLV_TAG_BYTES + FLV_SEEN_BYTES));
      return FLV_TAG_BYTES + ((high << 16) | (middle << 8) | low) + FLV_TAIL_BYTES;
    }),
    isUneven: () => uneven,
  };
}

/**
 * Walks through bytes that come in chunks, cut anywhere.
 *
 * @param skipFirst - bytes before the first step
 * @param headBytes - how many have to be there for a step
 * @param step - looks at the bytes from a position on, and gives how many to go on by, at least one
 */
function createWalker(
  skipFirst: number,
  headBytes: number,
  step: (bytes: Uint8Array, at: number) => number,
): (bytes: Uint8Array) => void {
  let skipped = skipFirst;
  let rest = new Uint8Array();
  return (bytes) => {
    const all = rest.length === 0 ? bytes : joined(rest, bytes);
    let at = Math.min(skipped, all.length);
    skipped -= at;
    while (skipped === 0 && at + headBytes <= all.length) {
      const next = at + step(all, at);
      at = Math.min(next, all.length);
      skipped = next - at;
    }
    rest = all.slice(at);
  };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

const READERS: Readonly<Record<string, (pid?: number) => AacHeaders>> = {
  mpegts: createTsHeaders,
  flv: createFlvHeaders,
  aac: createAdtsHeaders,
};

/**
 * A reader that notices if the sample rate or the channels of a file's AAC change midway; undefined for a format that states them only
 * once.
 *
 * @param demuxer - ffmpeg's name of the format
 * @param pid - of the audio stream, in MPEG-TS
 */
export const aacHeadersOf = (demuxer: string, pid?: number): AacHeaders | undefined =>
  READERS[demuxer]?.(pid);
