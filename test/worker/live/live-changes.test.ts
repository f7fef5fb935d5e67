import { describe, expect, test } from "bun:test";
import type { MediaInfo } from "../../../src/probe/media.ts";
import { LiveChanges } from "../../../src/worker/live/live-changes.ts";
import { anAudioStream } from "../../plan/builders.ts";

const sound = (codec: string): MediaInfo => ({
  format: "flv",
  streams: [],
  audio: anAudioStream({ codec }),
});

describe("LiveChanges", () => {
  test("believes the next report where the last one was right", () => {
    const changes = new LiveChanges();
    changes.probed(sound("aac"), 0);
    expect(changes.believes(1_000)).toBe(true);
    changes.probed(sound("mp3"), 2_000);
    expect(changes.believes(3_000)).toBe(true);
  });

  test("is deaf for a minute after a wrong one, and for two after the next", () => {
    const changes = new LiveChanges();
    changes.probed(sound("aac"), 0);
    expect(changes.believes(1_000)).toBe(true);
    changes.probed(sound("aac"), 2_000);
    expect(changes.believes(61_000)).toBe(false);
    expect(changes.believes(62_000)).toBe(true);
    changes.probed(sound("aac"), 63_000);
    expect(changes.believes(182_000)).toBe(false);
    expect(changes.believes(183_000)).toBe(true);
  });

  test("stays open to reports where a run ended for another reason", () => {
    const changes = new LiveChanges();
    changes.probed(sound("aac"), 0);
    changes.probed(sound("aac"), 10_000);
    expect(changes.believes(11_000)).toBe(true);
  });
});
