import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, realpathSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FurtherInput } from "../../../src/plan/further.ts";
import { FileStorage } from "../../../src/storage/file/file.ts";
import { type Storage, storageFor } from "../../../src/storage/storage.ts";
import { openFurther, readFurther } from "../../../src/worker/further/open-further.ts";
import { clip, cues, ffmpeg, logo, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { hastyHttpStorage } from "../../fixtures/http-storage.ts";
import { startMediaServer } from "../../fixtures/media-server.ts";
import { openNative } from "../../fixtures/native-engine.ts";
import { openBelow } from "../../fixtures/process-facts.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";

setDefaultTimeout(60_000);

const native = openNative();
const wasm = openWasm();
const server = await startMediaServer();
afterAll(() => server.close());

const WATERMARK = { kind: "picture", name: "the watermark", path: "profile_name" } as const;
const TEXT = { kind: "subtitles", name: "subtitles[0]", path: "subtitles[0].source_url" } as const;
const SECOND = { kind: "source", name: "sources[1]", path: "sources[1].source_url" } as const;

const made = async (name: string, source: string): Promise<string> => {
  const path = join(tempFolder(), name);
  await ffmpeg(["-f", "lavfi", "-i", source, path]);
  return path;
};
const vast = made("vast.png", "color=gray:s=8192x2100:r=1:d=1");
const sound = made("sound.mp3", "sine=duration=0.1");

/** A root with a picture, a text and a film; a run that reads beside its source what is given. */
async function aRun(inputs: readonly FurtherInput[], more: readonly Storage[] = []) {
  const root = realpathSync(tempFolder());
  copyFileSync(await logo(), join(root, "logo.png"));
  copyFileSync(await cues(), join(root, "cues.srt"));
  copyFileSync(await clip(), join(root, "film.mp4"));
  writeFileSync(join(root, "text.png"), "no picture");
  writeFileSync(join(root, "cut.png"), readFileSync(await logo()).subarray(0, 20));
  writeFileSync(join(root, "large.png"), "");
  truncateSync(join(root, "large.png"), (32 << 20) + 1);
  copyFileSync(await vast, join(root, "vast.png"));
  copyFileSync(await sound, join(root, "sound.mp3"));
  const storages = [await FileStorage.open({ roots: [root] }), hastyHttpStorage(), ...more];
  const held: (() => Promise<void>)[] = [];
  const run = {
    engine: await native,
    storageOf: (url: string, side: "source" | "target") => storageFor(storages, url, side),
    sourceTimeoutMs: 1_000,
    signal: new AbortController().signal,
    onProgress: () => {},
    onLog: () => {},
    atEnd: (giveBack: () => Promise<void>) => void held.push(giveBack),
    further: inputs,
  };
  return { run, root, held };
}

const messageOf = async (input: FurtherInput): Promise<string> => {
  const { run } = await aRun([input]);
  const { code, message } = await taskErrorOf(openFurther(run, tempFolder()));
  return `${code}: ${message}`;
};

describe("openFurther", () => {
  test("opens and probes each by its kind, and holds it until the run has ended", async () => {
    const inputs = [
      { ...WATERMARK, url: "logo.png" },
      { ...TEXT, url: "cues.srt" },
      { ...SECOND, url: "film.mp4" },
    ];
    const { run, root, held } = await aRun(inputs);
    const opened = await openFurther(run, tempFolder());
    expect(opened.map(({ file, name, media }) => [file, name, media.format])).toEqual([
      ["side-0", "the watermark", "png_pipe"],
      ["side-1", "subtitles[0]", "srt"],
      ["side-2", "sources[1]", "mov,mp4,m4a,3gp,3g2,mj2"],
    ]);
    expect(opened[0]?.media.video).toMatchObject({ width: 16, height: 8 });
    expect(openBelow(root)).toHaveLength(3);
    for (const giveBack of held) await giveBack();
    expect(openBelow(root)).toEqual([]);
  });

  test.each([
    ["text.png", "input_not_supported", "it is no PNG, JPEG or WebP picture"],
    ["cut.png", "source_damaged", "its picture has no size"],
    ["large.png", "source_too_large", "it is larger than 33554432 bytes"],
    [
      "vast.png",
      "picture_too_large",
      "its picture of 8192x2100 is above the limit of 16777216 pixels",
    ],
    ["film.mp4", "input_not_supported", "it is no PNG, JPEG or WebP picture"],
    ["sound.mp3", "input_not_supported", "it is no PNG, JPEG or WebP picture"],
    ["none.png", "source_missing", "there is no such file; it was looked for"],
    ["../out.png", "access_denied", "it lies outside the media roots"],
  ])("says which input %s is, and what is wrong with it", async (url, code, why) => {
    const told = `${code}: Cannot read the watermark at "${url}": ${why}`;
    expect(await messageOf({ ...WATERMARK, url })).toStartWith(told);
  });

  test("refuses a film where a text is wanted, and a text where a film is", async () => {
    expect(await messageOf({ ...TEXT, url: "film.mp4" })).toStartWith(
      'input_not_supported: Cannot read subtitles[0] at "film.mp4": it ',
    );
    expect(await messageOf({ ...SECOND, url: "cues.srt" })).toStartWith(
      'input_not_supported: Cannot read sources[1] at "cues.srt": it is no audio or video file',
    );
  });

  test.each([
    ["none.srt", "WEBVTT\n", "source_damaged", "it holds no texts"],
    ["bytes.srt", "\0\u0001\0\u0002", "input_not_supported", "it is no text"],
    ["film.ttml", "<tt xml:lang='en'>", "input_not_supported", "it is TTML, and SRT, WebVTT and"],
  ])("refuses the subtitles %s", async (url, text, code, why) => {
    const { run, root } = await aRun([{ ...TEXT, url }]);
    writeFileSync(join(root, url), text);
    const error = await taskErrorOf(openFurther(run, tempFolder()));
    expect(error.message).toStartWith(`Cannot read subtitles[0] at "${url}": ${why}`);
    expect(error.code).toBe(code as typeof error.code);
  });

  test("refuses subtitles that are too large", async () => {
    const { run, root } = await aRun([{ ...TEXT, url: "large.srt" }]);
    writeFileSync(join(root, "large.srt"), "");
    truncateSync(join(root, "large.srt"), (16 << 20) + 1);
    const error = await taskErrorOf(openFurther(run, tempFolder()));
    expect(error.message).toBe(
      'Cannot read subtitles[0] at "large.srt": it is larger than 16777216 bytes',
    );
  });

  test("fetches no more of a server than a picture may have, and names no secret", async () => {
    server.files.set("/large.png", Buffer.alloc((32 << 20) + 1));
    const url = server.url("/large.png").replace("//", "//ada:secret@");
    const message = await messageOf({ ...WATERMARK, url });
    expect(message).toContain("source_too_large: Cannot read the watermark at ");
    expect(message).toContain("it is larger than 33554432 bytes");
    expect(message).not.toContain("PONTUS");
    expect(message).not.toContain("secret");
  });

  test("gives up with the reason of its run", async () => {
    const { run } = await aRun([{ ...WATERMARK, url: "logo.png" }]);
    const reason = new Error("the caller's own");
    const opening = openFurther({ ...run, signal: AbortSignal.abort(reason) }, tempFolder());
    expect(await opening.catch((error: unknown) => error)).toBe(reason);
  });
});

describe("readFurther", () => {
  test("reads in place what servers give, and refuses what needs a disk", async () => {
    server.files.set("/logo.png", readFileSync(await logo()));
    const url = server.url("/logo.png");
    const engine = await wasm;
    const { run } = await aRun([{ ...WATERMARK, url }]);
    const [opened] = await readFurther({ ...run, engine });
    expect(opened?.media).toMatchObject({ format: "png_pipe", video: { width: 16, height: 8 } });
    const { run: needy } = await aRun([{ ...WATERMARK, url: "logo.png" }]);
    expect((await taskErrorOf(readFurther({ ...needy, engine }))).message).toBe(
      'Cannot read the watermark at "logo.png": its storage needs a disk, and here is none',
    );
  });
});
