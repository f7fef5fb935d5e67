import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Qlty, toRendition } from "../../src/profile/qlty.ts";
import { reportOf, UNTIL } from "../fixtures/browser.ts";
import { CAPTIONED, CAPTIONED_TEXT } from "../fixtures/captions.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { HLS_JS, SHAKA_PLAYER } from "../fixtures/players.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const [HLS, DASH] = ["set/out.m3u8", "set/segments/manifest.mpd"];
/** How each player is begun; `offered` tells the captions that it has for a menu, and `select` shows them. */
const PLAYERS = [
  {
    ...HLS_JS,
    begin: `${HLS_JS.start}
      const captions = () => [...video.textTracks].filter(({ kind }) => kind === "captions");
      return {
        offered: () => captions().map(({ label }) => label),
        select: () => { for (const track of captions()) track.mode = "showing"; },
      };`,
    urls: [HLS],
    offered: "English",
  },
  {
    ...SHAKA_PLAYER,
    begin: `${SHAKA_PLAYER.start}
      player.configure({ preferredText: [{ language: "en" }] });
      return {
        offered: () => player.getTextTracks().map(({ language }) => language),
        select: () => {
          player.selectTextTrack(player.getTextTracks()[0]);
          player.setTextTrackVisibility?.(true);
        },
      };`,
    urls: [HLS, DASH],
    offered: "en",
  },
];

/** Loads each set, shows its captions, and tells what they say from when to when. */
const page = (
  begin: string,
  urls: readonly (string | undefined)[],
): string => `<!doctype html><body>
<script src="/player.js"></script>
<script>
const begin = (video, url, fail) => { ${begin} };
${UNTIL}
const look = async (url) => {
  const seen = { url, error: null, offered: [], shown: null };
  const fail = (why) => { seen.error ??= why; };
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  video.addEventListener("canplay", () => video.play(), { once: true });
  try {
    const player = begin(video, url, fail);
    await until(() => video.readyState >= 2, fail, "pictures");
    seen.offered = await until(() => player.offered().length > 0 && player.offered(), fail, "captions");
    player.select();
    const cues = () => [...video.textTracks].filter(({ mode }) => mode === "showing")
      .flatMap((track) => [...(track.activeCues ?? [])]);
    const cue = await until(() => {
      // Captions that pop on come with the pictures before them.
      if (video.ended) { video.currentTime = 1; video.play(); }
      return cues().find(({ text }) => text.includes("${CAPTIONED_TEXT}"));
    }, fail, "a text that is shown");
    seen.shown = { startTime: cue.startTime, endTime: cue.endTime };
  } catch (error) { fail(String(error)); }
  video.remove();
  return seen;
};
Promise.all(${JSON.stringify(urls)}.map(look))
  .then((all) => fetch("/report", { method: "POST", body: JSON.stringify(all) }));
</script>`;

let root: string;

beforeAll(async () => {
  root = tempFolder();
  const group: Qlty = {
    ...{ container: "cmaf", bitrate: 100_000, height: 90, audio_bitrate: 64_000 },
    ...{ closed_captions: "keep", caption_languages: { CC1: "en" } },
  };
  const { folder } = await makeProducts(CAPTIONED, profileOf(toRendition(group)));
  symlinkSync(join(folder, "0"), join(root, "set"));
});

describe("sets with captions in Chromium", () => {
  test.each(PLAYERS)("$name offers them by their language, and shows them", async (player) => {
    const { script, begin, urls, offered } = player;
    const seen = await reportOf(page(begin, urls), root, { "/player.js": script });
    const shown = { startTime: expect.closeTo(1.1, 0), endTime: expect.closeTo(4.1, 0) };
    expect(seen).toEqual(urls.map((url) => ({ url, error: null, offered: [offered], shown })));
  });
});
