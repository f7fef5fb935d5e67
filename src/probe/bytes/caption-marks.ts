import type { VideoStream } from "../media.ts";
import { type CaptionTriple, channelFinder } from "./caption-channels.ts";
import { hasLengths, LENGTH_BYTES, SEI_HEADS, START_CODE } from "./nal-units.ts";
import { withoutTransport } from "./transport-packets.ts";

/** What the bytes of a file show about captions in its video. */
export type CaptionFacts = Pick<
  VideoStream,
  "hasCaptions" | "areCaptionsBundled" | "captionChannels"
>;

/** Takes parts of a file, cut anywhere; parts may be left out. Captions that lie across a cut are not seen. */
export type CaptionReader = {
  readonly see: (part: Uint8Array) => void;
  /** Captions that are mere padding do not count, unless asked: if only the beginning was read, padding promises captions later. */
  readonly facts: (isPaddingMeant?: boolean) => CaptionFacts;
};

/** An encoder writes at most so many pairs of bytes with one frame (`cc_count` has five bits); what exceeds that is lost. */
const PAIRS_MAX = 31;

/** Captions at one place: how many pairs, whether one of them is not padding, where they end, and those that are valid. */
type Found = {
  readonly pairs: number;
  readonly isSaid: boolean;
  readonly end: number;
  /** None of a kind whose bytes are not read. */
  readonly triples: readonly CaptionTriple[];
};

/** How captions are stored in the frames of a codec. */
type Layout = {
  /** The bytes to look for, and how captions are read from there on. */
  readonly mark: Uint8Array;
  readonly read: (bytes: Buffer, at: number) => Found | undefined;
  /**
   * Where the units end that belong to the same frame as the captions from `at` to `end`: captions behind that belong to another
   * frame.
   */
  readonly endOfHead: (bytes: Buffer, at: number, end: number) => number;
};

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));
const ATSC = ascii("GA94");
/** What precedes the mark: registered data (ITU-T T.35) of the ATSC in the United States. */
const REGISTERED = [0xb5, 0, 0x31];
const USER_DATA = Uint8Array.of(0, 0, 1, 0xb2);
const DVD = [0x43, 0x43, 0x01, 0xf8];
/** Stands in front of each two bytes of the first field there, another byte in front of those of the second. */
const DVD_FIELD_1 = 0xff;
/** Captions of cable television (SCTE 20); the first bit of the second byte may be either. */
const CABLE = [
  [3, 1],
  [3, 0x81],
] as const;

const stands = (bytes: Buffer, at: number, what: ArrayLike<number>): boolean => {
  for (let index = 0; index < what.length; index++)
    if (bytes[at + index] !== what[index]) return false;
  return true;
};

/** Whether three bytes hold more than CEA-608's padding. Pairs of CEA-708 always count. */
const isMeant = ([kind, one, two]: CaptionTriple): boolean =>
  kind > 1 || ((one | two) & 0x7f) !== 0;

