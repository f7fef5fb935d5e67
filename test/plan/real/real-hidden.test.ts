import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { segmentsOf } from "../../../src/manifest/write/set-playlists.ts";
import type { Container } from "../../../src/profile/containers.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import type { Verified } from "../../../src/worker/output/verify-products.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import {
  film,
  filmOfHiddenEnd,
  withHiddenEnd,
  withPicturesFirst,
} from "../../fixtures/edit-lists.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { aCustomVideo } from "../builders.ts";
import { probe } from "../run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const run = promisify(execFile);

const copy = (container: Container): Rendition => ({ container, video: "copy", audio: "copy" });

/** The last three of 50 are white. */
const even = () => film("25", 47);

/** A file as it is, a set as one file. */
function fileOf([product]: readonly Verified[]): string {
  const { entry = "", segments } = product?.finished ?? {};
  if (segments === undefined) return entry;
  const joined = join(tempFolder(), "joined.ts");
  for (const name of segmentsOf(readFileSync(entry, "utf8")))
    appendFileSync(joined, readFileSync(join(dirname(entry), name)));
  return joined;
}

/** How bright each picture is, on the average. */
async function brightness(path: string): Promise<readonly number[]> {
  const filter = "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-";
  const args = ["-v", "error", "-i", path, "-map", "0:v", "-vf", filter, "-f", "null", "-"];
  const { stdout } = await run("ffmpeg", args);
  return [...stdout.matchAll(/YAVG=([\d.]+)/g)].map(([, value]) => Number(value));
}
const WHITE = 200;

async function samples(path: string): Promise<number> {
  const args = ["-v", "error", "-i", path, "-map", "0:a", "-f", "framecrc", "-"];
  const { stdout } = await run("ffmpeg", args);
  const lines = stdout.matchAll(/^0, *-?\d+, *-?\d+, *(\d+),/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe("pictures that an edit list hides at the end alone", () => {
  const containers = ["mp4", "mkv", "mpegts", "flv", "m3u8"] as const;

  test.each(["mkv", "m3u8"] as const)(
    "are not in a copy into %s, which becomes an encode",
    async (container) => {
      const hidden = withHiddenEnd(await even(), "vide", 3 / 25);
      const { verified, plans } = await makeProducts(hidden, profileOf(copy(container)));
      const shown = await brightness(fileOf(verified));
      expect(shown).toHaveLength(47);
      expect(Math.max(...shown)).toBeLessThan(WHITE);
      expect(plans).toHaveLength(1);
    },
  );

  test.each(containers)(
    "are not in one into %s where the packets alone tell",
    async (container) => {
      const hidden = await filmOfHiddenEnd();
      const { verified, plans } = await makeProducts(hidden, profileOf(copy(container)));
      expect(Math.max(...(await brightness(fileOf(verified))))).toBeLessThan(WHITE);
      expect(plans.map(({ products }) => products[0]?.video.action)).toEqual(["copy", "encode"]);
      expect(plans[1]?.products[0]?.video.why).toStartWith("an edit list hides 0.0");
      expect(plans[1]?.warnings.map(({ code }) => code)).toEqual(["hidden_media"]);
    },
  );

  test("are not in a copy that was made because it fits", async () => {
    const hidden = await filmOfHiddenEnd();
    const fits = { ...copy("mkv"), video: aCustomVideo({ bitrateBps: 9_000_000 }) };
    const { verified, plans } = await makeProducts(hidden, profileOf(fits));
    expect(plans.map(({ products }) => products[0]?.video.action)).toEqual(["copy", "encode"]);
    expect(Math.max(...(await brightness(fileOf(verified))))).toBeLessThan(WHITE);
  });

  test("are not in a copied clip that goes on to the end", async () => {
    const hidden = await filmOfHiddenEnd();
    const clip = { startSeconds: 1 };
    const { verified } = await makeProducts(hidden, profileOf(copy("mkv")), { clip });
    expect(Math.max(...(await brightness(fileOf(verified))))).toBeLessThan(WHITE);
  });

  test("are not seen where there are none, though pictures come unevenly", async () => {
    const slow = "select=if(lt(n\\,100)\\,not(mod(n\\,20))\\,1)";
    const { plans } = await makeProducts(await film("100", 999, slow), profileOf(copy("mkv")));
    expect(plans.map(({ products }) => products[0]?.video.action)).toEqual(["copy"]);
  });
});

describe("sound that an edit list hides at the end alone", () => {
  test.each([0.05, 0.5])("is not in a copy: %d s", async (seconds) => {
    const hidden = withHiddenEnd(await even(), "soun", seconds);
    const { verified } = await makeProducts(hidden, profileOf(copy("mkv")));
    // Its last packet is whole, and what decoders swallow comes before.
    const most = (2 - seconds) * 48_000 + 3 * 1024;
    expect(await samples(fileOf(verified))).toBeLessThanOrEqual(most);
  });
});

describe("the beginning that an edit list hides of a film with its pictures first", () => {
  /** A second of its pictures comes before its sound. */
  const trimmed = async (rate: number) => {
    const args = ["-g", String(2 * rate)];
    const film = { seconds: 2, width: 160, height: 90, rate: String(rate), args };
    const path = join(tempFolder(), "trimmed.mov");
    await ffmpeg(["-ss", "0.9", "-i", await clip(film), "-c", "copy", path]);
    return withPicturesFirst(path);
  };

  test("is known where more of the first packets are looked at, as of most films", async () => {
    const { audio, video } = await probe(await trimmed(25), "source", false);
    expect(audio?.hidden?.headSeconds).toBeCloseTo(0.9, 1);
    expect(video?.hidden?.headSeconds).toBeCloseTo(0.9, 1);
  });

  test.each([
    ["mkv", "encode"],
    ["mp4", "copy"],
  ] as const)("is not in a copy into %s", async (container, action) => {
    const { verified, plans } = await makeProducts(await trimmed(100), profileOf(copy(container)));
    const decided = plans.map(({ products }) => [
      products[0]?.video.action,
      products[0]?.audio.action,
    ]);
    expect(decided).toEqual([
      [action, "copy"],
      [action, "encode"],
    ]);
    expect(await samples(fileOf(verified))).toBeLessThanOrEqual(1.1 * 48_000 + 3 * 1024);
    expect(await brightness(fileOf(verified))).toHaveLength(110);
  });
});

describe("a sound of which an edit list hides no more than decoders swallow", () => {
  test.each([
    ["Opus in mp4", { audio: "libopus" }],
    [
      "MP3 of few samples a second in mov",
      { audio: "libmp3lame", container: "mov", args: ["-ar", "22050"] },
    ],
  ])("stays a copy: %s", async (_, options) => {
    const film = await clip({ width: 160, height: 90, seconds: 3, ...options });
    const { plans, warnings } = await makeProducts(film, profileOf(copy("mkv")));
    expect(plans.map(({ products }) => products[0]?.audio.action)).toEqual(["copy"]);
    expect(warnings).toEqual([]);
  });
});
