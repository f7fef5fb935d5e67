import { describe, expect, test } from "bun:test";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../../src/probe/media.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { Container } from "../../../src/profile/containers.ts";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { aCapabilities, aMediaWithVideo, anAudioStream } from "../builders.ts";

const MEDIA = aMediaWithVideo({ hasCaptions: true, captionChannels: ["CC1", "CC3"] });

/** What takes captions out for a profile of one group. */
function argsFor(fields: Partial<Qlty>, media: MediaInfo = MEDIA): string {
  const profile = { name: "x", description: "", renditions: [extracting(fields)] };
  const assignments = assignRenditions(profile, [undefined]);
  const [take] = planTask({ assignments, tag: "t" }, media, aCapabilities()).steps;
  return take?.args.join(" ") ?? "";
}
const extracting = (fields: Partial<Qlty>) =>
  toRendition({
    ...{ container: "mp4", bitrate: 300_000, audio_bitrate: 64_000, height: 360 },
    ...{ closed_captions: "extract", ...fields },
  });

describe("the run that takes captions out", () => {
  test("counts its times from the sounds that outputs have, and no others", () => {
    expect(argsFor({ audio_format: "none" })).toEndWith("captions/times");
    const main = "captions/times -map 0:1 -c:a copy -f null -";
    expect(argsFor({ audio_tracks: "all" })).toEndWith(main);
    expect(argsFor({ audio_tracks: "all", container: "cmaf" })).toEndWith(main);
    expect(argsFor({}, { ...MEDIA, format: "flv" })).toContain("-map 0:a:0 -c:a copy");
    const two = { ...MEDIA, streams: [...MEDIA.streams, { ...anAudioStream(), index: 2 }] };
    for (const container of ["mkv", "cmaf"] as const)
      expect(argsFor({ container, audio_tracks: [1] }, two)).toEndWith(
        "captions/times -map 0:2 -c:a copy -f null -",
      );
  });

  test("takes each channel and each sound once for all outputs", () => {
    const containers: readonly Container[] = ["mp4", "mkv"];
    const assignments = containers.map((container, target) => ({
      rendition: extracting({ container }),
      targets: [target],
    }));
    const [take] = planTask({ assignments, tag: "t" }, MEDIA, aCapabilities()).steps;
    expect(take?.captions?.texts.map(({ channel }) => channel)).toEqual(["CC1", "CC3"]);
    expect(take?.args.join(" ")).toEndWith("captions/times -map 0:1 -c:a copy -f null -");
  });
});
