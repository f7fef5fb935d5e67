import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Protection } from "../../src/profile/fields/protection.ts";
import type { Profile, Rendition } from "../../src/profile/profile.ts";
import { MEDIA_KEYS } from "../fixtures/bench-run.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { MADE_FOR, makeProducts, profileOf } from "../fixtures/made-products.ts";
import { openNative } from "../fixtures/native-engine.ts";
import { DASH_JS, HLS_JS, SHAKA_PLAYER, seenBy } from "../fixtures/players.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SECONDS = 8;
const SMALL = { width: 160, height: 90, effort: "highPerformance", bitrateBps: 200_000 } as const;
const VIDEO = aCustomVideo(SMALL);
const AAC = anAudio({ bitrateBps: 64_000 });
const OPUS = anAudio({ codec: "opus", bitrateBps: 64_000 });

/** Where the page finds the keys of encrypted sets. */
const KEY_URL = "/keys/{task_id}-{key}.key";
const ROTATED: Protection = { method: "aes-128", keyUrl: KEY_URL, rotateSegments: 1 };
const ENCRYPTED_RUNG: Rendition = {
  container: "m3u8",
  video: VIDEO,
  audio: AAC,
  protection: { method: "aes-128", keyUrl: KEY_URL },
};

/** All kinds of sets that Debian's Chromium decodes: it has no HEVC, and no AC-3. */
const SETS: Readonly<
  Record<string, { from: string; profile: string | Profile; isSliced?: boolean }>
> = {
  "ts-hls": { from: "mp4", profile: profileOf({ container: "m3u8", video: VIDEO, audio: AAC }) },
  "ts-hls-encrypted": {
    from: "mp4",
    profile: profileOf({ container: "m3u8", video: VIDEO, audio: AAC, protection: ROTATED }),
  },
  "hls-set-encrypted": {
    from: "mp4",
    profile: profileOf(ENCRYPTED_RUNG, {
      renditions: [
        ENCRYPTED_RUNG,
        { ...ENCRYPTED_RUNG, video: aCustomVideo({ ...SMALL, height: 64 }) },
      ],
    }),
  },
  "ts-hls-sound": { from: "mp4", profile: "audio_hls_128kbps" },
  "ts-hls-copied": {
    from: "ts",
    profile: profileOf({ container: "m3u8", video: "copy", audio: "copy" }),
  },
  cmaf: { from: "mp4", profile: profileOf({ container: "cmaf", video: VIDEO, audio: AAC }) },
  "cmaf-copied-sound": {
    from: "ts",
    profile: profileOf({ container: "cmaf", video: VIDEO, audio: "copy" }),
  },
  "hls-ladder": { from: "mp4", profile: "video_hls_adaptive" },
  "hls-ladder-sliced": { from: "mp4", profile: "video_hls_adaptive", isSliced: true },
  "dash-ladder": { from: "mp4", profile: "video_dash_adaptive" },
  "dash-copied": { from: "ts", profile: "video_dash_transmux" },
  "dash-vp9": {
    from: "mp4",
    profile: profileOf({
      container: "dash",
      video: aCustomVideo({ ...SMALL, codec: "vp9" }),
      audio: OPUS,
    }),
  },
  "dash-av1": {
    from: "mp4",
    profile: profileOf({
      container: "dash",
      video: aCustomVideo({ ...SMALL, codec: "av1" }),
      audio: AAC,
    }),
  },
};

const HLS = [
  ...["ts-hls", "ts-hls-encrypted", "hls-set-encrypted", "ts-hls-sound", "ts-hls-copied"],
  ...["cmaf", "cmaf-copied-sound", "hls-ladder", "hls-ladder-sliced"],
];
const DASH = ["dash-ladder", "dash-copied", "dash-vp9", "dash-av1"];
const BY_HLS = HLS.map((name) => `${name}/out.m3u8`);
/** A CMAF set has a manifest of DASH beside its playlists. */
const BY_DASH = [
  ...DASH.map((name) => `${name}/out.mpd`),
  ...["cmaf", "cmaf-copied-sound"].map((name) => `${name}/segments/manifest.mpd`),
];

const PLAYERS = [
  { ...HLS_JS, urls: BY_HLS },
  { ...DASH_JS, urls: BY_DASH },
  { ...SHAKA_PLAYER, urls: [...BY_HLS, ...BY_DASH] },
];

let root: string;

beforeAll(async () => {
  root = tempFolder();
  mkdirSync(join(root, "keys"));
  for (const key of [0, 1])
    writeFileSync(
      join(root, "keys", `${MADE_FOR.id}-${key}.key`),
      MEDIA_KEYS.made(MADE_FOR.id, key),
    );
  const args = ["-g", "25", "-ac", "2", "-b:a", "96k"];
  const engine = await openNative({
    spread: { minSeconds: SECONDS / 2, sliceSeconds: SECONDS / 4, slicesMax: 4 },
  });
  for (const [name, { from, profile, isSliced }] of Object.entries(SETS)) {
    const source = { seconds: SECONDS, container: from, width: 320, height: 180, args };
    const { folder, plans } = await makeProducts(
      await clip(source),
      profile,
      isSliced ? { engine } : {},
    );
    expect(plans.some(({ steps }) => steps.some(({ sliced }) => sliced))).toBe(isSliced === true);
    symlinkSync(join(folder, "0"), join(root, name));
  }
});

describe("sets of all kinds in Chromium", () => {
  test.each(PLAYERS)("$name plays each to its end", async ({ urls, ...player }) => {
    const seen = await seenBy(player, root, urls);
    const faults = seen.filter(
      ({ url, error, width, currentTime }) =>
        error !== null || currentTime < SECONDS - 0.2 || width > 0 === url.includes("ts-hls-sound"),
    );
    expect(faults).toEqual([]);
    expect(seen).toHaveLength(urls.length);
  });
});
