import { describe, expect, test } from "bun:test";
import type { PictureQlty } from "../../../src/profile/fields/picture.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { aQlty } from "../builders.ts";

const ALL = {
  crop: { width: 640, height: 480, x: 2, y: 4 },
  pad: "#FF8000",
  deinterlace: "bob",
  denoise: "strong",
  watermark: {
    ...{ image_url: "file:/logo.png", place: "bottom_left" },
    ...{ width: 0.2, margin: 0.05, opacity: 0.5 },
  },
} as const satisfies Required<Omit<PictureQlty, "loop" | "contact_sheet" | "waveform">>;
const SIZED = { width: 640, height: 360 };

/** Why a group is refused, by field. */
function faultsOf(changes: Partial<Qlty>): readonly string[] {
  try {
    toRendition(aQlty(changes));
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return error.fields.map(({ path, message }) => `${path} ${message}`);
  }
  return [];
}

describe("the fields of a picture", () => {
  test("are read into what is encoded, and answered again", () => {
    const rendition = toRendition(aQlty({ ...ALL, ...SIZED }));
    const { image_url: imageUrl, ...rest } = ALL.watermark;
    const watermark = { imageUrl, ...rest };
    expect(rendition.video).toMatchObject({ ...ALL, pad: "#ff8000", watermark });
    expect(toQlty(rendition)).toMatchObject({ ...ALL, pad: "#ff8000" });
  });

  test("of a watermark answer no credentials of its address", () => {
    const image_url = "https://ada:secret@host/logo.png?token=more&size=2";
    const rendition = toRendition(aQlty({ watermark: { ...ALL.watermark, image_url } }));
    expect(rendition.video).toMatchObject({ watermark: { imageUrl: image_url } });
    expect(toQlty(rendition).watermark?.image_url).toBe(
      "https://***@host/logo.png?token=***&size=2",
    );
  });

  test("change nothing where they say what is done anyway", () => {
    expect(toRendition(aQlty({ deinterlace: "auto" }))).toEqual(toRendition(aQlty()));
  });

  test.each(["copy", "none"] as const)("are refused where the format is %s", (format) => {
    const message = "is for video that is encoded: format is copy or none";
    expect(faultsOf({ ...ALL, format })).toEqual(
      Object.keys(ALL).map((name) => `${name} ${message}`),
    );
  });

  test.each([{}, { width: 640 }, { height: 360 }])(
    "cannot fill up what has no rest: %j",
    (size) => {
      expect(faultsOf({ pad: "off", ...size })).toEqual([
        "pad goes with width and height together",
      ]);
      expect(faultsOf({ pad: "#000000", ...SIZED })).toEqual([]);
    },
  );

  test("of a contact sheet say how wide each of its pictures is, and are for single pictures", () => {
    const contact_sheet = { columns: 4, rows: 3, width: 160 };
    const jpg = { container: "jpg", format: "mjpeg", audio_format: "none" } as const;
    const sheet = toRendition(aQlty({ ...jpg, contact_sheet }));
    expect(sheet.video).toMatchObject({ contactSheet: contact_sheet, width: 160 });
    const answer = toQlty(sheet);
    expect(answer).toMatchObject({ contact_sheet });
    expect(answer.width).toBeUndefined();
    expect(toRendition(answer)).toEqual(sheet);
    expect(faultsOf({ contact_sheet })).toEqual([
      "contact_sheet is for jpg, webp, avif and png alone",
    ]);
    const why = "cannot go with contact_sheet";
    expect(faultsOf({ ...jpg, ...SIZED, contact_sheet, watermark: ALL.watermark })).toEqual([
      `width ${why}, which says how wide each of its pictures is`,
      `height ${why}, which says how wide each of its pictures is`,
      `watermark ${why}`,
    ]);
  });

  test("of a waveform are for single pictures, and alone", () => {
    const waveform = {
      ...{ width: 640, height: 120, color: "#112233", background: "#ffffff" },
      channels: "separate",
    } as const;
    const png = { container: "png", format: "png", audio_format: "none" } as const;
    const drawn = toRendition({ ...png, waveform });
    expect(drawn.video).toMatchObject({ waveform });
    expect(toRendition(toQlty(drawn))).toEqual(drawn);
    expect(faultsOf({ waveform })).toEqual(["waveform is for jpg, webp, avif and png alone"]);
    const why = "cannot go with waveform, which shows no picture of the source";
    const jpg = { container: "jpg", format: "mjpeg", audio_format: "none" } as const;
    expect(faultsOf({ ...jpg, waveform, denoise: "light", width: 320 })).toEqual([
      `denoise ${why}`,
      `width ${why}`,
    ]);
  });

  test("say how often a gif is shown, and of nothing else", () => {
    const gif = toRendition({ container: "gif", loop: 3 });
    expect(toQlty(gif)).toMatchObject({ format: "gif", loop: 3 });
    expect(toQlty(gif).bitrate).toBeUndefined();
    const webp = toRendition({ container: "awebp", bitrate: 100_000, loop: 2 });
    expect(toQlty(webp)).toMatchObject({ format: "awebp", audio_format: "none", loop: 2 });
    expect(faultsOf({ loop: 3 })).toEqual(["loop is for gif and awebp alone"]);
    expect(faultsOf({ format: "copy", loop: 3 })).toHaveLength(1);
  });

  test("make a gif of no more pictures a second than it can time", () => {
    const rate = (framerate?: string) =>
      toRendition({ container: "gif", ...(framerate && { framerate }) }).video;
    expect(rate()).toMatchObject({ framerateMax: 15 });
    expect(rate("30")).toMatchObject({ framerate: { num: 30, den: 1 } });
    expect(rate("30")).not.toHaveProperty("framerateMax");
    expect(faultsOf({ container: "gif", audio_format: "none", framerate: "60" })).toEqual([
      "framerate must be at most 30 for gif: it counts in hundredths of a second",
    ]);
  });

  test.each(["gif", "png"] as const)("%s takes no quality, as it loses none", (container) => {
    const { audio_bitrate: _, ...fields } = aQlty({ container, rc_mode: "quality", quality: 70 });
    expect(() => toRendition(fields)).toThrow(`cannot be quality for ${container}: it has none`);
  });

  test.each([
    [
      { container: "gif", rc_mode: "vbr" },
      "rc_mode cannot be vbr for gif: its rate is the same in all",
    ],
    [{ container: "png", rc_mode: "2passvbr" }, "rc_mode cannot be 2passvbr for png"],
    [{ container: "webp", bitrate: 1, rc_mode: "vbr" }, "rc_mode cannot be vbr for webp"],
    [{ container: "avif", bitrate: 1, rc_mode: "vbr" }, "rc_mode cannot be vbr for avif"],
    [{ container: "awebp", bitrate: 1, rc_mode: "vbr" }, "rc_mode cannot be vbr for awebp"],
    [{ container: "png", bitrate: 1 }, "bitrate is not for png, which loses nothing"],
  ] as const)("refuses what %j would not show: %s", (qlty, fault) => {
    expect(() => toRendition(qlty)).toThrow(fault);
  });

  test.each([
    { container: "gif", bitrate: 1, rc_mode: "cbr" },
    { container: "avif", bitrate: 1, rc_mode: "cbr" },
    { container: "jpg", bitrate: 1, rc_mode: "2passvbr" },
  ] as const)("takes %j, and its own answer again", (qlty) => {
    const rendition = toRendition(qlty);
    expect(toRendition(toQlty(rendition))).toEqual(rendition);
  });

  test("has answers about system profiles of pictures be taken again", () => {
    for (const container of ["gif", "png", "webp", "avif"]) {
      const [rendition] = systemProfile(`video_${container}_320x240_240kbps`)?.renditions ?? [];
      if (!rendition) throw new Error(`there is no profile of ${container}`);
      expect(toRendition(toQlty(rendition)).container).toBe(rendition.container);
    }
  });

  test("cannot make interlaced pictures of others", () => {
    const fields = { use_progressive: false } as const;
    expect(faultsOf({ ...fields, deinterlace: "bob", denoise: "light" })).toEqual([
      "deinterlace must be auto where use_progressive is false",
      "denoise is for progressive pictures alone",
    ]);
    expect(faultsOf({ ...fields, deinterlace: "auto" })).toEqual([]);
    expect(faultsOf({ ...fields, crop: { width: 640, height: 478, y: 2 } })).toEqual([
      "crop.y must be a multiple of 4 where use_progressive is false",
      "crop.height must be a multiple of 4 where use_progressive is false",
    ]);
    expect(faultsOf({ ...fields, crop: { width: 642, height: 480, x: 2 } })).toEqual([]);
  });
});
