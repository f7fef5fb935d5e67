import type { ReadAt, ToldCrop } from "../crop.ts";
import { ELEMENT_HEAD_BYTES, type ElementHead, elementHeadOf, uintOf } from "./ebml.ts";

/** The elements on the way to the crop of a video track: RFC 9559, 5.1. */
const SEEK_HEAD = 0x114d9b74;
const SEEK = 0x4dbb;
const SEEK_ID = 0x53ab;
const SEEK_POSITION = 0x53ac;
const CLUSTER = 0x1f43b675;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const VIDEO = 0xe0;
const PIXEL_WIDTH = 0xb0;
const PIXEL_HEIGHT = 0xba;
const CROP = { bottom: 0x54aa, top: 0x54bb, left: 0x54cc, right: 0x54dd } as const;
const DISPLAY_WIDTH = 0x54b0;
const DISPLAY_HEIGHT = 0x54ba;
const DISPLAY_UNIT = 0x54b2;
const UNKNOWN_UNIT = 4;

/** The types of tracks that ffmpeg makes streams of: video, audio, subtitles, metadata. */
const STREAM_TYPES = [1, 2, 17, 33];

/** A handful of elements precede the first cluster. */
const ELEMENTS_MAX = 50;
/** The most elements read in one: ffprobe takes no more streams. */
const INNER_MAX = 1000;
/** The largest body that is read: tracks carry the headers of their codecs, which are some 100 KB for ASS and Vorbis. */
const BODY_BYTES_MAX = 1 << 20;

type Elements = ReadonlyMap<number, Uint8Array>;

/**
 * What `PixelCrop…` of a Matroska or WebM file cuts off, and what that means for the shape of its pixels.
 *
 * @param index - of the stream, among all tracks that ffmpeg makes streams of, in the order of the file
 * @see https://www.rfc-editor.org/rfc/rfc9559#section-5.1.4.1.28
 */
export async function readMatroskaCrop(read: ReadAt, index: number): Promise<ToldCrop | undefined> {
  const tracks = await findTracks(read);
  if (!tracks) return undefined;
  const streams = elementsIn(tracks)
    .filter(({ id }) => id === TRACK_ENTRY)
    .map(({ body }) => namedIn(body))
    .filter((track) => STREAM_TYPES.includes(uintOf(track.get(TRACK_TYPE))));
  const body = streams[index]?.get(VIDEO);
  return body && cropOf(namedIn(body));
}

/**
 * Software that ignores the crop takes a display size for that of the whole picture, though it is that of the part that is left. A
 * display size that the file does not state is by definition that of the part that is left.
 */
function cropOf(video: Elements): ToldCrop {
  const told = (id: number) => uintOf(video.get(id));
  const crop = {
    left: told(CROP.left),
    right: told(CROP.right),
    top: told(CROP.top),
    bottom: told(CROP.bottom),
  };
  const [width, height] = [told(PIXEL_WIDTH), told(PIXEL_HEIGHT)];
  const isWide = video.has(DISPLAY_WIDTH);
  const isHigh = video.has(DISPLAY_HEIGHT);
  if (told(DISPLAY_UNIT) >= UNKNOWN_UNIT || !(isWide || isHigh)) return { crop };
  if (crop.left + crop.right >= width || crop.top + crop.bottom >= height) return { crop };
  const across = isWide ? { all: width, left: width - crop.left - crop.right } : SAME;
  const down = isHigh ? { all: height, left: height - crop.top - crop.bottom } : SAME;
  return { crop, widened: { num: across.all * down.left, den: across.left * down.all } };
}

const SAME = { all: 1, left: 1 };

/** The body of the element that holds the tracks: it comes before the first cluster, or where the seek head says. */
async function findTracks(read: ReadAt): Promise<Uint8Array | undefined> {
  const header = elementHeadOf(await read(0, ELEMENT_HEAD_BYTES));
  if (!header) return undefined;
  const segmentAt = header.headBytes + header.bytes;
  const segment = elementHeadOf(await read(segmentAt, ELEMENT_HEAD_BYTES));
  if (!segment) return undefined;
  const start = segmentAt + segment.headBytes;
  let listed: number | undefined;
  let at = start;
  for (let count = 0; count < ELEMENTS_MAX; count += 1) {
    const head = elementHeadOf(await read(at, ELEMENT_HEAD_BYTES));
    if (!head || head.id === CLUSTER) break;
    if (head.id === TRACKS) return bodyAt(read, at, head);
    // Editors of files move elements that have grown to the end.
    if (head.id === SEEK_HEAD) listed ??= tracksPlace(await bodyAt(read, at, head));
    at += head.headBytes + head.bytes;
  }
  if (listed === undefined) return undefined;
  const head = elementHeadOf(await read(start + listed, ELEMENT_HEAD_BYTES));
  return head?.id === TRACKS ? bodyAt(read, start + listed, head) : undefined;
}

async function bodyAt(read: ReadAt, at: number, head: ElementHead): Promise<Uint8Array> {
  return head.bytes > BODY_BYTES_MAX ? new Uint8Array() : read(at + head.headBytes, head.bytes);
}

/** Where a seek head says that the tracks are, counted from the beginning of the segment's body. */
function tracksPlace(list: Uint8Array): number | undefined {
  const place = elementsIn(list)
    .filter(({ id }) => id === SEEK)
    .map(({ body }) => namedIn(body))
    .find((seek) => uintOf(seek.get(SEEK_ID)) === TRACKS);
  return place && uintOf(place.get(SEEK_POSITION));
}

function elementsIn(bytes: Uint8Array): readonly { readonly id: number; body: Uint8Array }[] {
  const elements: { readonly id: number; body: Uint8Array }[] = [];
  for (let at = 0; at < bytes.length && elements.length < INNER_MAX; ) {
    const head = elementHeadOf(bytes.subarray(at, at + ELEMENT_HEAD_BYTES));
    if (!head) break;
    const from = at + head.headBytes;
    elements.push({ id: head.id, body: bytes.subarray(from, from + head.bytes) });
    at = from + head.bytes;
  }
  return elements;
}

const namedIn = (bytes: Uint8Array): Elements =>
  new Map(elementsIn(bytes).map(({ id, body }) => [id, body]));
