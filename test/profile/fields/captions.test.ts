import { describe, expect, test } from "bun:test";
import { CHANNEL_NAME, CLOSED_CAPTIONS } from "../../../src/profile/fields/captions.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";

const GROUP: Qlty = { container: "mp4", bitrate: 300_000, audio_bitrate: 64_000 };

describe("closed_captions", () => {
  test.each([
    ["keep", "keep", undefined],
    ["drop", "drop", undefined],
    ["extract", "drop", true],
    ["keep_and_extract", "keep", true],
  ] as const)("%s: the pictures %s them; texts: %p", (closed_captions, pictures, isExtracted) => {
    const rendition = toRendition({ ...GROUP, closed_captions });
    expect(rendition.captions).toEqual({ pictures, ...(isExtracted && { isExtracted }) });
    expect(rendition.video).toMatchObject({ captions: pictures });
    expect(toQlty(rendition).closed_captions).toBe(closed_captions);
  });

  test("absent says nothing", () => {
    const rendition = toRendition(GROUP);
    expect(JSON.stringify(rendition)).not.toContain("captions");
    expect(toQlty(rendition)).not.toHaveProperty("closed_captions");
  });

  test.each([
    [
      { format: "copy", closed_captions: "drop" },
      "closed_captions cannot be drop where format is copy: a copied picture keeps them",
    ],
    [
      { container: "mp3", closed_captions: "keep" },
      "closed_captions is for films: format cannot be none",
    ],
    [
      { container: "jpg", closed_captions: "keep" },
      "closed_captions is for films: format cannot be mjpeg",
    ],
    [
      { container: "gif", closed_captions: "drop" },
      "closed_captions is for films: format cannot be gif",
    ],
    [{ caption_languages: { CC1: "en" } }, "caption_languages goes with closed_captions alone"],
    [
      { closed_captions: "drop", caption_languages: { CC1: "en" } },
      "caption_languages cannot be given where closed_captions is drop",
    ],
  ] as const)("%j is refused", (fields, message) => {
    expect(() => toRendition({ ...GROUP, ...fields })).toThrow(message);
  });

  test("of a copy may be kept and become texts", () => {
    const { captions, video } = toRendition({
      ...{ container: "mkv", format: "copy", audio_format: "copy" },
      ...{ closed_captions: "extract", caption_languages: { CC3: "es" } },
    });
    expect([captions, video]).toEqual([
      { pictures: "drop", isExtracted: true, languages: { CC3: "es" } },
      "copy",
    ]);
  });

  test("channels are called as in HLS", () => {
    const names = ["CC1", "CC4", "SERVICE1", "SERVICE9", "SERVICE63"];
    expect(names.filter((name) => CHANNEL_NAME.test(name))).toEqual(names);
    const others = ["CC0", "CC5", "cc1", "SERVICE0", "SERVICE64", "SERVICE01", " CC1"];
    expect(others.filter((name) => CHANNEL_NAME.test(name))).toEqual([]);
    expect(CLOSED_CAPTIONS).toHaveLength(4);
  });
});
