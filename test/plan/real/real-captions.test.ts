import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { carriesCaptions } from "../../../src/plan/encode/captions.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import {
  BUNDLED,
  BUNDLED_TEXT,
  CAPTIONED,
  CAPTIONED_TEXT,
  captionsOf,
} from "../../fixtures/captions.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { capabilitiesHere, custom, mp4, runAndJudge, TIMEOUT_MS } from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

const TWELVE = { num: 12, den: 1 };
const TWENTY_FIVE = { num: 25, den: 1 };
const THIRTY = { num: 30, den: 1 };

/** The captions that are left of a source's, and what is told of them. */
async function keptOf(encode: VideoEncode, source = CAPTIONED): Promise<string> {
  const { folder, plan } = await runAndJudge(source, [mp4(encode)]);
  const text = await captionsOf(join(folder, plan.products[0]?.entry ?? ""));
  expect(plan.warnings.map(({ code }) => code)).toEqual(text === "" ? ["captions_dropped"] : []);
  return text;
}

/** Whether this ffmpeg spreads captions anew. */
let isCarried = false;

beforeAll(async () => {
  isCarried = carriesCaptions(await capabilitiesHere());
});

describe("captions in a picture", () => {
  test("come out whole where the rate of frames stays", async () => {
    const whole = await captionsOf(CAPTIONED);
    expect(whole).toContain(CAPTIONED_TEXT);
    expect(await keptOf(custom())).toBe(whole);
    expect(await keptOf(custom({ framerateMax: 30 }))).toBe(whole);
    expect(await keptOf(custom({ codec: "mpeg2" }))).toBe(whole);
  });

  test("come out whole or not at all where it changes", async () => {
    const whole = await captionsOf(CAPTIONED);
    expect(await keptOf(custom({ framerate: THIRTY }))).toBe(isCarried ? whole : "");
    expect(await keptOf(custom({ framerate: TWELVE }))).toBe("");
  });

  test.each(["h264", "mpeg2"] as const)(
    "come out whole or not at all where a frame holds more of them than %s writes with one",
    async (codec) => {
      expect(await captionsOf(BUNDLED)).toBe(BUNDLED_TEXT);
      expect(await keptOf(custom({ codec }), BUNDLED)).toBe(isCarried ? BUNDLED_TEXT : "");
    },
  );

  test("are left out where there is nothing that could spread them", async () => {
    const [raw, even] = ["raw.h264", "even.mkv"].map((name) => join(tempFolder(), name));
    await ffmpeg(["-i", BUNDLED, "-c:v", "copy", raw as string]);
    await ffmpeg(["-r", "25", "-i", raw as string, "-c", "copy", even as string]);
    expect(await keptOf(custom({ framerate: TWENTY_FIVE }), even)).toBe("");
  });

  test("are told of where the codec has none", async () => {
    expect(await keptOf(custom({ codec: "h265" }))).toBe("");
  });
});
