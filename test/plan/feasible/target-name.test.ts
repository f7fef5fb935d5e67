import { describe, expect, test } from "bun:test";
import { nameWarnings } from "../../../src/plan/feasible/target-name.ts";
import type { Written } from "../../../src/profile/containers.ts";

const warned = (container: Written, url: string): boolean =>
  nameWarnings([{ container, targets: [0] }], [url]).length > 0;

describe("nameWarnings()", () => {
  test.each([
    ["mp4", "file:///media/x.webm"],
    ["mp4", "x.WEBM"],
    ["mp4", "https://host/x.mkv?token=1.mp4"],
    ["mp4", "x.avi"],
    ["mp3", "x.m4a"],
    ["m3u8", "x.mpd"],
    ["flv", "x.m3u8"],
    ["mpegts", "x.mpg"],
  ] as const)("tells of %s at %s", (container, url) => {
    expect(warned(container, url)).toBe(true);
  });

  test.each([
    ["mp4", "x.mp4"],
    ["mp4", "x.m4v"],
    ["mp4", "x"],
    ["mp4", "x.v2"],
    ["mp4", "folder.webm/x"],
    ["cmaf", "x.m3u8"],
    ["m3u8", "x.M3U8"],
    ["dash", "x.mpd"],
    ["mpegts", "x.m2ts"],
    ["ogg", "x.opus"],
    ["jpg", "x.jpeg"],
    ["mkv", "x.mka"],
  ] as const)("says nothing of %s at %s", (container, url) => {
    expect(warned(container, url)).toBe(false);
  });

  test("names the target and both containers", () => {
    const products = [
      { container: "mp4", targets: [0, 2] },
      { container: "mp3", targets: [1] },
    ] as const;
    expect(nameWarnings(products, ["a.mp4", "b.mp3", "c.webm"])).toEqual([
      {
        code: "target_name",
        message:
          'The name of target 2 ends in ".webm", and what is written there is "mp4", as the profile says',
      },
    ]);
  });
});
