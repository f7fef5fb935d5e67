import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rendition } from "../../src/profile/profile.ts";
import { clip } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SMALL = { width: 160, height: 90, effort: "highPerformance" } as const;
const AAC = anAudio({ bitrateBps: 64_000 });

/** All codecs that a manifest names, in the order of its streams. */
const namedIn = (text: string): readonly string[] =>
  [...text.matchAll(/codecs="([^"]*)"/gi)].flatMap(([, names = ""]) => names.split(","));

async function codecsOf(path: string, rendition: Rendition): Promise<readonly string[]> {
  const { folder } = await makeProducts(path, profileOf(rendition));
  if (rendition.container === "dash")
    return namedIn(readFileSync(join(folder, "0/out.mpd"), "utf8"));
  const master = namedIn(readFileSync(join(folder, "0/out.m3u8"), "utf8"));
  const manifest = namedIn(readFileSync(join(folder, "0/segments/manifest.mpd"), "utf8"));
  expect(manifest).toEqual(master);
  return master;
}

describe("the codecs that a set tells to players", () => {
  test.each([
    ["h264", "cmaf", /^avc1\.[0-9a-f]{6}$/],
    ["h265", "cmaf", /^hvc1\.1\.6\.L\d+\.90$/],
    ["h265", "dash", /^hvc1\.1\.6\.L\d+\.90$/],
    ["vp9", "dash", /^vp09\.00\.\d\d\.08/],
    ["av1", "dash", /^av01\.0\.\d\d[MH]\.08/],
  ] as const)("are those of %s, encoded into %s", async (codec, container, name) => {
    const video = aCustomVideo({ ...SMALL, codec });
    const codecs = await codecsOf(await clip({ seconds: 2 }), { container, video, audio: AAC });
    expect(codecs).toEqual([expect.stringMatching(name), "mp4a.40.2"]);
  });

  test.each([
    ["libx265", "cmaf", /^hvc1\.1\.6\.L\d+\.90$/],
    ["libx265", "dash", /^hvc1\.1\.6\.L\d+\.90$/],
    ["libx264", "cmaf", /^avc1\.[0-9a-f]{6}$/],
  ] as const)("are those of %s, copied into %s", async (encoder, container, name) => {
    const quiet = encoder === "libx265" ? ["-x265-params", "log-level=none"] : [];
    const source = { video: encoder, container: "mkv", args: ["-g", "25", ...quiet] };
    const rendition = { container, video: "copy", audio: AAC } as const;
    const codecs = await codecsOf(await clip(source), rendition);
    expect(codecs).toEqual([expect.stringMatching(name), "mp4a.40.2"]);
  });

  test.each([
    ["libmp3lame", "mp4a.6B"],
    ["ac3", "ac-3"],
    ["eac3", "ec-3"],
    ["libopus", "Opus"],
  ])("are those of %s, copied alone", async (audio, name) => {
    const path = await clip({ video: false, audio, container: "mkv" });
    expect(await codecsOf(path, { container: "dash", video: "none", audio: "copy" })).toEqual([
      name,
    ]);
  });
});
