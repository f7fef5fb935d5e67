import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Protection } from "../../src/profile/fields/protection.ts";
import type { Profile, Rendition } from "../../src/profile/profile.ts";
import { MEDIA_KEYS } from "../fixtures/bench-run.ts";
import { reportOf } from "../fixtures/browser.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { MADE_FOR, makeProducts, profileOf } from "../fixtures/made-products.ts";
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
const SETS: Readonly<Record<string, { from: string; profile: string | Profile }>> = {
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
  ...["cmaf", "cmaf-copied-sound", "hls-ladder"],
];
const DASH = ["dash-ladder", "dash-copied", "dash-vp9", "dash-av1"];
const BY_HLS = HLS.map((name) => `${name}/out.m3u8`);
/** A CMAF set has a manifest of DASH beside its playlists. */
const BY_DASH = [
  ...DASH.map((name) => `${name}/out.mpd`),
  ...["cmaf", "cmaf-copied-sound"].map((name) => `${name}/segments/manifest.mpd`),
];

const scriptOf = (name: string): string => fileURLToPath(import.meta.resolve(name));
const PLAYERS = [
  {
    name: "hls.js",
    script: scriptOf("hls.js/dist/hls.min.js"),
    play: `const hls = new Hls();
      hls.on(Hls.Events.ERROR, (_, { fatal, details }) => { if (fatal) fail(details); });
      hls.loadSource(url); hls.attachMedia(video); return () => hls.destroy();`,
    urls: BY_HLS,
  },
  {
    name: "dash.js",
    script: scriptOf("../../node_modules/dashjs/dist/modern/umd/dash.all.min.js"),
    play: `const player = dashjs.MediaPlayer().create();
      player.on("error", ({ error }) => fail(error.message));
      player.initialize(video, url, true); return () => player.destroy();`,
    urls: BY_DASH,
  },
  {
    name: "shaka-player",
    script: scriptOf("../../node_modules/shaka-player/dist/shaka-player.compiled.js"),
    play: `const player = new shaka.Player();
      player.addEventListener("error", ({ detail }) => fail("error " + detail.code));
      player.attach(video).then(() => player.load(url)).catch((error) => fail("error " + error.code));
      return () => player.destroy();`,
    urls: [...BY_HLS, ...BY_DASH],
  },
];

/** Plays all sets at once to their ends, fourfold, and tells what was seen of each. */
const page = (play: string, urls: readonly string[]): string => `<!doctype html><body>
<script src="/player.js"></script>
<script>
const attach = (video, url, fail) => { ${play} };
const playToEnd = async (url) => {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const seen = { url, error: null, width: 0 };
  let end = () => {};
  await new Promise((resolve) => {
    const fail = (why) => { seen.error = why; resolve(); };
    const timer = setTimeout(() => fail("it does not end"), 30000);
    video.addEventListener("resize", () => { seen.width = Math.max(seen.width, video.videoWidth); });
    video.addEventListener("canplay", () => { video.playbackRate = 4; video.play(); }, { once: true });
    const done = () => { clearTimeout(timer); resolve(); };
    video.addEventListener("ended", done);
    // Of dash.js at fourfold pace an element now and then waits at the very end, and is not told that it is one.
    video.addEventListener("waiting", () => { if (video.currentTime >= video.duration - 0.05) done(); });
    video.addEventListener("timeupdate", () => { if (video.currentTime >= video.duration) done(); });
    end = attach(video, url, fail);
  });
  seen.currentTime = video.currentTime;
  await end();
  video.remove();
  return seen;
};
Promise.all(${JSON.stringify(urls)}.map((url) => playToEnd(new URL(url, location.href).href)))
  .then((all) => fetch("/report", { method: "POST", body: JSON.stringify(all) }));
</script>`;

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
  for (const [name, { from, profile }] of Object.entries(SETS)) {
    const source = { seconds: SECONDS, container: from, width: 320, height: 180, args };
    const { folder } = await makeProducts(await clip(source), profile);
    symlinkSync(join(folder, "0"), join(root, name));
  }
});

describe("sets of all kinds in Chromium", () => {
  test.each(PLAYERS)("$name plays each to its end", async ({ script, play, urls }) => {
    const seen = (await reportOf(page(play, urls), root, { "/player.js": script })) as readonly {
      readonly url: string;
      readonly error: string | null;
      readonly width: number;
      readonly currentTime: number;
    }[];
    const faults = seen.filter(
      ({ url, error, width, currentTime }) =>
        error !== null || currentTime < SECONDS - 0.2 || width > 0 === url.includes("ts-hls-sound"),
    );
    expect(faults).toEqual([]);
    expect(seen).toHaveLength(urls.length);
  });
});
