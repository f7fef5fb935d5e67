import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rendition } from "../../../src/profile/profile.ts";
import { protectSamples } from "../../../src/worker/protect/protect-samples.ts";
import { MEDIA_KEYS } from "../../fixtures/bench-run.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { DEAF, MADE_FOR, makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { aCustomVideo, anAudio } from "../../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SECONDS = 2;
const KEY = Buffer.from(MEDIA_KEYS.made(MADE_FOR.id, 0)).toString("hex");
const KEY_ID = MEDIA_KEYS.idOf(MADE_FOR.id, 0);
const video = (codec: "h264" | "h265") =>
  aCustomVideo({
    ...{ codec, width: 160, height: 90, bitrateBps: 200_000, effort: "highPerformance" },
  });
const KEYS = { keyUrl: "/{key_id}" };

/** Each stream of a set of fragments as one file, the whole set if it has one file. */
const streamsOf = (folder: string): readonly string[] => {
  const segments = join(folder, "0", "segments");
  const names = readdirSync(segments).toSorted();
  return names
    .filter((name) => name.endsWith(".mp4"))
    .map((init) => {
      const number = /^init-(\d+)/.exec(init)?.[1];
      const own = names.filter(
        (name) =>
          name.endsWith(".m4s") && (number === undefined || name.startsWith(`chunk-${number}-`)),
      );
      const path = join(tempFolder(), "whole.mp4");
      const parts = [init, ...own].map((name) => readFileSync(join(segments, name)));
      writeFileSync(path, Buffer.concat(parts));
      return path;
    });
};

/** The sums of all that is shown of a set. */
const shownOf = async (folder: string, key?: string): Promise<readonly string[]> => {
  const sums: string[] = [];
  for (const path of streamsOf(folder)) {
    const shown = join(tempFolder(), "shown.txt");
    const by = key === undefined ? [] : ["-decryption_key", key];
    await ffmpeg([...by, "-i", path, "-map", "0", "-f", "framemd5", shown]);
    sums.push(
      ...readFileSync(shown, "utf8")
        .split("\n")
        .filter((line) => /^\d/.test(line)),
    );
  }
  return sums;
};

type Case = readonly [what: string, method: "cenc" | "cbcs", Rendition];
const SETS: readonly Case[] = [
  [
    "h264 and ac3 in cmaf",
    "cenc",
    { container: "cmaf", video: video("h264"), audio: anAudio({ codec: "ac3" }) },
  ],
  ["what is copied into cmaf", "cbcs", { container: "cmaf", video: "copy", audio: "copy" }],
  ["h265 and aac in m3u8", "cenc", { container: "m3u8", video: video("h265"), audio: anAudio() }],
  [
    "h265 and opus in dash",
    "cbcs",
    { container: "dash", video: video("h265"), audio: anAudio({ codec: "opus" }) },
  ],
];

describe("the samples of a set", () => {
  test.each(SETS)(
    "of %s by %s are those of the clear set, once another program has decrypted them",
    async (_, method, rendition) => {
      const source = await clip({ seconds: SECONDS, width: 160, height: 90, args: ["-g", "25"] });
      const { folder: clear } = await makeProducts(source, profileOf(rendition));
      const keys = rendition.container === "dash" ? {} : KEYS;
      const { folder, verified } = await makeProducts(
        source,
        profileOf({ ...rendition, protection: { method, ...keys } }),
      );
      expect(verified[0]?.output.encryption).toEqual({ method, keys: 1, keyId: KEY_ID });
      const shown = await shownOf(clear);
      expect(shown.length).toBeGreaterThan(SECONDS * 25);
      expect<readonly string[]>(await shownOf(folder, KEY)).toEqual(shown);
      // Nothing of it is shown, or not the same, by another key.
      const wrong = await shownOf(folder, "00".repeat(16)).catch((): readonly string[] => []);
      expect(shown.filter((line) => wrong.includes(line))).toEqual([]);
    },
  );

  test.each(["cmaf", "dash"] as const)(
    "of %s are told with the bitrates that they have once they are encrypted",
    async (container) => {
      const source = await clip({ seconds: SECONDS, width: 160, height: 90, args: ["-g", "25"] });
      const keys = container === "dash" ? {} : KEYS;
      const { folder, verified } = await makeProducts(
        source,
        profileOf({
          ...{ container, video: video("h264"), audio: anAudio() },
          protection: { method: "cenc", ...keys },
        }),
      );
      const read = (name: string) => readFileSync(join(folder, "0", name), "utf8");
      const manifest = read(container === "dash" ? "out.mpd" : "segments/manifest.mpd");
      const streams = [
        ...manifest.matchAll(
          /<Representation id="(\d)"[^>]* bandwidth="(\d+)".*?timescale="(\d+)".*?<S t="0" d="(\d+)"/gs,
        ),
      ].map(([, id, ...numbers]) => {
        const [told = 0, timescale = 0, duration = 0] = numbers.map(Number);
        const bytes = statSync(join(folder, "0", "segments", `chunk-${id}-00001.m4s`)).size;
        return { told, bytes, rate: (bytes * 8 * timescale) / duration };
      });
      expect(streams).toHaveLength(2);
      for (const { told, rate } of streams) expect(told).toBeWithin(rate - 1, rate + 2);
      const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
      const [rendition] = verified[0]?.output.renditions ?? [];
      expect(rendition?.sizeBytes).toBe(sum(streams.map(({ bytes }) => bytes)));
      if (container === "dash") return;
      const whole = sum(streams.map(({ rate }) => rate));
      const told = Number(/[:,]BANDWIDTH=(\d+)/.exec(read("out.m3u8"))?.[1]);
      expect(told).toBeWithin(whole - 1, whole + 2);
    },
  );

  test("are not encrypted once their task is cancelled, nor are those of a segment too large for the memory", async () => {
    const source = await clip({ seconds: SECONDS, width: 160, height: 90, args: ["-g", "25"] });
    const { folder } = await makeProducts(
      source,
      profileOf({ container: "dash", video: "none", audio: anAudio() }),
    );
    const [entry, segments] = [join(folder, "0", "out.mpd"), join(folder, "0", "segments")];
    const protectBy = (signal: AbortSignal) =>
      protectSamples(
        { entry, segments },
        { method: "cenc" },
        DEAF.keysFor({ method: "cenc" }),
        signal,
      );
    const [init, path] = [join(segments, "init-0.mp4"), join(segments, "chunk-0-00001.m4s")];
    const [clearInit, clear] = [readFileSync(init), readFileSync(path)];
    const reason = new Error("cancelled");
    expect(await protectBy(AbortSignal.abort(reason)).catch((error: unknown) => error)).toBe(
      reason,
    );
    expect(readFileSync(path).equals(clear)).toBe(true);
    writeFileSync(init, clearInit);
    truncateSync(path, 512 * 2 ** 20 + 1);
    const { code, message } = await taskErrorOf(protectBy(new AbortController().signal));
    expect(code).toBe("output_wrong");
    expect(message).toContain("it has 536870913 bytes, and may have 536870912");
  });
});
