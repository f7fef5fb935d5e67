import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Protection } from "../../src/profile/fields/protection.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import { MEDIA_KEYS } from "../fixtures/bench-run.ts";
import { reportOf, UNTIL } from "../fixtures/browser.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { MADE_FOR, makeProducts, profileOf } from "../fixtures/made-products.ts";
import { DASH_JS, HLS_JS, SHAKA_PLAYER } from "../fixtures/players.ts";
import { subtitledFilm, subtitleFiles } from "../fixtures/subtitled.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const PROTECTION: Protection = { method: "aes-128", keyUrl: "/keys/{task_id}-{key}.key" };
const SETS: readonly Pick<Rendition, "container" | "protection">[] = [
  { container: "m3u8" },
  { container: "dash" },
  { container: "cmaf" },
  { container: "m3u8", protection: PROTECTION },
];
/** What all of them have. */
const SET = {
  video: aCustomVideo({ effort: "highPerformance", bitrateBps: 100_000 }),
  audio: anAudio({ bitrateBps: 64_000 }),
  subtitles: { tracks: "all" },
} as const;
const BY_HLS = [
  "cmaf-beside/out.m3u8",
  "m3u8/out.m3u8",
  "cmaf/out.m3u8",
  "m3u8-encrypted/out.m3u8",
];
const BY_DASH = ["cmaf-beside/segments/manifest.mpd", "dash/out.mpd", "cmaf/segments/manifest.mpd"];

/** How each player is begun, and how it is told to show the subtitles in a language; `select` answers what it offers. */
const PLAYERS = [
  {
    ...HLS_JS,
    begin: `${HLS_JS.start}
      return {
        languages: () => hls.subtitleTracks.map(({ lang }) => lang),
        select: (language) => { hls.subtitleTrack = hls.subtitleTracks.findIndex(({ lang }) => lang === language); },
      };`,
    urls: BY_HLS,
  },
  {
    ...DASH_JS,
    begin: `${DASH_JS.start}
      const tracks = () => { try { return player.getTracksFor("text"); } catch { return []; } };
      return {
        languages: () => tracks().map(({ lang }) => lang),
        select: (language) => {
          player.enableText(true);
          player.setTextTrack(tracks().findIndex(({ lang }) => lang === language));
        },
      };`,
    urls: BY_DASH,
  },
  {
    ...SHAKA_PLAYER,
    // Of HLS it shows texts only if it gets pictures after it was told to: so it is told before, as a film of one segment comes at once.
    begin: `${SHAKA_PLAYER.start}
      player.configure({ preferredText: [{ language }] });
      return {
        languages: () => player.getTextTracks().map(({ language }) => language),
        select: (language) => {
          player.selectTextTrack(player.getTextTracks().find((track) => track.language === language));
          player.setTextTrackVisibility?.(true);
        },
      };`,
    urls: [...BY_HLS, ...BY_DASH],
  },
];

/** Of a film without subtitles, which come beside it. */
const BESIDE = "cmaf-beside";

/** The moment at which both languages show something. */
const MOMENT = 1.4;

/** Loads each set for each language, selects that, and tells what is shown at a moment, and from when to when. */
const page = (begin: string, urls: readonly string[]): string => `<!doctype html><body>
<script src="/player.js"></script>
<script>
const begin = (video, url, language, fail) => { ${begin} };
${UNTIL}
const cuesOf = (video, which) =>
  [...video.textTracks].filter(({ mode }) => mode === "showing").flatMap((track) => [...(track[which] ?? [])]);
const WANTED = { en: "Second", de: "Hallo" };
const look = async ([url, language]) => {
  const seen = { url, language, error: null, languages: [], shown: [] };
  const fail = (why) => { seen.error ??= why; };
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  video.addEventListener("canplay", () => video.play(), { once: true });
  try {
    const player = begin(video, url, language, fail);
    await until(() => video.readyState >= 2, fail, "pictures");
    seen.languages = [...await until(() => {
      const all = player.languages();
      return all.length > 1 && all;
    }, fail, "languages")].sort();
    player.select(language);
    const isThere = (which) => () => cuesOf(video, which).some(({ text }) => text.includes(WANTED[language]));
    await until(isThere("cues"), fail, "texts");
    video.pause();
    video.currentTime = ${MOMENT};
    await until(isThere("activeCues"), fail, "a text that is shown");
    seen.shown = cuesOf(video, "activeCues").map(({ startTime, endTime, text }) => ({ startTime, endTime, text }));
  } catch (error) { fail(String(error)); }
  video.remove();
  return seen;
};
const all = ${JSON.stringify(urls)}.flatMap((url) => ["en", "de"].map((language) => [url, language]));
Promise.all(all.map(look))
  .then((all) => fetch("/report", { method: "POST", body: JSON.stringify(all) }));
</script>`;

let root: string;

beforeAll(async () => {
  root = tempFolder();
  mkdirSync(join(root, "keys"));
  writeFileSync(join(root, "keys", `${MADE_FOR.id}-0.key`), MEDIA_KEYS.made(MADE_FOR.id, 0));
  for (const set of SETS) {
    const { folder } = await makeProducts(await subtitledFilm(5), profileOf({ ...SET, ...set }));
    const name = set.protection ? `${set.container}-encrypted` : set.container;
    symlinkSync(join(folder, "0"), join(root, name));
  }
  const film = await clip({ seconds: 5, width: 160, height: 90, audio: "aac" });
  const beside = profileOf({ ...SET, container: "cmaf" });
  const { folder } = await makeProducts(film, beside, { extras: { subtitles: subtitleFiles() } });
  symlinkSync(join(folder, "0"), join(root, BESIDE));
});

/** Within a picture or so. */
const near = (seconds: number) => expect.closeTo(seconds, 1);

describe("sets with subtitles in Chromium", () => {
  test.each(PLAYERS)("$name shows those of the language that is chosen", async (player) => {
    const { script, begin, urls } = player;
    const seen = await reportOf(page(begin, urls), root, { "/player.js": script });
    const cue = (startTime: number, endTime: number, text: RegExp) => ({
      ...{ startTime: near(startTime), endTime: near(endTime) },
      text: expect.stringMatching(text),
    });
    const offered = { error: null, languages: ["de", "en"] };
    expect(seen).toEqual(
      urls.flatMap((url) => [
        { ...{ url, language: "en" }, ...offered, shown: [cue(1, 1.6, /^Second\s*of two lines$/)] },
        { ...{ url, language: "de" }, ...offered, shown: [cue(1, 2, /Hallo.*Welt/s)] },
      ]),
    );
  });
});
