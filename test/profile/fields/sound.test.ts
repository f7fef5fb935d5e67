import { describe, expect, test } from "bun:test";
import { CreateProfile } from "../../../src/http/schemas/profile-schemas.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { TaskError } from "../../../src/task/errors.ts";

const QLTY: Qlty = { container: "mp4", bitrate: 500_000, audio_bitrate: 64_000 };

/** The fields that are refused, each with why. */
function faultsOf(fields: Partial<Qlty>): readonly string[] {
  try {
    toRendition({ ...QLTY, ...fields });
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return error.fields.map(({ path, message }) => `${path} ${message}`);
  }
  return [];
}

describe("toRendition", () => {
  test("takes the main sound as it is unless another is asked for, and says so in answers", () => {
    expect(toRendition({ ...QLTY, audio_tracks: "main" })).toEqual(toRendition(QLTY));
    expect(toRendition(QLTY)).not.toHaveProperty("sound");
    const asked = { audio_tracks: ["eng", 1], audio_mix: "stereo", loudness: -23 } as const;
    const rendition = toRendition({ ...QLTY, ...asked });
    expect(rendition.sound).toEqual({ tracks: ["eng", 1], mix: "stereo", loudnessLufs: -23 });
    expect(toQlty(rendition)).toMatchObject(asked);
  });

  test.each([
    [{ audio_format: "none", audio_tracks: "all" }, "audio_tracks cannot be given where"],
    [{ audio_format: "copy", audio_mix: "stereo" }, "audio_mix is for sound that is encoded"],
    [{ audio_format: "copy", loudness: -23 }, "loudness is for sound that is encoded"],
    [{ audio_mix: "stereo", channels: 6 }, "channels must be 2 or absent"],
    [{ audio_mix: "surround_and_stereo", channels: 2 }, "channels must be 6 or absent"],
    [{ audio_mix: "surround_and_stereo", audio_format: "mp3" }, "audio_mix needs a codec of six"],
  ] as const)("refuses %j", (fields, why) => {
    expect(faultsOf(fields)).toEqual([expect.stringContaining(why)]);
  });
});

describe("CreateProfile", () => {
  const parse = (fields: object) =>
    CreateProfile.safeParse({ profile_name: "mine", qlties: [{ ...QLTY, ...fields }] });

  test("takes languages of every kind, places, and a loudness as text", () => {
    const fields = { audio_tracks: ["en", "fre", "pt-BR", "und", 3], loudness: "-16.5" };
    const { data } = parse(fields);
    expect(data?.qlties[0]).toMatchObject({ ...fields, loudness: -16.5 });
  });

  test.each([
    { audio_tracks: "first" },
    { audio_tracks: [] },
    { audio_tracks: ["english"] },
    { audio_tracks: [-1] },
    { audio_tracks: Array.from({ length: 33 }, (_, at) => at) },
    { audio_mix: "quad" },
    { loudness: -5 },
    { loudness: -40 },
    { loudness: "loud" },
  ])("refuses %j", (fields) => {
    const [field = ""] = Object.keys(fields);
    expect(parse(fields).error?.issues[0]?.path.slice(0, 3)).toEqual(["qlties", 0, field]);
  });
});
