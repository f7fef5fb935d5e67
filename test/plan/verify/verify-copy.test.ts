import { describe, expect, test } from "bun:test";
import { judgeCopies } from "../../../src/plan/verify/verify-copy.ts";
import { aMediaWithVideo } from "../builders.ts";

const EXPECTED = {
  durationToleranceSeconds: 0.5,
  video: { codec: "h264", sameAsSource: true, isCopy: true },
};

/** A minute of pictures, 25 a second, the last of them at a time. */
const copied = (lastSeconds: number) =>
  aMediaWithVideo({
    packets: { count: 1500, firstSeconds: 0, lastSeconds, gapSecondsMax: 0.04 },
  });

describe("judgeCopies", () => {
  test.each([59, 61])("finds that all packets of a stream alone end at %d s", (seconds) => {
    expect(() => judgeCopies(EXPECTED, copied(seconds), copied(59.96))).toThrow(
      `its video spans ${seconds} s, and the source 59.96 s`,
    );
    expect(() => judgeCopies(EXPECTED, copied(59.96), copied(59.96))).not.toThrow();
  });
});
