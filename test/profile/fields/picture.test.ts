import { describe, expect, test } from "bun:test";
import type { PictureQlty } from "../../../src/profile/fields/picture.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { aQlty } from "../builders.ts";

const ALL: Required<PictureQlty> = {
  crop: { width: 640, height: 480, x: 2, y: 4 },
  pad: "#FF8000",
  deinterlace: "bob",
  denoise: "strong",
};
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
    expect(rendition.video).toMatchObject({ ...ALL, pad: "#ff8000" });
    expect(toQlty(rendition)).toMatchObject({ ...ALL, pad: "#ff8000" });
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
