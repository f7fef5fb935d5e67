import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createDecipheriv } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseWebVtt } from "../../../src/manifest/write/webvtt.ts";
import type { Container } from "../../../src/profile/containers.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { segmentKeys } from "../../../src/worker/segment-keys.ts";
import { MEDIA_KEYS } from "../../fixtures/bench-run.ts";
import { MADE_FOR, makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { subtitledFilm } from "../../fixtures/subtitled.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { aCustomVideo, anAudio } from "../../plan/builders.ts";
import { outputOf } from "../../plan/run-plan.ts";

setDefaultTimeout(60_000);

const VIDEO = aCustomVideo({ effort: "highPerformance", bitrateBps: 100_000, gop: { frames: 25 } });
const profile = (
  container: Container,
  tracks: "all" | readonly (string | number)[] = "all",
  fields: Partial<Rendition> = {},
) =>
  profileOf({
    container,
    video: container === "webm" ? { ...VIDEO, codec: "vp9" } : VIDEO,
    audio: anAudio({ codec: container === "webm" ? "opus" : "aac", bitrateBps: 64_000 }),
    subtitles: { tracks },
    ...fields,
  });

/** When each text of a track is shown, in ms, and what it says. */
const shownIn = (vtt: string) =>
  parseWebVtt(vtt).cues.map(({ startMs, endMs, text }) => [startMs, endMs, text]);

const trackOf = async (path: string, at: number) =>
  shownIn(
    (await outputOf("ffmpeg", ["-i", path, "-map", `0:s:${at}`, "-f", "webvtt", "-"])).toString(),
  );

type Probed = {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly tags?: { readonly language?: string };
    readonly disposition: { readonly default: number; readonly forced: number };
  }[];
};
const probed = async (path: string) => {
  const args = ["-select_streams", "s", "-show_streams", "-of", "json", path];
  const { streams } = JSON.parse((await outputOf("ffprobe", args)).toString()) as Probed;
  return streams.map(({ codec_name, tags, disposition }) => [
    ...[codec_name, tags?.language, disposition.default, disposition.forced],
  ]);
};

/** A tenth of a second: the film may begin some ms after its sound, or end before it, by the version of ffmpeg. */
const near = (ms: number) => expect.closeTo(ms / 1000, 0.7);
const inSeconds = (shown: readonly (readonly (string | number)[])[]) =>
  shown.map(([from, to, text]) => [Number(from) / 1000, Number(to) / 1000, text]);

describe("subtitles in files", () => {
  test.each([
    ["mkv", "subrip", 1],
    ["mp4", "mov_text", 1],
    ["mov", "mov_text", 0],
    ["webm", "webvtt", 1],
  ] as const)(
    "keep their texts, times, languages and marks in %s",
    async (container, codec, forced) => {
      const { folder, warnings } = await makeProducts(await subtitledFilm(), profile(container));
      const path = join(folder, "0", `out.${container}`);
      expect(warnings).toEqual([]);
      expect(await probed(path)).toEqual([
        [codec, "eng", 1, 0],
        // MP4 knows languages by other codes than the rest.
        [codec, container === "mp4" ? "deu" : "ger", 0, forced],
      ]);
      const english = inSeconds(await trackOf(path, 0));
      expect(english.at(-1)).toEqual([near(2400), near(3000), "Last"]);
      expect(english[0]?.[0]).toEqual(near(400));
      expect(english.map(([, , text]) => text).join("/")).toContain("Hello <i>there</i> & 1 < 2");
      expect(inSeconds(await trackOf(path, 1))).toEqual([
        [near(1000), near(2000), "<b>Hallo</b>\nWelt"],
      ]);
    },
  );

  test("begin with the clip that is asked for", async () => {
    const clip = { startSeconds: 1.2, durationSeconds: 1.4 };
    for (const container of ["mp4", "mkv"] as const) {
      const { folder } = await makeProducts(await subtitledFilm(), profile(container), { clip });
      const path = join(folder, "0", `out.${container}`);
      const second = "Second\nof two lines";
      const [first, last] = inSeconds(await trackOf(path, 0));
      expect(first).toEqual([near(0), near(400), second]);
      expect(last).toEqual([near(1200), near(1400), "Last"]);
      expect(inSeconds(await trackOf(path, 1))).toEqual([
        [near(0), near(800), "<b>Hallo</b>\nWelt"],
      ]);
    }
  });

  test("are those that were chosen, and the rest is told of", async () => {
    const { folder, warnings, plans } = await makeProducts(
      await subtitledFilm(),
      profile("mkv", ["fr", "de", 7]),
    );
    expect(await probed(join(folder, "0", "out.mkv"))).toEqual([["subrip", "ger", 0, 1]]);
    expect(warnings).toEqual([
      { code: "subtitles_missing", message: 'The source has no subtitles in "fr"' },
      { code: "subtitles_missing", message: "The source has no track 7 of subtitles" },
    ]);
    expect(plans.at(-1)?.steps.map(({ name }) => name)).toEqual(["subtitles", "encode"]);
  });

  test("are made by WebAssembly too", async () => {
    const engine = await openWasm();
    try {
      const { folder } = await makeProducts(await subtitledFilm(), profile("mp4", ["en"]), {
        engine,
      });
      const english = inSeconds(await trackOf(join(folder, "0", "out.mp4"), 0));
      expect(english.at(-1)).toEqual([near(2400), near(3000), "Last"]);
    } finally {
      await engine.close();
    }
  });

  test("are counted: a file that lacks one is not delivered", async () => {
    const spoil = (folder: string) => {
      const path = join(folder, "subtitles", "2.vtt");
      writeFileSync(path, `${readFileSync(path, "utf8")}\n00:00.000 --> 00:01.000\nmore\n`);
    };
    const made = makeProducts(await subtitledFilm(), profile("mkv"), { spoil });
    await expect(made).rejects.toThrow("its track 0 of subtitles has 3 texts, not 4");
  });
});

