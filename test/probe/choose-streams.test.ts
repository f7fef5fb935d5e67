import { describe, expect, test } from "bun:test";
import { chooseSound, type SoundCandidate } from "../../src/probe/choose-streams.ts";
import type { AudioStream } from "../../src/probe/media.ts";
import { anAudioStream } from "../plan/builders.ts";

const MOV = { format: "mov,mp4,m4a,3gp,3g2,mj2", brand: "qt  " };
const MP4 = { ...MOV, brand: "isom" };

const candidate = (
  index: number,
  fields: Partial<Omit<SoundCandidate, "stream">> = {},
  stream: Partial<AudioStream> = {},
): SoundCandidate => ({
  stream: anAudioStream({ index, ...stream }),
  isDecodable: true,
  isDefault: false,
  roles: [],
  ...fields,
});

const indexOf = (...candidates: SoundCandidate[]) => chooseSound(candidates, MP4)?.index;

describe("chooseSound", () => {
  test.each([
    ["the first", [candidate(1), candidate(2)], 1],
    ["the default one", [candidate(1), candidate(2, { isDefault: true })], 2],
    [
      "the main one before a default commentary",
      [candidate(1, { isDefault: true, roles: ["comment"] }), candidate(2)],
      2,
    ],
    [
      "the default one of two main ones",
      [candidate(1, { roles: ["karaoke"] }), candidate(2), candidate(3, { isDefault: true })],
      3,
    ],
    [
      "one that can be decoded before the main one",
      [candidate(1, { isDefault: true, isDecodable: false }), candidate(2, { roles: ["comment"] })],
      2,
    ],
    ["a commentary where there is no other", [candidate(1, { roles: ["comment"] })], 1],
    [
      "one that cannot be decoded where there is no other",
      [candidate(1, { isDecodable: false })],
      1,
    ],
  ] as const)("takes %s", (_, candidates, index) => {
    expect(indexOf(...candidates)).toBe(index);
  });

  test("takes nothing of nothing", () => {
    expect(chooseSound([], MP4)).toBeUndefined();
  });

  test.each([
    [{ roles: ["visual_impaired"] }, {}, "an audio description"],
    [{ isDecodable: false }, { codec: "ac4" }, "ac4, which cannot be decoded here"],
    [{ isDecodable: false }, { codec: "unknown" }, "in an unknown codec"],
  ] as const)("says of %j %j why it was not taken", (fields, stream, what) => {
    const first = candidate(1, { isDefault: true, ...fields }, stream);
    expect(chooseSound([first, candidate(2)], MP4)?.why).toBe(
      `stream 2 is its sound, as stream 1 is ${what}`,
    );
  });

  test("says nothing where marks and places were enough", () => {
    const second = candidate(2, { roles: ["comment"] });
    expect(chooseSound([candidate(1), second], MP4)?.why).toBeUndefined();
  });

  const mono = (index: number, fields: Partial<AudioStream> = {}) =>
    candidate(index, {}, { channels: 1, layout: "mono", codec: "pcm_s16le", ...fields });

  const SIDES = {
    index: 1,
    rightIndex: 3,
    channels: 2,
    layout: "stereo",
    bitrateBps: 1_536_000,
    why: "streams 1 and 3 of one channel each are its left and right",
  };

  test.each([MOV, { format: MOV.format }, { format: "mxf" }])(
    "takes two of one channel for one in %j",
    (file) => {
      const sides = [mono(1, { bitrateBps: 768_000 }), mono(3, { bitrateBps: 768_000 })];
      expect(chooseSound(sides, file)).toMatchObject(SIDES);
    },
  );

  test("takes the first two of eight", () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((index) => mono(index));
    expect(chooseSound(eight, MOV)).toMatchObject({ index: 1, rightIndex: 2 });
  });

  const two = (codec: string, isFirstMarked: boolean, language?: string) =>
    [1, 2].map((index) =>
      candidate(
        index,
        { isDefault: index === 1 && isFirstMarked },
        { channels: 1, codec, ...(language !== undefined && { language }) },
      ),
    );

  test.each([
    ["PCM in a MOV, of which one is marked", MOV, two("pcm_s24le", true), 2],
    ["AAC in a MOV", MOV, two("aac", false), 2],
    ["AAC in a MOV, of which one is marked", MOV, two("aac", true), undefined],
    ["AAC in a MP4", MP4, two("aac", false), undefined],
    ["PCM in a MP4", MP4, two("pcm_s16le", false), undefined],
    ["one language in a MP4", MP4, two("aac", false, "eng"), 2],
    ["one language in a MP4, of which one is marked", MP4, two("aac", true, "eng"), undefined],
  ] as const)("knows left and right of %s", (_, file, candidates, right) => {
    expect(chooseSound(candidates, file)?.rightIndex).toBe(right as number);
  });

  test.each([
    ["three", [mono(1), mono(2), mono(3)]],
    ["one of two channels", [mono(1), mono(2, { channels: 2 })]],
    ["another codec", [mono(1), mono(2, { codec: "aac" })]],
    ["another rate", [mono(1), mono(2, { samplerateHz: 44_100 })]],
    ["another language", [mono(1, { language: "eng" }), mono(2, { language: "fre" })]],
    ["another start", [mono(1), mono(2, { startSeconds: 1 })]],
    ["another end", [mono(1), mono(2, { durationSeconds: 59 })]],
  ] as const)("takes no sides of streams among which is %s", (_, candidates) => {
    expect(chooseSound(candidates, MOV)?.rightIndex).toBeUndefined();
  });

  test("takes no sides in containers that hold languages by streams", () => {
    expect(
      chooseSound([mono(1), mono(2)], { format: "matroska,webm" })?.rightIndex,
    ).toBeUndefined();
  });
});
