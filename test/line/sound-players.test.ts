import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { reportOf, UNTIL } from "../fixtures/browser.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { DASH_JS, HLS_JS, SHAKA_PLAYER } from "../fixtures/players.ts";
import { soundingFilm } from "../fixtures/sounding.ts";
import { aCustomVideo } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SECONDS = 3;
const HLS = "set/out.m3u8";
const DASH = "set/segments/manifest.mpd";

/** Each tells, once it has loaded a set, which languages there are, which one plays, and how another is chosen. */
const PLAYERS = [
  {
    ...HLS_JS,
    open: `${HLS_JS.start}
      return {
        languages: () => hls.audioTracks.map(({ lang }) => lang),
        chosen: () => hls.audioTracks[hls.audioTrack]?.lang,
        choose: (lang) => { hls.audioTrack = hls.audioTracks.findIndex((one) => one.lang === lang); },
      };`,
    urls: [HLS],
  },
  {
    ...DASH_JS,
    open: `${DASH_JS.start}
      return {
        languages: () => player.getTracksFor("audio").map(({ lang }) => lang),
        chosen: () => player.getCurrentTrackFor("audio")?.lang,
        choose: (lang) => player.setCurrentTrack(player.getTracksFor("audio").find((one) => one.lang === lang)),
      };`,
    urls: [DASH],
  },
  {
    ...SHAKA_PLAYER,
    open: `${SHAKA_PLAYER.start}
      return {
        languages: () => player.getAudioTracks().map(({ language }) => language),
        chosen: () => player.getAudioTracks().find(({ active }) => active)?.language,
        choose: (lang) => player.selectAudioTrack(player.getAudioTracks().find((one) => one.language === lang)),
      };`,
    urls: [HLS, DASH],
  },
];

/** Loads each set, chooses French, and plays it to its end once segments of it are there. */
const page = (open: string, urls: readonly string[]): string => `<!doctype html><body>
<script src="/player.js"></script>
<script>
const attach = (video, url, fail) => { ${open} };
${UNTIL}
const listen = async (url) => {
  performance.clearResourceTimings();
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const seen = { url, error: null };
  const fail = (why) => { seen.error ??= why; };
  try {
    const player = attach(video, new URL(url, location.href).href, fail);
    await until(() => video.readyState >= 3 || seen.error, fail, "pictures");
    seen.languages = player.languages();
    seen.first = player.chosen();
    player.choose("fr");
    const isFetched = () => performance.getEntriesByType("resource").some(({ name }) => name.includes("chunk-2-"));
    await until(() => isFetched() || seen.error, fail, "a segment of French");
    seen.second = player.chosen();
    video.playbackRate = 2;
    video.play();
    await until(() => video.currentTime >= ${SECONDS} - 0.3 || seen.error, fail, "its end");
  } catch (error) { fail(String(error)); }
  video.remove();
  return seen;
};
(async () => {
  const all = [];
  for (const url of ${JSON.stringify(urls)}) all.push(await listen(url));
  await fetch("/report", { method: "POST", body: JSON.stringify(all) });
})();
</script>`;

let root: string;
beforeAll(async () => {
  root = tempFolder();
  const made = await makeProducts(
    await soundingFilm(SECONDS),
    profileOf({
      container: "cmaf",
      video: aCustomVideo({ bitrateBps: 100_000, effort: "highPerformance" }),
      audio: { codec: "aac", bitrateBps: 96_000 },
      sound: { tracks: [0, 1], mix: "stereo" },
    }),
  );
  symlinkSync(join(made.folder, "0"), join(root, "set"));
});

describe("a set of two languages in Chromium", () => {
  test.each(PLAYERS)(
    "$name lists them, begins with the default, and plays the other",
    async ({ script, open, urls }) => {
      const seen = await reportOf(page(open, urls), root, { "/player.js": script });
      expect(seen).toEqual(
        urls.map((url) => ({
          ...{ url, error: null, first: "en", second: "fr" },
          languages: ["en", "fr"],
        })),
      );
    },
  );
});
