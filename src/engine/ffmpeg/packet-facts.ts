import { createLineCutter } from "../../lib/line-cutter.ts";
import type { PacketFacts, Stretch } from "../../probe/media.ts";

/** What ffprobe is asked for of each packet (`-show_entries`, as csv): it writes them in this order. */
export const COUNTED_ENTRIES = "packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags";

// Packets come in decoding order: H.264 and HEVC reorder by at most 16 pictures, each maybe two fields.
const REORDER_MAX = 64;
/** Between two packets more than this may be a hole; sound and pictures usually come many times as often. */
const HOLE_SECONDS = 0.25;
/** Where more of the distances are so wide, they are the rhythm of the stream, such as slides. */
const HOLES_PART_MAX = 0.1;
/** Where more packets are key frames, such as all of a sound, it may be by chance that one is behind a hole. */
const KEYS_PART_MAX = 0.25;
/** So many of them are told one by one. */
const HOLES_MAX = 1000;

/** Tables, and what fills up sectors, are shorter. */
const STRETCH_BYTES_MIN = 2048;

/** As many packets of sounds may come before the picture that they lie within: it may be a slide, shown for seconds. */
const DISPLACED_MAX = 1024;

/** A packet, as ffprobe tells of it; `NaN` where it does not. */
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
     * @param durationSeconds - of the packet before the gap, which is at `fromSeconds`
     * @param isKey - of the packet behind it
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
    /** @param spanSeconds - from the first to the last of so many packets */
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

/** What of a stream is shown. */
function createShown() {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  let ofUnknown = Number.NEGATIVE_INFINITY;
  let hidden = 0;
  let hiddenFrom = Number.POSITIVE_INFINITY;
  return {
    add(seconds: number, durationSeconds: number, isHidden: boolean): void {
      if (isHidden) {
        // Those before the beginning come before it also in decoding order, or are of an earlier time.
        if (seconds > from) hidden += 1;
        hiddenFrom = Math.min(hiddenFrom, seconds);
        return;
      }
      from = Math.min(from, seconds);
      if (Number.isNaN(durationSeconds)) ofUnknown = Math.max(ofUnknown, seconds);
      else to = Math.max(to, seconds + durationSeconds);
    },
    /** @param usual - how long a packet lasts that does not say */
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
 * Finds stretches of a file of which the packets make up less than half. Packets may come out of the order of their places: where
 * several streams are cut into small pieces, a packet comes once its last piece is read. What of a packet does not fit in front of
 * the next one's beginning lies behind it.
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
    /** @param position - `NaN` where it is not told: it began with another one */
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
 * A packet without a presentation time counts with its decoding time (AVI has no other). Times are the file's own: an
 * MPEG-TS starts at 1.4 s or so.
 */
export function createPacketReader() {
  const counters = new Map<number, ReturnType<typeof createCounter>>();
  const stretches = createStretches();
  const read = (line: string): void => {
    // Side data adds commas and empty lines.
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
    /** Of one stream, once all is read; nothing for a stream without packets. */
    factsOf: (index: number): PacketFacts | undefined => counters.get(index)?.facts(),
    /** In long stretches of the file that no packet of any stream explains, once all is read. */
    unreadBytes: stretches.unread,
  };
}
