import { createLineCutter } from "../../lib/line-cutter.ts";
import type { EngineProgress } from "../engine.ts";

/** One block of ffmpeg's `-progress` output. */
export type ProgressBlock = EngineProgress & {
  /** Bytes written to the first output; 0 if ffmpeg does not count them (`-f null`). */
  readonly sizeBytes: number;
  readonly droppedFrames: number;
  /** The last block: all packets are written. */
  readonly isEnd: boolean;
};

/** ffmpeg writes `N/A`, or the smallest 64-bit number, before it knows. */
const amount = (value: string | undefined): number => {
  const parsed = Number.parseFloat(value ?? "");
  return Number.isFinite(parsed) ? Math.max(parsed, 0) : 0;
};

/**
 * Makes a reader of `-progress` output: feed it chunks as they come, cut anywhere.
 *
 * Time and frames never go back, although ffmpeg's own figures sometimes do. The field `out_time_ms` is not read, as it also
 * holds microseconds in spite of its name.
 */
export function createProgressReader(onBlock: (block: ProgressBlock) => void) {
  let fields = new Map<string, string>();
  let outTimeSeconds = 0;
  let frames = 0;
  return createLineCutter((line) => {
    const at = line.indexOf("=");
    const key = line.slice(0, at);
    const value = line.slice(at + 1).trim();
    fields.set(key, value);
    if (key !== "progress") return;
    outTimeSeconds = Math.max(outTimeSeconds, amount(fields.get("out_time_us")) / 1e6);
    frames = Math.max(frames, amount(fields.get("frame")));
    onBlock({
      outTimeSeconds,
      frames,
      speed: amount(fields.get("speed")),
      fps: amount(fields.get("fps")),
      sizeBytes: amount(fields.get("total_size")),
      droppedFrames: amount(fields.get("drop_frames")),
      isEnd: value === "end",
    });
    fields = new Map();
  });
}
