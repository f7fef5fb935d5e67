import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseWebVtt } from "../../../src/manifest/write/webvtt.ts";
import { captionAbilities } from "../../../src/plan/encode/captions.ts";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { BUNDLED, CAPTIONED, CAPTIONED_TEXT, captionsOf } from "../../fixtures/captions.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { capabilitiesHere, outputOf } from "../../plan/run-plan.ts";

setDefaultTimeout(60_000);

const profile = (fields: Partial<Qlty>) =>
  profileOf(
    toRendition({
      ...{ container: "mp4", bitrate: 200_000, height: 90, audio_bitrate: 64_000 },
      ...{ preset: "highPerformance", ...fields },
    }),
  );

/** Both streams as they are. */
const COPY = { format: "copy", audio_format: "copy" } as const;
const CLIP = { startSeconds: 0, durationSeconds: 3 };

/** When the first caption in a film's pictures is shown, by ffmpeg. */
async function firstShown(path: string): Promise<number> {
  const name = join(tempFolder(), "shown.mp4");
  copyFileSync(path, name);
  const graph = ["-f", "lavfi", "-i", `movie=${name}[out0+subcc]`, "-map", "0:1"];
  const vtt = await outputOf("ffmpeg", ["-copyts", ...graph, "-f", "webvtt", "-"]);
  return Number(cuesOf(vtt.toString())[0]?.[0]);
}

/** What each track of subtitles says, and when, in s. */
async function textsOf(path: string) {
  const args = ["-select_streams", "s", "-show_entries", "stream=codec_name:stream_tags=language"];
  const told = (await outputOf("ffprobe", [...args, "-of", "csv=p=0", path])).toString();
  const tracks = told.trim().split("\n");
  const shown = tracks.map(async (name, at) => {
    const vtt = await outputOf("ffmpeg", ["-i", path, "-map", `0:s:${at}`, "-f", "webvtt", "-"]);
    return [name, cuesOf(vtt.toString())] as const;
  });
  return Promise.all(shown);
}
const cuesOf = (vtt: string) =>
  parseWebVtt(vtt).cues.map(({ startMs, endMs, text }) => [startMs / 1000, endMs / 1000, text]);

/** In s: versions of ffmpeg differ in where a film begins. */
const NEAR = 0.1;
/** When the picture of `CAPTIONED` begins, which is later than its sound: so much later are its captions than the times in them. */
const LATE = 0.119;
type Shown = readonly (string | number)[];
/** Holds texts against those that are expected, and what they say if that is not all. */
function expectShown(shown: readonly Shown[] = [], ...expected: readonly Shown[]): void {
  const said = (cues: readonly Shown[]) => cues.map(([, , text]) => String(text));
  expect(said(shown)).toEqual(said(expected).map((text) => expect.stringContaining(text)) as never);
  for (const [at, cue] of expected.entries())
    for (const end of [0, 1])
      expect(Math.abs(Number(shown[at]?.[end]) - Number(cue[end]))).toBeLessThan(NEAR);
}
const LATER = "être une période de questions\ntrès courte, chers députés.";

