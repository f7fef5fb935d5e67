import type { PacketFacts } from "../probe/media.ts";

// Packets come in decoding order: H.264 and HEVC reorder by at most 16 pictures, each maybe two fields.
const REORDER_MAX = 64;

/** Counts the packets of one stream, whose times may come slightly out of order, in constant memory. */
function createCounter() {
  const waiting: number[] = [];
  let count = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let gap = 0;
  const take = (): void => {
    const seconds = waiting.shift() ?? 0;
    if (last !== Number.NEGATIVE_INFINITY) gap = Math.max(gap, seconds - last);
    first = Math.min(first, seconds);
    last = Math.max(last, seconds);
  };
  return {
    add(seconds: number): void {
      count += 1;
      if (!Number.isFinite(seconds)) return;
      let at = waiting.length;
      while (at > 0 && (waiting[at - 1] ?? 0) > seconds) at -= 1;
      waiting.splice(at, 0, seconds);
      if (waiting.length > REORDER_MAX) take();
    },
    facts(): PacketFacts | undefined {
      while (waiting.length > 0) take();
      return Number.isFinite(first)
        ? { count, firstSeconds: first, lastSeconds: last, gapSecondsMax: gap }
        : undefined;
    },
  };
}

/**
 * Makes a reader of `ffprobe -show_entries packet=stream_index,pts_time,dts_time -of csv=p=0`: feed it chunks, cut anywhere.
 *
 * A packet without a presentation time counts with its decoding time (AVI has no other). Times are the file's own: an
 * MPEG-TS starts at 1.4 s or so.
 */
export function createPacketReader() {
  const counters = new Map<number, ReturnType<typeof createCounter>>();
  let rest = "";
  const read = (line: string): void => {
    // Side data adds commas and empty lines.
    const [index, pts, dts] = line.split(",");
    if (index === undefined || index === "" || dts === undefined) return;
    const counter = counters.get(Number(index)) ?? createCounter();
    counters.set(Number(index), counter);
    const presentation = Number.parseFloat(pts ?? "");
    counter.add(Number.isNaN(presentation) ? Number.parseFloat(dts) : presentation);
  };
  return {
    push(chunk: string): void {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) read(line);
    },
    /** Of one stream, once all is read; nothing for a stream without packets. */
    factsOf: (index: number): PacketFacts | undefined => counters.get(index)?.facts(),
  };
}
