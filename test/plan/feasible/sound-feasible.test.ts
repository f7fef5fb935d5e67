import { describe, expect, test } from "bun:test";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { aCapabilities, aRendition, targetsAt } from "../builders.ts";
import { ASKED, mediaOf, planOf, refusalOf, SOUNDS } from "../chosen-sounds.ts";

describe("what cannot be made", () => {
  test.each([
    ["mp3", { tracks: "all" }, "it holds one"],
    ["flv", { tracks: ["eng"] }, "it holds one"],
    ["ogg", { tracks: [0, 1] }, "it holds one"],
    ["m4a", { mix: "surround_and_stereo" }, "it holds one"],
  ] as const)("%s with %j is refused", (container, sound, why) => {
    const audio = {
      ...ASKED,
      codec: container === "mp3" ? "mp3" : container === "ogg" ? "opus" : "aac",
    } as const;
    const video = container === "flv" ? aRendition().video : "none";
    const failed = refusalOf(() => planOf(sound, { container, audio, video }));
    expect(failed.code).toBe("output_not_supported");
    expect(failed.message).toContain(why);
  });

  test("one place is one sound, for any container; of the source's own it is known only then", () => {
    const one = planOf(
      { tracks: [1] },
      { container: "mp3", video: "none", audio: { ...ASKED, codec: "mp3" } },
    );
    expect(one.products[0]?.sounds).toHaveLength(1);
    const ogg = mediaOf(
      SOUNDS.slice(1).map((sound) => ({ ...sound, codec: "opus" })),
      { format: "ogg" },
    );
    const copied = () =>
      planOf({ tracks: "all" }, { container: "copy", video: "none", audio: "copy" }, ogg);
    expect(refusalOf(copied).message).toContain('Cannot put 2 sounds into "ogg"');
  });

  test("an engine without meters, a host that keeps nothing, and live streams refuse", () => {
    const poor = () => planOf({ loudnessLufs: -23 }, {}, mediaOf(), { filters: ["volume"] });
    expect(refusalOf(poor)).toMatchObject({
      code: "encoder_missing",
      message: "Cannot set the loudness: the engine has no filter ebur128",
    });
    const kept = () => planOf({ tracks: "all" }, {}, mediaOf(), { streamsOutput: true });
    expect(refusalOf(kept).message).toContain("what is made is not kept on this host");
    const rendition = aRendition({ container: "flv", sound: { loudnessLufs: -23 } });
    const targets = targetsAt("rtmp://127.0.0.1/live/1");
    const live = () => refuseImpossibleLive({ rendition, targets: [0] }, targets, aCapabilities());
    expect(refusalOf(live).message).toContain("audio_tracks, audio_mix and loudness are for files");
  });
});
