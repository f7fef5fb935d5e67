import { createLineCutter } from "../../lib/line-cutter.ts";
import type { PacketFacts, Stretch } from "../../probe/media.ts";

/** The entries of each packet that ffprobe writes (`-show_entries`, as csv), in this order. */
export const COUNTED_ENTRIES = "packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags";

// Packets come in decoding order: H.264 and HEVC reorder by at most 16 frames, each possibly two fields.
const REORDER_MAX = 64;
/** A longer distance between two packets may be a hole; packets of audio and video usually come far more often. */
const HOLE_SECONDS = 0.25;
/** If a larger part of the distances is that long, it is the rhythm of the stream, as with slides. */
const HOLES_PART_MAX = 0.1;
/** If a larger part of the packets is key frames, as in audio, it may be chance that one follows a hole. */
const KEYS_PART_MAX = 0.25;
/** How many holes are listed one by one. */
const HOLES_MAX = 1000;

/** Tables and the padding of sectors are shorter. */
const STRETCH_BYTES_MIN = 2048;

/** So many audio packets may come before the frame in whose bytes they lie, which may be a slide that is shown for seconds. */
const DISPLACED_MAX = 1024;

/** A packet as ffprobe reports it; `NaN` for what it does not report. */
type Packet = {
  readonly seconds: number;
  readonly isByDecoding: boolean;
  readonly decodedSeconds: number;
  readonly durationSeconds: number;
  readonly isKey: boolean;
  readonly isHidden: boolean;
};

/** Adds up the distances between packets in time order. */
function createRhythm() {
  let widest = 0;
  let wide = 0;
  let wideSeconds = 0;
  let untold = 0;
  let missing = 0;
  let anew = 0;
  const holes: Stretch[] = [];
  return {
    /**
     * @param durationSeconds - of the packet before the gap, which starts at `fromSeconds`
     * @param isKey - whether the packet after it is a key frame
     */
    add(fromSeconds: number, gap: number, durationSeconds: number, isKey: boolean): void {
      widest = Math.max(widest, gap);
      const isTold = !Number.isNaN(durationSeconds);
      const held = isTold ? durationSeconds : 0;
      if (gap - held <= HOLE_SECONDS) return;
      wide += 1;
      wideSeconds += gap;
      missing += gap - held;
      if (isKey) anew += 1;
      const toSeconds = fromSeconds + gap;
      if (holes.length < HOLES_MAX) holes.push({ fromSeconds: fromSeconds + held, toSeconds });
      if (!isTold) untold += 1;
    },
    /** @param spanSeconds - from the first to the last of these packets */
    facts(count: number, spanSeconds: number) {
      const isRhythm = wide > 1 && wide > (count - 1) * HOLES_PART_MAX;
      const [seconds, gaps] = isRhythm ? [0, 0] : [wideSeconds, wide];
      const usual = (spanSeconds - seconds) / Math.max(1, count - 1 - gaps);
      if (isRhythm || wide === 0) return { usual, widest, holeSeconds: 0 };
      return {
        usual,
        widest,
        holeSeconds: Math.max(0, missing - untold * usual),
        holes,
        areKeysBehind: anew === wide,
      };
    },
  };
}

/** Finds which part of a stream is shown. */
function createShown() {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  let ofUnknown = Number.NEGATIVE_INFINITY;
  let hidden = 0;
  let hiddenFrom = Number.POSITIVE_INFINITY;
  return {
    add(seconds: number, durationSeconds: number, isHidden: boolean): void {
      if (isHidden) {
        // Packets hidden before the start come first in decoding order as well, or have an earlier time.
        if (seconds > from) hidden += 1;
        hiddenFrom = Math.min(hiddenFrom, seconds);
        return;
      }
      from = Math.min(from, seconds);
      if (Number.isNaN(durationSeconds)) ofUnknown = Math.max(ofUnknown, seconds);
      else to = Math.max(to, seconds + durationSeconds);
    },
    /** @param usual - the duration of a packet that has none */
    facts: (usual: number) =>
      Number.isFinite(from)
        ? {
            shown: { fromSeconds: from, toSeconds: Math.max(to, ofUnknown + usual) },
            ...(hidden > 0 && { hiddenSeconds: hidden * usual }),
            ...(hiddenFrom < from && { hiddenHeadSeconds: from - hiddenFrom }),
          }
        : {},
  };
}

