import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../../../src/profile/containers.ts";
import type { Sound } from "../../../src/profile/fields/sound.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { hear } from "../../fixtures/heard.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { loudnessOf, soundingFilm, TONES } from "../../fixtures/sounding.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { aCustomVideo } from "../../plan/builders.ts";
import { outputOf } from "../../plan/run-plan.ts";

setDefaultTimeout(60_000);

const VIDEO = aCustomVideo({ effort: "highPerformance", bitrateBps: 100_000, gop: { frames: 25 } });
const AUDIO = { codec: "aac", bitrateBps: 128_000 } as const;

const profile = (container: Container, sound: Sound, fields: Partial<Rendition> = {}) =>
  profileOf({ container, video: VIDEO, audio: AUDIO, sound, ...fields });

let film: string;
beforeAll(async () => {
  film = await soundingFilm();
});

type Probed = {
  readonly streams: readonly {
    readonly channels: number;
    readonly tags?: {
      readonly language?: string;
      readonly title?: string;
      readonly handler_name?: string;
    };
    readonly disposition: Readonly<Record<string, number>>;
  }[];
};

/** Of each sound of a file: channels, language, title as a player finds it, and marks. */
const soundsIn = async (path: string) => {
  const args = ["-select_streams", "a", "-show_streams", "-of", "json", path];
  const { streams } = JSON.parse((await outputOf("ffprobe", args)).toString()) as Probed;
  return streams.map(({ channels, tags = {}, disposition }) => [
    ...[channels, tags.language, tags.title ?? tags.handler_name],
    Object.keys(disposition).filter((name) => disposition[name] === 1),
  ]);
};

/** The tone of each sound in the middle of the film. */
const tonesIn = async (path: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, at) => (await hear(path, `0:a:${at}`)).toneAt(1)),
  );