describe("captions as texts", () => {
  test("of both fields come out whole, and the pictures have none", async () => {
    const made = await makeProducts(
      BUNDLED,
      profile({ closed_captions: "extract", caption_languages: { CC1: "en", CC3: "fr" } }),
    );
    const path = join(made.folder, "0", "out.mp4");
    expect(made.warnings).toEqual([]);
    const [[english, first] = [], [french, second] = []] = await textsOf(path);
    expect([english, french]).toEqual(["mov_text,eng", "mov_text,fra"]);
    expectShown(
      first,
      [0.901, 3.504, "PERIOD, FOLKS."],
      [3.504, 4.471, "PERIOD, FOLKS.\nWE’RE LOSING TIME FROM QUESTION"],
      [4.471, 6.039, "PERIOD, FOLKS.\nWE’RE LOSING TIME FROM QUESTION\nPERIOD."],
    );
    expectShown(
      second,
      [0.267, 1.168, "être une période de questions"],
      [1.168, 5.072, LATER],
      [5.072, 6.039, `${LATER}\nNous perdons du te`],
    );
    expect(await captionsOf(path)).toBe("");
  });

  test("begin with the clip that is asked for, and stay in a copy", async () => {
    const clip = { startSeconds: 2, durationSeconds: 2.5 };
    const { folder } = await makeProducts(
      CAPTIONED,
      profile({ container: "mkv", closed_captions: "keep_and_extract" }),
      { clip },
    );
    const path = join(folder, "0", "out.mkv");
    const [[codec, cut] = []] = await textsOf(path);
    expect(codec).toBe("subrip");
    expectShown(cut, [0, 2 + LATE, CAPTIONED_TEXT]);
    const copied = await makeProducts(CAPTIONED, profile({ ...COPY, closed_captions: "extract" }));
    const whole = join(copied.folder, "0", "out.mp4");
    const [[, cues = []] = []] = await textsOf(whole);
    expectShown(cues.slice(0, 1), [1 + LATE, 4 + LATE, CAPTIONED_TEXT]);
    // Where the picture's own captions are shown.
    expect(Number(cues[0]?.[0])).toBeCloseTo(await firstShown(whole), 2);
    expect(await captionsOf(whole)).toBe(await captionsOf(CAPTIONED));
  });

  test("are read of pictures in another order, of every codec that has some", async () => {
    const { areInHevc } = captionAbilities(await capabilitiesHere());
    const sources = [
      ["ordered.mp4", "libx264", "-bf", "3"],
      ["broadcast.ts", "mpeg2video", "-bf", "2"],
      ...(areInHevc ? [["hevc.mkv", "libx265", "-a53cc", "1"]] : []),
    ] as const;
    for (const [name = "", codec = "", ...args] of sources) {
      const source = join(tempFolder(), name);
      const encoder = ["-c:v", codec, ...args, "-x265-params", "log-level=error"];
      await ffmpeg(["-i", CAPTIONED, "-t", "5", "-vf", "scale=160:90", ...encoder, source]);
      const { folder, warnings } = await makeProducts(
        source,
        profile({ ...COPY, container: "mkv", closed_captions: "extract" }),
      );
      expect(warnings).toEqual([]);
      const [[, cues] = []] = await textsOf(join(folder, "0", "out.mkv"));
      expectShown(cues?.slice(0, 1), [1 + LATE, 4 + LATE, CAPTIONED_TEXT]);
    }
  });

  test("are made by WebAssembly too", async () => {
    const engine = await openWasm();
    try {
      const { folder } = await makeProducts(CAPTIONED, profile({ closed_captions: "extract" }), {
        engine,
        clip: CLIP,
      });
      const [[, cues] = []] = await textsOf(join(folder, "0", "out.mp4"));
      expectShown(cues, [1 + LATE, 3, CAPTIONED_TEXT]);
    } finally {
      await engine.close();
    }
  });

  test("are told to be missing of a source that has none", async () => {
    const silent = join(tempFolder(), "none.mp4");
    await ffmpeg(["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", silent]);
    const { warnings } = await makeProducts(silent, profile({ closed_captions: "extract" }));
    expect(warnings).toEqual([
      { code: "subtitles_missing", message: "The source has no captions in its pictures" },
    ]);
  });
});

describe("captions in pictures", () => {
  test("are kept in HEVC where x265 writes them, and told of else", async () => {
    const { areInHevc } = captionAbilities(await capabilitiesHere());
    const { folder, warnings } = await makeProducts(
      CAPTIONED,
      profile({ container: "mkv", format: "h265", closed_captions: "keep" }),
    );
    expect(warnings.map(({ code }) => code)).toEqual(areInHevc ? [] : ["captions_dropped"]);
    const kept = await captionsOf(join(folder, "0", "out.mkv"));
    expect(kept).toBe(areInHevc ? await captionsOf(CAPTIONED) : "");
  });

  test("are dropped without a word", async () => {
    const dropped = profile({ closed_captions: "drop" });
    const { folder, warnings } = await makeProducts(CAPTIONED, dropped, { clip: CLIP });
    expect(warnings).toEqual([]);
    expect(await captionsOf(join(folder, "0", "out.mp4"))).toBe("");
  });

  test("are told of in playlists and manifest, beside the texts", async () => {
    const { folder } = await makeProducts(
      CAPTIONED,
      profile({
        ...{ container: "cmaf", closed_captions: "keep_and_extract" },
        caption_languages: { CC1: "en" },
      }),
      { clip: CLIP },
    );
    const master = readFileSync(join(folder, "0", "out.m3u8"), "utf8");
    expect(master).toContain(
      '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="CC1"\n',
    );
    expect(master).toContain('TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English (SDH)"');
    expect(master).toMatch(/^#EXT-X-STREAM-INF:.*CLOSED-CAPTIONS="captions"$/m);
    const segments = join(folder, "0", "segments");
    expect(readFileSync(join(segments, "manifest.mpd"), "utf8")).toMatch(
      /contentType="video"[^>]*>\s*<Accessibility schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="CC1=eng"\/>\s*<Representation/,
    );
    const texts = cuesOf(readFileSync(join(segments, "subtitles_0.vtt"), "utf8"));
    expectShown(texts.slice(0, 1), [1 + LATE, 3, CAPTIONED_TEXT]);
  });
});
