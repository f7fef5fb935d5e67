import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createDecipheriv } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseWebVtt } from "../../../src/manifest/write/webvtt.ts";
import type { Container } from "../../../src/profile/containers.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { segmentKeys } from "../../../src/worker/segment-keys.ts";
import { MEDIA_KEYS } from "../../fixtures/bench-run.ts";
import { clip } from "../../fixtures/clips.ts";
import { MADE_FOR, makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { subtitledFilm, subtitleFile } from "../../fixtures/subtitled.ts";
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

const SRT =
  "1\r\n00:00:00,500 --> 00:00:01,500\r\nça & <i>là</i>\r\n\r\n2\r\n00:00:02,000 --> 00:00:02,800\r\nfin\r\n";
const VTT =
  "WEBVTT - titles\n\nNOTE none\n\nhello\n00:01.000 --> 00:02.000 line:0 align:left\nHej &amp; hallå\n";
const ASS = `[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, Alignment
Style: Default,DejaVu Sans,24,2
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}Ahoj{\\i0}
`;

describe("files of subtitles", () => {
  const files = () => [
    { url: subtitleFile("a.srt", SRT), language: "fr", title: 'Le "vrai"', isDefault: true },
    { url: subtitleFile("b.vtt", VTT), language: "sv" },
    { url: subtitleFile("c.ass", `\ufeff${ASS}`), language: "cs", isForced: true },
  ];

  test.each([
    ["mkv", "subrip", ["fre", "swe", "cze"]],
    ["mp4", "mov_text", ["fra", "swe", "ces"]],
    ["webm", "webvtt", ["fre", "swe", "cze"]],
  ] as const)("go into %s behind the source's own", async (container, codec, codes) => {
    const extras = { subtitles: files() };
    const clip = { startSeconds: 0.8, durationSeconds: 2 };
    const asked = profile(container, [0, "fr", "sv", "cs"]);
    const made = await makeProducts(await subtitledFilm(), asked, { extras, clip });
    const path = join(made.folder, "0", `out.${container}`);
    expect(made.warnings).toEqual([]);
    expect(await probed(path)).toEqual([
      [codec, "eng", 0, 0],
      [codec, codes[0], 1, 0],
      [codec, codes[1], 0, 0],
      [codec, codes[2], 0, 1],
    ]);
    const tracks = await Promise.all([1, 2, 3].map((at) => trackOf(path, at)));
    expect(tracks.map(inSeconds)).toEqual([
      [
        [near(0), near(700), expect.stringMatching(/^ça &(amp;)? <i>là<\/i>$/)],
        [near(1200), near(2000), "fin"],
      ],
      [[near(200), near(1200), expect.stringMatching(/^Hej &(amp;)? hallå$/)]],
      [[near(200), near(1200), "<i>Ahoj</i>"]],
    ]);
  });

  test("are told of by sets, and by a source that has none", async () => {
    const extras = { subtitles: files() };
    const source = await clip({ seconds: 3, width: 160, height: 90, audio: "aac" });
    const { folder, warnings, plans } = await makeProducts(source, profile("cmaf"), { extras });
    expect(warnings).toEqual([]);
    const segments = join(folder, "0", "segments");
    expect(plans[0]?.steps[0]?.args).not.toContain("input");
    expect(readFileSync(join(folder, "0", "out.m3u8"), "utf8")).toContain(
      `NAME="Le 'vrai'",LANGUAGE="fr",DEFAULT=YES`,
    );
    expect(readFileSync(join(segments, "manifest.mpd"), "utf8")).toMatch(
      /lang="cs">\s*<Label>čeština \(forced\)<\/Label>/i,
    );
    expect(shownIn(readFileSync(join(segments, "subtitles_1.vtt"), "utf8"))).toEqual([
      [1000, 2000, "Hej &amp; hallå"],
    ]);
  });

  test("are read by WebAssembly too, and those that nobody takes are told of", async () => {
    const engine = await openWasm();
    try {
      const latin = Buffer.from(SRT, "latin1");
      const extras = {
        subtitles: [
          { url: subtitleFile("a.srt", latin), language: "fr" },
          { url: subtitleFile("b.srt", SRT), language: "sv" },
        ],
      };
      const made = await makeProducts(await subtitledFilm(), profile("mkv", ["fr"]), {
        ...{ engine, extras },
      });
      expect((await trackOf(join(made.folder, "0", "out.mkv"), 0))[0]?.[2]).toMatch(/^ça/);
      expect(made.warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
        "subtitles_missing: subtitles[1] (sv) are left out, as no profile of the task takes them",
        "charset_guessed: subtitles[0] are no Unicode, and were read as windows-1252, as is usual in their language",
      ]);
    } finally {
      await engine.close();
    }
  });
});