describe("several sounds in a file", () => {
  test.each([
    ["mkv", undefined, ["default"], ["dub"], ["comment"]],
    ["mp4", "SoundHandler", ["default"], ["dub"], ["comment"]],
    ["mov", "SoundHandler", ["default"], [], []],
    ["mpegts", undefined, [], [], []],
  ] as const)(
    "keep their languages, titles and marks as far as %s has them",
    async (container, none, ...marks) => {
      const { folder, verified, warnings } = await makeProducts(
        film,
        profile(container, { tracks: "all" }),
      );
      const path = verified[0]?.finished.entry ?? folder;
      const title = container === "mpegts" ? undefined : 'Director "cut"';
      expect(await soundsIn(path)).toEqual([
        [6, "eng", none, [...marks[0]]],
        [2, "fra", none, [...marks[1]]],
        [1, "eng", title, [...marks[2]]],
      ]);
      expect(await tonesIn(path, 3)).toEqual([0, TONES.french, TONES.comment]);
      expect((await hear(path, "0:a:0")).toneAt(1, 2)).toBe(TONES.english);
      expect(warnings).toEqual([]);
      expect(
        verified[0]?.output.sounds?.map(({ language, isDefault }) => [language, isDefault]),
      ).toEqual([
        ["eng", true],
        ["fra", false],
        ["eng", false],
      ]);
    },
  );

  test("are taken by language, in the order of the list, and copied where that is asked for", async () => {
    const copy = { audio: "copy", video: "copy" } as const;
    const made = await makeProducts(film, profile("mkv", { tracks: ["fr", "en", "de"] }, copy));
    const path = made.verified[0]?.finished.entry ?? "";
    expect((await soundsIn(path)).map(([, language, , marks]) => [language, marks])).toEqual([
      ["fra", ["default", "dub"]],
      ["eng", []],
      ["eng", ["comment"]],
    ]);
    expect(made.warnings.map(({ code }) => code)).toEqual(["audio_track_missing"]);
    expect(made.verified[0]?.output.sounds?.map(({ codec }) => codec)).toEqual([
      "mp2",
      "ac3",
      "aac",
    ]);
  });

  test("keep the distance of one that begins late, and of a clip of all", async () => {
    const path = join(tempFolder(), "late.mkv");
    const late = ["-itsoffset", "0.9", "-f", "lavfi", "-i", "sine=800:r=48000:d=1.1"];
    await ffmpeg([
      ...["-i", film, ...late, "-map", "0:v", "-map", "0:a:1", "-map", "1"],
      "-c:v",
      "copy",
      path,
    ]);
    const { verified } = await makeProducts(path, profile("mp4", { tracks: "all" }));
    const whole = verified[0]?.finished.entry ?? "";
    const heard = await hear(whole, "0:a:1");
    expect([heard.toneAt(0.6), heard.toneAt(1.1)]).toEqual([0, 800]);
    expect((await hear(whole, "0:a:0")).toneAt(0.1)).toBe(TONES.french);
    const clip = { startSeconds: 0.5, durationSeconds: 1 };
    const cut = await makeProducts(path, profile("mp4", { tracks: "all" }), { clip });
    const part = await hear(cut.verified[0]?.finished.entry ?? "", "0:a:1");
    expect([part.toneAt(0.2), part.toneAt(0.6)]).toEqual([0, 800]);
    expect(part.seconds).toBeWithin(0.9, 1.1);
  });

  test.each([
    ["one is missing", ["-map", "0:v", "-map", "0:a:0", "-map", "0:a:1"], "it has 2 sounds, not 3"],
    [
      "one is another",
      ["-map", "0:v", "-map", "0:a:1", "-map", "0:a:0", "-map", "0:a:2"],
      "channels, not",
    ],
    [
      "one is in another language",
      ["-map", "0", "-metadata:s:a:1", "language=deu"],
      'in the language "deu", not "fra"',
    ],
    [
      "one ends early",
      ["-map", "0:v", "-map", "0:a:0", "-map", "0:a:1", "-map", "1:a:2"],
      "its audio should last 2",
    ],
  ])("are refused if %s", async (_what, maps, why) => {
    const failed = taskErrorOf(
      makeProducts(film, profile("mp4", { tracks: "all" }), {
        spoil: (folder) => {
          const path = join(folder, "0/out.mp4");
          const other = join(folder, "other.mp4");
          const inputs = ["-i", path, "-t", "0.5", "-i", path];
          execFileSync("ffmpeg", ["-v", "error", ...inputs, ...maps, "-c", "copy", other]);
          renameSync(other, path);
        },
      }),
    );
    expect((await failed).message).toContain(why);
  });
});

