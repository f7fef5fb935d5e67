import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SampleProtection } from "../../src/profile/fields/protection.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import { MEDIA_KEYS } from "../fixtures/bench-run.ts";
import { ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { MADE_FOR, makeProducts, profileOf } from "../fixtures/made-products.ts";
import { DASH_JS, HLS_JS, type Player, SHAKA_PLAYER, seenBy } from "../fixtures/players.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Two segments. */
const SECONDS = 7;
const PICTURES = SECONDS * 25;
const KEYS: Omit<SampleProtection, "method"> = { keyUrl: "/keys/{task_id}-{key}.key" };
const LICENSE = "/keys/{key_id}.json?of={task_id}&for=dash";
const rendition = (container: Rendition["container"], protection: SampleProtection): Rendition => ({
  container,
  video: aCustomVideo({ width: 64, height: 36, effort: "highPerformance", bitrateBps: 50_000 }),
  audio: anAudio({ bitrateBps: 64_000 }),
  protection,
});
const SETS: Readonly<Record<string, Rendition>> = {
  "cmaf-cenc": rendition("cmaf", { ...KEYS, method: "cenc", licenseUrl: LICENSE }),
  "cmaf-cbcs": rendition("cmaf", { ...KEYS, method: "cbcs", licenseUrl: LICENSE }),
  "dash-cenc": rendition("dash", { method: "cenc", licenseUrl: LICENSE }),
  "dash-cbcs": rendition("dash", { method: "cbcs", licenseUrl: LICENSE }),
  "clearkey-cenc": rendition("cmaf", { ...KEYS, method: "cenc", keyFormat: "org.w3.clearkey" }),
  "clearkey-cbcs": rendition("cmaf", { ...KEYS, method: "cbcs", keyFormat: "org.w3.clearkey" }),
};
const BY_HLS = ["cmaf-cenc/out.m3u8", "cmaf-cbcs/out.m3u8"];
const BY_DASH = [
  ...["cmaf-cenc/segments/manifest.mpd", "cmaf-cbcs/segments/manifest.mpd"],
  ...["dash-cenc/out.mpd", "dash-cbcs/out.mpd"],
];

const keyId = MEDIA_KEYS.idOf(MADE_FOR.id, 0);
/** It asks a server of licenses that the page names. */
const BY_LICENSE: Player = {
  ...HLS_JS,
  start: `const licenseUrl = "/keys/${keyId}.json";
    const hls = new Hls({ emeEnabled: true, drmSystems: { "org.w3.clearkey": { licenseUrl } } });
    hls.on(Hls.Events.ERROR, (_, { fatal, details, error }) => { if (fatal) fail(details + " " + error?.message); });
    hls.loadSource(url); hls.attachMedia(video);`,
};
const PLAYERS = [
  { ...SHAKA_PLAYER, urls: [...BY_HLS, ...BY_DASH] },
  { ...DASH_JS, urls: BY_DASH },
  { ...BY_LICENSE, urls: ["clearkey-cenc/out.m3u8", "clearkey-cbcs/out.m3u8"] },
];

let root: string;

beforeAll(async () => {
  root = tempFolder();
  mkdirSync(join(root, "keys"));
  const key = Buffer.from(MEDIA_KEYS.made(MADE_FOR.id, 0));
  writeFileSync(join(root, "keys", `${MADE_FOR.id}-0.key`), key);
  const kid = Buffer.from(keyId, "hex").toString("base64url");
  writeFileSync(
    join(root, "keys", `${keyId}.json`),
    JSON.stringify({
      keys: [{ kty: "oct", kid, k: key.toString("base64url") }],
      type: "temporary",
    }),
  );
  const source = join(tempFolder(), "blue.mp4");
  await ffmpeg([
    ...["-f", "lavfi", "-i", `color=0x2080c0:s=64x36:r=25:d=${SECONDS}`],
    ...["-f", "lavfi", "-i", `sine=440:r=48000:d=${SECONDS}`],
    ...["-g", "25", "-pix_fmt", "yuv420p", source],
  ]);
  for (const [name, set] of Object.entries(SETS)) {
    const { folder } = await makeProducts(source, profileOf(set));
    symlinkSync(join(folder, "0"), join(root, name));
  }
});

describe("sets of encrypted samples in Chromium", () => {
  test.each(PLAYERS)("$name plays each to its end by its key", async ({ urls, ...player }) => {
    const seen = await seenBy(player, root, urls);
    const told = seen.map(({ url, error, isSecret, pictures }) => ({
      url,
      error,
      isSecret,
      pictures,
    }));
    expect(told).toEqual(
      urls.map((url) => ({ url, error: null, isSecret: true, pictures: PICTURES })),
    );
    for (const { currentTime } of seen) expect(currentTime).toBeGreaterThan(SECONDS - 0.2);
  });

  test("none plays by another key", async () => {
    const wrong = `player.configure("drm.clearKeys", { "${keyId}": "00112233445566778899aabbccddeeff" });`;
    const start = SHAKA_PLAYER.start.replace("player.attach", `${wrong} player.attach`);
    const urls = ["dash-cenc/out.mpd", "dash-cbcs/out.mpd"];
    const seen = await seenBy({ ...SHAKA_PLAYER, start }, root, urls);
    expect(seen.map(({ url, error }) => ({ url, isShown: error === null }))).toEqual(
      urls.map((url) => ({ url, isShown: false })),
    );
    for (const { pictures } of seen) expect(pictures).toBeLessThan(PICTURES);
  });
});