/** Three bytes at each of some places, without those that are not marked as valid. */
const triplesAt = (bytes: Buffer, places: readonly number[]): readonly CaptionTriple[] =>
  places.flatMap((at): CaptionTriple[] => {
    const [kind = 0, one = 0, two = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    return (kind & 4) === 0 ? [] : [[kind & 3, one, two]];
  });

const placesFrom = (data: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => data + 3 * index);

/** Reads captions from `GA94` on. */
function readAtsc(bytes: Buffer, at: number): Found | undefined {
  const [kind, flags = 0] = [bytes[at + 4], bytes[at + 5]];
  if (kind !== 3 || (flags & 0x40) === 0) return undefined;
  const pairs = flags & PAIRS_MAX;
  const data = at + 7;
  const triples = triplesAt(bytes, placesFrom(data, pairs));
  return { pairs, isSaid: triples.some(isMeant), end: data + 3 * pairs, triples };
}

const readRegistered = (bytes: Buffer, at: number): Found | undefined =>
  stands(bytes, at - REGISTERED.length, REGISTERED) ? readAtsc(bytes, at) : undefined;

/** Reads captions from the start code of MPEG-2's user data on. DVDs store those of a whole GOP together, two pairs a block. */
function readUserData(bytes: Buffer, at: number): Found | undefined {
  const data = at + USER_DATA.length;
  if (stands(bytes, data, ATSC)) return readAtsc(bytes, data);
  if (CABLE.some((head) => stands(bytes, data, head))) {
    const pairs = (bytes[data + 2] ?? 0) >> 3;
    return { pairs, isSaid: pairs > 0, end: data + 3, triples: [] };
  }
  if (!stands(bytes, data, DVD)) return undefined;
  const blocks = ((bytes[data + 4] ?? 0) >> 1) & PAIRS_MAX;
  const places = placesFrom(data + 5, 2 * blocks);
  return {
    ...{ pairs: 2 * blocks, isSaid: blocks > 0, end: data + 5 + 6 * blocks },
    triples: places.map((at) => [
      bytes[at] === DVD_FIELD_1 ? 0 : 1,
      bytes[at + 1] ?? 0,
      bytes[at + 2] ?? 0,
    ]),
  };
}

/** The end by start codes: the next one of a picture, of its delimiter, or of the packet that it is in. */
const endByStarts =
  (isPicture: (code: number) => boolean) =>
  (bytes: Buffer, _: number, end: number): number => {
    let at = bytes.indexOf(START_CODE, end);
    while (at >= 0 && !isPicture(bytes[at + 3] ?? 0)) at = bytes.indexOf(START_CODE, at + 3);
    return at < 0 ? bytes.length : at;
  };

/** If it is unknown where their unit begins, captions of one frame are at most so far apart. */
const NEAR_BYTES = 12;
/** The kind and the size of a message. */
const MESSAGE_BYTES = 2;

/** The end by lengths: where a unit of another kind follows the one that holds the captions. */
const endByLengths =
  (head: readonly number[]) =>
  (bytes: Buffer, mark: number, end: number): number => {
    const unit = mark - REGISTERED.length - MESSAGE_BYTES - head.length;
    if (!stands(bytes, unit, head)) return end + NEAR_BYTES;
    let at = unit - LENGTH_BYTES;
    while (at >= 0 && at + LENGTH_BYTES < bytes.length) {
      if (!stands(bytes, at + LENGTH_BYTES, head)) return at;
      at += LENGTH_BYTES + bytes.readUInt32BE(at);
    }
    return bytes.length;
  };

/** Whether it is the start code of a PES packet of video, in streams for broadcast. */
const isPacket = (code: number): boolean => code >= 0xe0 && code <= 0xef;
const isH264Picture = (code: number): boolean =>
  isPacket(code) || [1, 2, 5, 9].includes(code & 0x1f);
const isHevcPicture = (code: number): boolean => {
  const kind = (code >> 1) & 0x3f;
  return isPacket(code) || kind < 32 || kind === 35;
};
const isMpeg2Picture = (code: number): boolean => isPacket(code) || code < 0xb0;

function layoutOf(codec: string, demuxer: string): Layout | undefined {
  const registered = { mark: ATSC, read: readRegistered };
  const isByLength = hasLengths(demuxer);
  switch (codec) {
    case "h264":
      return {
        ...registered,
        endOfHead: isByLength ? endByLengths(SEI_HEADS.h264) : endByStarts(isH264Picture),
      };
    case "hevc":
      return {
        ...registered,
        endOfHead: isByLength ? endByLengths(SEI_HEADS.hevc) : endByStarts(isHevcPicture),
      };
    case "av1":
      return { ...registered, endOfHead: (_, __, end) => end };
    case "mpeg2video":
      return { mark: USER_DATA, read: readUserData, endOfHead: endByStarts(isMpeg2Picture) };
    default:
      return undefined;
  }
}

/**
 * A reader that looks for captions (CEA-608/708) in the bytes of a file, because ffprobe finds them only by decoding. Undefined for a
 * codec that carries none.
 *
 * @param demuxer - ffmpeg's name of the format
 */
export function captionReaderOf(
  { codec, pid }: Pick<VideoStream, "codec" | "pid">,
  demuxer: string,
): CaptionReader | undefined {
  const layout = layoutOf(codec, demuxer);
  if (!layout) return undefined;
  const { mark, read, endOfHead } = layout;
  const unpacked = demuxer === "mpegts" ? withoutTransport(pid) : undefined;
  let isFound = false;
  let isSaid = false;
  let isBundled = false;
  const finder = channelFinder();
  return {
    see(part) {
      finder.cut();
      const plain = unpacked?.(part) ?? part;
      const bytes = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
      let [pairs, head] = [0, 0];
      for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) {
        const found = read(bytes, at);
        if (!found) continue;
        isFound ||= found.pairs > 0;
        isSaid ||= found.isSaid;
        finder.see(found.triples);
        if (at >= head) {
          pairs = 0;
          head = endOfHead(bytes, at, found.end);
        }
        pairs += found.pairs;
        isBundled ||= pairs > PAIRS_MAX;
      }
    },
    facts: (isPaddingMeant = false) =>
      isSaid || (isFound && isPaddingMeant)
        ? {
            hasCaptions: true,
            ...(isBundled && { areCaptionsBundled: true }),
            ...(finder.channels().length > 0 && { captionChannels: finder.channels() }),
          }
        : {},
  };
}

/**
 * The captions in one packet of a codec's, as far as they can be read; none of a codec that carries none.
 *
 * @param codec - in ffmpeg's names
 */
export function captionsIn(codec: string, packet: Buffer): readonly CaptionTriple[] {
  const layout = layoutOf(codec, "");
  if (!layout) return [];
  const all: CaptionTriple[] = [];
  for (let at = packet.indexOf(layout.mark); at >= 0; ) {
    const found = layout.read(packet, at);
    if (found) all.push(...found.triples);
    at = packet.indexOf(layout.mark, at + layout.mark.length);
  }
  return all;
}