describe("loudness", () => {
  test.each([
    ["mp4", -23],
    ["cmaf", -16],
  ] as const)(
    "of every sound in %s is within half a unit of %d LUFS",
    async (container, wanted) => {
      const sound = { tracks: "all", loudnessLufs: wanted } as const;
      const { folder, verified, warnings } = await makeProducts(film, profile(container, sound));
      expect(warnings).toEqual([]);
      const { finished, output } = verified[0] ?? {};
      for (const [at, told] of (output?.sounds ?? []).entries()) {
        const path =
          container === "mp4"
            ? (finished?.entry ?? "")
            : join(folder, `0/segments/media_${at + 1}.m3u8`);
        const { lufs, peak } = await loudnessOf(path, container === "mp4" ? `0:a:${at}` : "0:a:0");
        expect(lufs).toBeWithin(wanted - 0.5, wanted + 0.5);
        expect(peak).toBeLessThan(-1);
        expect(told.loudness?.after.integratedLufs).toBeWithin(wanted - 0.5, wanted + 0.5);
      }
      const [quiet, loud] = output?.sounds ?? [];
      expect(quiet?.loudness?.before.integratedLufs).toBeLessThan(
        loud?.loudness?.before.integratedLufs ?? -70,
      );
    },
  );

  test("of sound with high peaks is reached by a limiter, whose true peaks stay below -1 dBTP", async () => {
    const path = join(tempFolder(), "peaks.wav");
    const clicks =
      "aevalsrc=0.05*sin(2*PI*300*t)+0.9*lt(mod(t\\,0.5)\\,0.002)*sin(2*PI*7000*t):d=4:s=48000";
    await ffmpeg(["-f", "lavfi", "-i", clicks, path]);
    const audio = { codec: "mp3", bitrateBps: 192_000 } as const;
    const { verified, plans } = await makeProducts(
      path,
      profile("mp3", { loudnessLufs: -14 }, { video: "none", audio }),
    );
    const { lufs, peak } = await loudnessOf(verified[0]?.finished.entry ?? "", "0:a:0");
    expect(plans.at(-1)?.steps[0]?.args.join(" ")).toContain("alimiter");
    expect(lufs).toBeWithin(-14.5, -13.5);
    expect(peak).toBeLessThan(-1);
  });

  test.each([
    ["silence", "anullsrc=d=1", /^The sound of stream 0 is at -70 LUFS, not at -14: it is silent$/],
    [
      "what is next to silence",
      "aevalsrc=0.001*sin(2*PI*1000*t):d=1:s=48000",
      /^The sound of stream 0 is at -2\d\.?\d* LUFS, not at -14: its peaks, its encoder or the highest gain of 40 dB do not allow it$/,
    ],
  ])("of %s is missed, with a warning", async (_what, filter, message) => {
    const path = join(tempFolder(), "quiet.wav");
    await ffmpeg(["-f", "lavfi", "-i", filter, path]);
    const audio = { codec: "mp3", bitrateBps: 128_000 } as const;
    const made = await makeProducts(
      path,
      profile("mp3", { loudnessLufs: -14 }, { video: "none", audio }),
    );
    expect(made.warnings).toEqual([
      { code: "loudness_missed", message: expect.stringMatching(message) },
    ]);
  });
});

describe("several sounds in a set", () => {
  test("are told of by HLS and DASH, each with its language, name and purpose", async () => {
    const { folder, verified } = await makeProducts(film, profile("cmaf", { tracks: "all" }));
    const master = readFileSync(verified[0]?.finished.entry ?? "", "utf8");
    const lines = master.split("\n").filter((line) => line.startsWith("#EXT-X-MEDIA"));
    expect(lines).toEqual([
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-1",NAME="English",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en",CHANNELS="6",URI="segments/media_1.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-1",NAME="French",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="fr",CHANNELS="2",URI="segments/media_2.m3u8"',
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-1",NAME="Director 'cut'",DEFAULT=NO,AUTOSELECT=NO,LANGUAGE="en",CHANNELS="1",URI="segments/media_3.m3u8"`,
    ]);
    const manifest = readFileSync(join(folder, "0/segments/manifest.mpd"), "utf8");
    const sets = [
      ...manifest.matchAll(/lang="(\w+)"><Label>([^<]*)<\/Label><Role [^>]*value="([^"]*)"/g),
    ];
    expect(sets.map(([, ...told]) => told)).toEqual([
      ["en", "English", "main"],
      ["fr", "French", "dub"],
      ["en", "Director 'cut'", "commentary"],
    ]);
    for (const [at, hertz] of [
      [2, TONES.french],
      [3, TONES.comment],
    ] as const)
      expect((await hear(join(folder, `0/segments/media_${at}.m3u8`))).toneAt(1)).toBe(hertz);
  });
});

test("the WebAssembly engine chooses, mixes and measures as well", async () => {
  const engine = await openWasm();
  const sound = { tracks: ["eng", 1], mix: "stereo", loudnessLufs: -20 } as const;
  const { verified, warnings } = await makeProducts(film, profile("mp4", sound), { engine });
  await engine.close();
  const path = verified[0]?.finished.entry ?? "";
  expect(warnings).toEqual([]);
  expect((await soundsIn(path)).map(([channels, language]) => [channels, language])).toEqual([
    [2, "eng"],
    [1, "eng"],
    [2, "fra"],
  ]);
  for (const at of [0, 1, 2])
    expect((await loudnessOf(path, `0:a:${at}`)).lufs).toBeWithin(-20.5, -19.5);
});
