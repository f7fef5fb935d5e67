import { describe, expect, test } from "bun:test";
import { splitEnd } from "../../src/probe/tail.ts";

const packet = (kind: string, at: string, fields = {}) => ({
  ...{ type: "packet", codec_type: kind, pts_time: at, duration_time: "0.040000" },
  ...fields,
});
const frame = (kind: string, at: string) => ({
  ...{ type: "frame", media_type: kind, best_effort_timestamp_time: at },
});

describe("splitEnd", () => {
  const first = packet("video", "0.000000", { stream_index: 0, flags: "KD" });
  const json = {
    format: { duration: "5.000000" },
    packets_and_frames: [
      ...[first, frame("video", "0.000000"), packet("audio", "0.000000")],
      ...[packet("video", "4.960000"), frame("video", "4.960000"), packet("data", "9.000000")],
      ...[packet("audio", "N/A"), frame("audio", "4.900000")],
    ],
  };

  test("tells the first packets as a probe that asks for them alone", () => {
    expect(splitEnd(json, 2)?.json).toMatchObject({
      format: { duration: "5.000000" },
      packets: [first, packet("audio", "0.000000")],
    });
  });

  test("tells the end of each stream, by its last packet and its last frame", () => {
    expect(splitEnd(json, 2)?.tail).toEqual({
      video: { packets: 2, hasKey: true, endSeconds: 5, frames: 2, lastFrameSeconds: 4.96 },
      audio: { packets: 2, hasKey: false, endSeconds: 0.04, frames: 1, lastFrameSeconds: 4.9 },
    });
  });

  test("tells nothing where ffprobe did not come to its end", () => {
    expect(splitEnd(undefined, 8)).toBeUndefined();
    expect(splitEnd({ error: { code: -2 } }, 8)).toBeUndefined();
  });
});
