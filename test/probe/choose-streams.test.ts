import { describe, expect, test } from "bun:test";
import { audioOf, captionTrackOf, videoOf } from "../../src/probe/choose-streams.ts";
import type { AudioStream, Disposition, VideoStream } from "../../src/probe/media.ts";
import { anAudioStream, aVideoStream } from "../plan/builders.ts";

const MOV = { format: "mov,mp4,m4a,3gp,3g2,mj2", brand: "qt  " };
const MP4 = { ...MOV, brand: "isom" };

const candidate = (index: number, ...marks: Partial<AudioStream>[]): AudioStream =>
  anAudioStream(Object.assign({ index }, ...marks));

const as = (...dispositions: Disposition[]) => ({ dispositions });
const UNDECODABLE = { isUndecodable: true } as const;

const indexOf = (...candidates: AudioStream[]) => audioOf(candidates, MP4)?.index;

describe("videoOf", () => {
  const video = (index: number, fields: Partial<VideoStream> = {}) =>
    aVideoStream({ index, ...fields });
  const still = { isStill: true } as const;

  test.each([
    ["the first", [video(1), video(2)], 1],
    ["the default one", [video(1), video(2, as("default"))], 2],
    ["no cover art", [video(1, as("default", "attached_pic")), video(2)], 2],
    ["no cover art where there is nothing else", [video(1, as("attached_pic"))], undefined],
    ["a film before a default still", [video(1, { ...as("default"), ...still }), video(2)], 2],
    ["a still where there is no film", [video(1, as("attached_pic")), video(2, still)], 2],
    ["no audio", [candidate(1), video(2)], 2],
  ] as const)("takes %s", (_, streams, index) => {
    expect(videoOf(streams)?.index).toBe(index as number);
  });
});

describe("audioOf", () => {
  test.each([
    ["the first", [candidate(1), candidate(2)], 1],
    ["the default one", [candidate(1), candidate(2, as("default"))], 2],
    [
      "the main one before a default commentary",
      [candidate(1, as("default", "comment")), candidate(2)],
      2,
    ],
    [
      "the default one of two main ones",
      [candidate(1, as("karaoke")), candidate(2), candidate(3, as("default"))],
      3,
    ],
    [
      "one that can be decoded before the main one",
      [candidate(1, as("default"), UNDECODABLE), candidate(2, as("comment"))],
      2,
    ],
    ["a commentary where there is no other", [candidate(1, as("comment"))], 1],
    ["one that cannot be decoded where there is no other", [candidate(1, UNDECODABLE)], 1],
  ] as const)("takes %s", (_, candidates, index) => {
    expect(indexOf(...candidates)).toBe(index);
  });

  test("takes nothing of nothing", () => {
    expect(audioOf([], MP4)).toBeUndefined();
  });

  test.each([
    [as("default", "visual_impaired"), "an audio description"],
    [{ ...as("default"), ...UNDECODABLE, codec: "ac4" }, "ac4, which cannot be decoded here"],
    [{ ...as("default"), ...UNDECODABLE, codec: "unknown" }, "in an unknown codec"],
  ])("says of %j why it was not taken", (fields, what) => {
    const first = candidate(1, fields);
    expect(audioOf([first, candidate(2)], MP4)?.why).toBe(
      `stream 2 is its sound, as stream 1 is ${what}`,
    );
  });

  test("says nothing where marks and places were enough", () => {
    const second = candidate(2, as("comment"));
    expect(audioOf([candidate(1), second], MP4)?.why).toBeUndefined();
  });

  const mono = (index: number, fields: Partial<AudioStream> = {}) =>
    candidate(index, { channels: 1, layout: "mono", codec: "pcm_s16le", ...fields });

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
      expect(audioOf(sides, file)).toMatchObject(SIDES);
    },
  );

  test("takes the first two of eight", () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((index) => mono(index));
    expect(audioOf(eight, MOV)).toMatchObject({ index: 1, rightIndex: 2 });
  });

  const two = (codec: string, isFirstMarked: boolean, language?: string) =>
    [1, 2].map((index) =>
      candidate(index, index === 1 && isFirstMarked ? as("default") : {}, {
        channels: 1,
        codec,
        ...(language !== undefined && { language }),
      }),
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
    expect(audioOf(candidates, file)?.rightIndex).toBe(right as number);
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
    expect(audioOf(candidates, MOV)?.rightIndex).toBeUndefined();
  });

  test("takes no sides in containers that hold languages by streams", () => {
    expect(audioOf([mono(1), mono(2)], { format: "matroska,webm" })?.rightIndex).toBeUndefined();
  });
});

describe("captionTrackOf", () => {
  const other = (index: number, codec: string) =>
    ({ kind: "subtitle", index, codec, dispositions: [] }) as const;

  test("finds the first stream of captions", () => {
    const streams = [
      aVideoStream(),
      other(1, "mov_text"),
      other(2, "eia_608"),
      other(3, "eia_608"),
    ];
    expect(captionTrackOf(streams)).toBe(2);
  });

  test("is undefined of other subtitles", () => {
    expect(captionTrackOf([other(1, "mov_text")])).toBeUndefined();
  });
});