describe("subtitles in sets", () => {
  test("are told of in playlists and manifest, and lie beside the segments", async () => {
    const { folder } = await makeProducts(await subtitledFilm(), profile("cmaf"));
    const segments = join(folder, "0", "segments");
    const master = readFileSync(join(folder, "0", "out.m3u8"), "utf8");
    expect(master).toContain(
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en",' +
        'DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI="segments/subtitles_0.m3u8"\n' +
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Deutsch (forced)",LANGUAGE="de",' +
        'DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="segments/subtitles_1.m3u8"\n',
    );
    expect(master).toMatch(/^#EXT-X-STREAM-INF:.*,SUBTITLES="subtitles"$/m);
    expect(shownIn(readFileSync(join(segments, "subtitles_0.vtt"), "utf8"))).toEqual([
      [expect.any(Number), expect.any(Number), "Hello <i>there</i> &amp; 1 &lt; 2"],
      [expect.any(Number), expect.any(Number), "Second\nof two lines"],
      [expect.any(Number), expect.any(Number), "Last"],
    ]);
    expect(readFileSync(join(segments, "subtitles_1.m3u8"), "utf8")).toMatch(
      /^#EXTINF:3\.0\d+,\nsubtitles_1\.vtt\n#EXT-X-ENDLIST$/m,
    );
    const manifest = readFileSync(join(segments, "manifest.mpd"), "utf8");
    expect(manifest).toMatch(
      /<AdaptationSet id="3" contentType="text" mimeType="text\/vtt" lang="de">\s*<Label>Deutsch \(forced\)<\/Label>\s*<Role [^>]*value="forced-subtitle"\/>\s*<Representation id="subtitles_1.vtt" bandwidth="\d+">\s*<BaseURL>subtitles_1.vtt<\/BaseURL>/,
    );
  });

  test("make a set of one HLS playlist one whose streams are apart", async () => {
    const { folder } = await makeProducts(await subtitledFilm(), profile("m3u8", ["de"]));
    expect(readFileSync(join(folder, "0", "out.m3u8"), "utf8")).toContain("TYPE=SUBTITLES");
    expect(readdirSync(join(folder, "0", "segments"))).toContain("subtitles_0.vtt");
    expect(readdirSync(join(folder, "0", "segments")).join()).not.toContain(".ts");
  });

  test("are encrypted with the segments of their set", async () => {
    const protection = { method: "aes-128", keyUrl: "https://keys.example.com/{key}" } as const;
    const made = await makeProducts(await subtitledFilm(), profile("m3u8", ["de"], { protection }));
    const segments = join(made.folder, "0", "segments");
    expect(readFileSync(join(segments, "subtitles_0.m3u8"), "utf8")).toMatch(
      /#EXT-X-KEY:METHOD=AES-128,URI="https:\/\/keys\.example\.com\/0"\n#EXTINF:[\d.]+,\nsubtitles_0\.vtt\n/,
    );
    const key = segmentKeys(MADE_FOR, MEDIA_KEYS)(protection).keyOf(0);
    const clear = createDecipheriv("aes-128-cbc", key, Buffer.alloc(16));
    const text = clear.update(readFileSync(join(segments, "subtitles_0.vtt")));
    expect(shownIn(Buffer.concat([text, clear.final()]).toString())).toEqual([
      [expect.any(Number), expect.any(Number), "<b>Hallo</b>\nWelt"],
    ]);
  });
});
