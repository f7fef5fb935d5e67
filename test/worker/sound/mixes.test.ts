import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Container } from "../../../src/profile/containers.ts";
import type { Sound } from "../../../src/profile/fields/sound.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { hear } from "../../fixtures/heard.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { loudnessOf, soundingFilm, TONES } from "../../fixtures/sounding.ts";
import { aCustomVideo } from "../../plan/builders.ts";

setDefaultTimeout(60_000);

const VIDEO = aCustomVideo({ effort: "highPerformance", bitrateBps: 100_000, gop: { frames: 25 } });
const AUDIO = { codec: "aac", bitrateBps: 128_000 } as const;

const profile = (container: Container, sound: Sound, fields: Partial<Rendition> = {}) =>
  profileOf({ container, video: VIDEO, audio: AUDIO, sound, ...fields });

let film: string;
beforeAll(async () => {
  film = await soundingFilm();
});

describe("mixes", () => {
  test("bring the centre of 5.1 into both sides of a stereo, as loud as it is", async () => {
    const { verified } = await makeProducts(film, profile("mp4", { mix: "stereo" }));
    const path = verified[0]?.finished.entry ?? "";
    const heard = await hear(path);
    expect([heard.channels, heard.toneAt(1, 0), heard.toneAt(1, 1)]).toEqual([
      2,
      TONES.english,
      TONES.english,
    ]);
    const source = await loudnessOf(film, "0:a:0");
    const { lufs } = await loudnessOf(path, "0:a:0");
    expect(lufs - source.lufs).toBeWithin(-0.4, 0.4);
  });

  test("make 5.1 and stereo of surround, and stereo of pairs of single channels", async () => {
    const both = await makeProducts(film, profile("mp4", { mix: "surround_and_stereo" }));
    const mixed = both.verified[0]?.finished.entry ?? "";
    const made = [await hear(mixed, "0:a:0"), await hear(mixed, "0:a:1")];
    expect(made.map(({ channels }) => channels)).toEqual([6, 2]);
    expect([made[0]?.toneAt(1, 2), made[1]?.toneAt(1, 0)]).toEqual([TONES.english, TONES.english]);
    const sides = join(tempFolder(), "sides.mkv");
    const tone = (hertz: number) => ["-f", "lavfi", "-i", `sine=${hertz}:r=48000:d=1`];
    const maps = ["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:a", "pcm_s16le"];
    await ffmpeg([...tone(500), ...tone(600), ...tone(700), ...tone(800), ...maps, sides]);
    const pairs = await makeProducts(
      sides,
      profile("mkv", { tracks: "all", mix: "mono_pairs" }, { video: "none" }),
    );
    const path = pairs.verified[0]?.finished.entry ?? "";
    const [first, second] = [await hear(path, "0:a:0"), await hear(path, "0:a:1")];
    expect([first, second].map((one) => [one.toneAt(0.5, 0), one.toneAt(0.5, 1)])).toEqual([
      [500, 600],
      [700, 800],
    ]);
  });
});
