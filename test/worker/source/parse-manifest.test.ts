import { describe, expect, test } from "bun:test";
import { parseDash } from "../../../src/manifest/read/dash.ts";
import { parseHls } from "../../../src/manifest/read/hls.ts";
import {
  parseDashText,
  parseHlsText,
  parseInThread,
} from "../../../src/worker/source/parse-manifest.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const BASE = "http://host/film/list";
const ENDLESS = new URL("../../fixtures/endless-thread.ts", import.meta.url);
const SILENT = new URL("../../fixtures/silent-thread.ts", import.meta.url);
const never = new AbortController().signal;

/** A playlist of so many segments, each with an address of about 100 characters. */
const playlist = (count: number): string =>
  [
    "#EXTM3U",
    ...Array.from({ length: count }, (_, at) => `#EXTINF:2,\n${"x".repeat(90)}-${at}.ts`),
    "#EXT-X-ENDLIST",
  ].join("\n");

const mpd = (rows: number): string =>
  `<MPD mediaPresentationDuration="PT1H"><Period><AdaptationSet contentType="video"><SegmentTemplate media="$Number$.m4s"><SegmentTimeline>${'<S d="1"/>'.repeat(rows)}</SegmentTimeline></SegmentTemplate><Representation/></AdaptationSet></Period></MPD>`;

describe("a long manifest", () => {
  test("says the same as one that is parsed at once", async () => {
    const text = playlist(5_000);
    expect(await parseHlsText(text, BASE, never)).toEqual(parseHls(text, BASE));
    const dash = mpd(20_000);
    expect(await parseDashText(dash, BASE, never)).toEqual(parseDash(dash, BASE, 0));
  });

  test("is refused for the same reason", async () => {
    const text = `${playlist(5_000)}\n#EXTINF:none,\na.ts`;
    expect(await taskErrorOf(parseHlsText(text, BASE, never))).toMatchObject({
      code: "source_not_media",
      message: "Cannot read the source: its manifest names a duration that is none",
    });
  });

  test("lets others have their turn while it is parsed", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await parseHlsText(playlist(39_000), BASE, never).finally(() => clearInterval(timer));
    expect(turns).toBeGreaterThan(0);
  });
});

describe("a thread that never answers", () => {
  const asked = { kind: "hls", text: "", base: BASE, nowMs: 0 } as const;

  test("is ended when its time is over, and the manifest refused", async () => {
    const parsing = parseInThread(asked, never, { thread: ENDLESS, timeoutMs: 100 });
    expect(await taskErrorOf(parsing)).toMatchObject({
      code: "source_not_media",
      message: "Cannot read the source: its manifest takes too long to read",
    });
  });

  test("is ended by the signal, whose reason it throws", async () => {
    const abort = new AbortController();
    const parsing = parseInThread(asked, abort.signal, { thread: ENDLESS, timeoutMs: 60_000 });
    const reason = new Error("over");
    abort.abort(reason);
    expect(await parsing.catch((error) => error)).toBe(reason);
  });
});

test("a thread that ends without an answer is not waited for", async () => {
  const asked = { kind: "hls", text: "", base: BASE, nowMs: 0 } as const;
  const parsing = parseInThread(asked, never, { thread: SILENT, timeoutMs: 60_000 });
  await expect(parsing).rejects.toThrow("went silent");
});