/** Counts the packets of one stream, whose times may come slightly out of order, in constant memory. */
function createCounter() {
  const waiting: Packet[] = [];
  const rhythm = createRhythm();
  const shown = createShown();
  let count = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let lastDuration = Number.NaN;
  let firstKey: PacketFacts["firstKey"];
  let keys = 0;
  let isByDecoding = false;
  let isDisordered = false;
  let lastDecoded = Number.NEGATIVE_INFINITY;
  const take = (): void => {
    const packet = waiting.shift();
    if (!packet) return;
    const { seconds, durationSeconds, isKey } = packet;
    if (last !== Number.NEGATIVE_INFINITY) rhythm.add(last, seconds - last, lastDuration, isKey);
    first = Math.min(first, seconds);
    if (seconds >= last) lastDuration = durationSeconds;
    last = Math.max(last, seconds);
  };
  return {
    add(packet: Packet): void {
      const { seconds } = packet;
      count += 1;
      if (!Number.isFinite(seconds)) return;
      isByDecoding ||= packet.isByDecoding;
      isDisordered ||= packet.decodedSeconds < lastDecoded;
      if (Number.isFinite(packet.decodedSeconds)) lastDecoded = packet.decodedSeconds;
      if (packet.isKey) keys += 1;
      if (packet.isKey) firstKey ??= { seconds, headCount: count - 1 };
      shown.add(seconds, packet.durationSeconds, packet.isHidden);
      let at = waiting.length;
      while (at > 0 && (waiting[at - 1]?.seconds ?? 0) > seconds) at -= 1;
      waiting.splice(at, 0, packet);
      if (waiting.length > REORDER_MAX) take();
    },
    facts(): PacketFacts | undefined {
      while (waiting.length > 0) take();
      if (!Number.isFinite(first)) return undefined;
      const { usual, widest, holeSeconds, holes, areKeysBehind } = rhythm.facts(
        count,
        last - first,
      );
      return {
        count,
        firstSeconds: first,
        lastSeconds: last,
        gapSecondsMax: widest,
        holeSeconds,
        ...(holes && { holes }),
        ...(areKeysBehind && keys < count * KEYS_PART_MAX && { beginsAnew: true as const }),
        ...shown.facts(usual),
        ...(firstKey && { firstKey }),
        ...(isByDecoding && { isByDecoding }),
        ...(isDisordered && { isDisordered }),
      };
    },
  };
}

/**
 * Finds stretches of a file of which packets make up less than half. Packets may not come in the order of their positions: if
 * several streams are cut into small pieces, a packet comes once its last piece is read. The part of a packet that does not fit
 * before the start of the next one lies behind that.
 */
function createStretches() {
  const waiting: { position: number; sizeBytes: number }[] = [];
  let from: number | undefined;
  let held = 0;
  let unread = 0;
  const take = (position: number, sizeBytes: number): void => {
    const length = Math.max(0, position - (from ?? position));
    const stray = length - held;
    if (stray >= STRETCH_BYTES_MIN && stray > length / 2) unread += stray;
    from = Math.max(from ?? 0, position);
    held = Math.max(0, -stray) + sizeBytes;
  };
  const takeFirst = (count: number): void => {
    waiting.sort((one, other) => one.position - other.position);
    for (const { position, sizeBytes } of waiting.splice(0, count)) take(position, sizeBytes);
  };
  return {
    /** @param position - `NaN` if it is not reported, as the packet started within another one */
    add(position: number, sizeBytes: number): void {
      const last = waiting.at(-1);
      if (!Number.isNaN(position)) {
        if (waiting.length >= 2 * DISPLACED_MAX) takeFirst(DISPLACED_MAX);
        waiting.push({ position, sizeBytes });
      } else if (last) last.sizeBytes += sizeBytes;
    },
    unread(): number {
      takeFirst(waiting.length);
      return unread;
    },
  };
}

/**
 * Makes a reader of `ffprobe -show_entries COUNTED_ENTRIES -of csv=p=0`: feed it chunks, cut anywhere.
 *
 * A packet without a presentation time counts with its decoding time (AVI has no other). Times are those of the file: an
 * MPEG-TS starts at about 1.4 s.
 */
export function createPacketReader() {
  const counters = new Map<number, ReturnType<typeof createCounter>>();
  const stretches = createStretches();
  const read = (line: string): void => {
    // Side data adds commas and empty lines to the output.
    const [index, pts, dts, duration = "", size = "", position = "", flags = ""] = line.split(",");
    if (index === undefined || index === "" || dts === undefined) return;
    const counter = counters.get(Number(index)) ?? createCounter();
    counters.set(Number(index), counter);
    const presentation = Number.parseFloat(pts ?? "");
    const decodedSeconds = Number.parseFloat(dts);
    const isTimed = !(Number.isNaN(presentation) && Number.isNaN(decodedSeconds));
    stretches.add(Number.parseInt(position, 10), isTimed ? Number(size) || 0 : 0);
    const isByDecoding = Number.isNaN(presentation);
    counter.add({
      seconds: isByDecoding ? decodedSeconds : presentation,
      isByDecoding,
      decodedSeconds,
      durationSeconds: Number.parseFloat(duration),
      isKey: flags.startsWith("K"),
      isHidden: flags.includes("D"),
    });
  };
  return {
    push: createLineCutter(read),
    /** The facts of one stream, once everything is read; undefined for a stream without packets. */
    factsOf: (index: number): PacketFacts | undefined => counters.get(index)?.facts(),
    /** How much lies in long stretches of the file that no packet of any stream explains, once everything is read. */
    unreadBytes: stretches.unread,
  };
}
