import { describe, expect, test } from "bun:test";
import { lackWarnings } from "../../../src/plan/verify/lack.ts";
import type { Lack, MediaInfo } from "../../../src/probe/media.ts";
import type { Clip } from "../../../src/task/task.ts";
import { aMedia } from "../builders.ts";

function verdict(lack: Lack, clip?: Clip, fields: Partial<MediaInfo> = {}): string {
  try {
    return lackWarnings(aMedia({ durationSeconds: 60, lack, ...fields }), clip)
      .map(({ code, message }) => `${code}: ${message}`)
      .join("; ");
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
}

describe("lackWarnings", () => {
  const half = { bytes: 500, ofBytes: 1000 };

  test("says nothing of a source that is whole", () => {
    expect(lackWarnings(aMedia(), undefined)).toEqual([]);
  });

  test("refuses what is cut off, and how much is missing", () => {
    expect(verdict(half)).toBe(
      "source_damaged: Cannot use the source: it is cut off: 50 % of the bytes that it tells of are not there",
    );
    expect(verdict(half, undefined, { durationSeconds: 0.8 })).toStartWith("source_damage: Of the");
  });

  test("warns where little is missing", () => {
    expect(verdict({ bytes: 9, ofBytes: 1000 })).toBe(
      "source_damage: Of the source a part may be missing: it is cut off: 0.9 % of the bytes that it tells of are not there",
    );
  });

  test("warns where a clip is asked for, as it may be there", () => {
    expect(verdict(half, { startSeconds: 0, durationSeconds: 5 })).toStartWith("source_damage: ");
  });

  test("warns where the word of such a file is often stale, and not of a little", () => {
    expect(verdict({ ...half, mayBeStale: true })).toStartWith("source_damage: ");
    expect(verdict({ bytes: 5, ofBytes: 1000, mayBeStale: true })).toBe("");
  });

  test("warns where a source ends within a packet, of which more may be missing", () => {
    expect(verdict({ bytes: 9 })).toBe(
      "source_damage: The source is cut off: it ends within a packet",
    );
  });

  test("tells of junk in front of a sound", () => {
    expect(lackWarnings(aMedia({ junkBytes: 5000 }), undefined)).toEqual([
      {
        code: "source_damage",
        message: "The source's sound begins behind 5000 bytes that are none",
      },
    ]);
  });
});
