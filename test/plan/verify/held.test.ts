import { describe, expect, test } from "bun:test";
import { durationOf, streamSeconds } from "../../../src/plan/decide/spans.ts";
import { withHeldTimes } from "../../../src/plan/verify/held.ts";
import type { PacketFacts } from "../../../src/probe/media.ts";
import { aMedia, anAudioStream, aVideoStream } from "../builders.ts";
import { planOf } from "../planned.ts";

const shown = (fromSeconds: number, toSeconds: number): PacketFacts => ({
  ...{ count: 100, firstSeconds: fromSeconds, lastSeconds: toSeconds, gapSecondsMax: 0.1 },
  shown: { fromSeconds, toSeconds },
});

/** A file whose header says 5 s; its packets hold sound from 60 to 70 s, and pictures 3 s later, to the same end. */
const counted = (format: string) =>
  withHeldTimes(
    aMedia({
      ...{ format, durationSeconds: 5, startSeconds: 0 },
      video: aVideoStream({ durationSeconds: 5, packets: shown(63, 70) }),
      audio: anAudioStream({ durationSeconds: 5, packets: shown(60, 70) }),
    }),
  );

describe("withHeldTimes", () => {
  test.each(["matroska,webm", "flv", "mov,mp4,m4a,3gp,3g2,mj2"])(
    "has streams that begin late last to their ends: %s",
    (format) => {
      const media = counted(format);
      if (!media.video) throw new Error("there is no video");
      expect([media.startSeconds, media.durationSeconds]).toEqual([60, 10]);
      expect(streamSeconds(media.video, media)).toBe(7);
      expect(durationOf(media, true, false)).toBe(10);
      const { products } = planOf([{}], media, { clip: { startSeconds: 8 } });
      expect(products[0]?.expect.durationSeconds).toBe(2);
    },
  );

  test("leaves a source as it is whose packets were not counted", () => {
    const media = aMedia();
    expect(withHeldTimes(media)).toBe(media);
  });
});
