import { describe, expect, test } from "bun:test";
import type { Expectation } from "../../../src/plan/plan.ts";
import { judgeOutput } from "../../../src/plan/verify/verify.ts";
import type { AudioStream, MediaInfo, PacketFacts, VideoStream } from "../../../src/probe/media.ts";
import { aMedia, anAudioStream, aVideoStream } from "../builders.ts";

const ENCODED: Expectation = {
  durationSeconds: 60,
  durationToleranceSeconds: 0.6,
  video: { codec: "h264", width: 1280, height: 720, sameAsSource: false, durationSeconds: 60 },
  audio: { codec: "aac", sameAsSource: false, durationSeconds: 60 },
};

type Changes = {
  readonly video?: Partial<VideoStream> | null;
  readonly audio?: Partial<AudioStream> | null;
  readonly durationSeconds?: number;
};

function output({ video, audio, durationSeconds = 60 }: Changes = {}): MediaInfo {
  return {
    format: "mov,mp4,m4a,3gp,3g2,mj2",
    durationSeconds,
    streams: [],
    ...(video !== null && { video: aVideoStream({ width: 1280, height: 720, ...video }) }),
    ...(audio !== null && { audio: anAudioStream(audio ?? {}) }),
  };
}

function codeOf(judge: () => void): string {
  try {
    judge();
    return "delivered";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("judgeOutput blames a source whose frames turned an encode, and its header did not say so", () => {
  const turned = output({ video: { width: 720, height: 1280 } });
  expect(() => judgeOutput(ENCODED, turned, aMedia())).toThrow(
    "its frames say that they are turned",
  );
  expect(codeOf(() => judgeOutput(ENCODED, turned, aMedia()))).toBe("input_not_supported");
  const known = aMedia({ video: aVideoStream({ rotation: 90, isTurnedByFrames: true }) });
  expect(codeOf(() => judgeOutput(ENCODED, turned, known))).toBe("output_wrong");
});

test("judgeOutput takes MPEG audio by either name that it may have", () => {
  const audio = { codec: "mp2", alias: "mp3", sameAsSource: false };
  const judge = (codec: string) => () =>
    judgeOutput({ ...ENCODED, audio }, output({ audio: { codec } }), aMedia());
  expect(["mp2", "mp3", "aac"].map((codec) => codeOf(judge(codec)))).toEqual([
    "delivered",
    "delivered",
    "output_wrong",
  ]);
});

describe("judgeOutput of an encode", () => {
  test.each([
    ["what was planned", {}, "delivered"],
    ["a little less", { durationSeconds: 59.41 }, "delivered"],
    ["a little more", { durationSeconds: 60.59 }, "delivered"],
    ["half of it", { durationSeconds: 30 }, "source_damaged"],
    ["just too little", { durationSeconds: 59.39 }, "source_damaged"],
    ["just too much", { durationSeconds: 60.61 }, "source_damaged"],
    ["no frames", { video: { frames: 0 } }, "source_damaged"],
    ["no video packets", { video: { packets: facts({ count: 0 }) } }, "source_damaged"],
    ["a picture without a size", { video: { width: 0, height: 0 } }, "source_damaged"],
    ["no video", { video: null }, "source_damaged"],
    ["no audio", { audio: null }, "source_damaged"],
    [
      "half of the video beside all of the audio",
      { video: { durationSeconds: 30 } },
      "source_damaged",
    ],
    [
      "half of the audio beside all of the video",
      { audio: { durationSeconds: 30 } },
      "source_damaged",
    ],
    ["longer audio", { audio: { durationSeconds: 65 } }, "delivered"],
    ["another video codec", { video: { codec: "hevc" } }, "output_wrong"],
    ["another audio codec", { audio: { codec: "mp3" } }, "output_wrong"],
    ["another width", { video: { width: 1278 } }, "output_wrong"],
    ["another height", { video: { height: 718 } }, "output_wrong"],
  ] as const)("that holds %s", (_, changes, code) => {
    expect(codeOf(() => judgeOutput(ENCODED, output(changes), aMedia()))).toBe(code);
  });

  test.each(["video", "audio"] as const)("refuses %s that was not asked for", (kind) => {
    const { [kind]: _, ...expected } = ENCODED;
    expect(codeOf(() => judgeOutput(expected, output(), aMedia()))).toBe("output_wrong");
  });

  test("refuses an output of no known duration", () => {
    const { durationSeconds: _, ...made } = output();
    expect(codeOf(() => judgeOutput(ENCODED, made, aMedia()))).toBe("source_damaged");
  });

  test("blames the clip where it may hold nothing of a stream, and the source where it must", () => {
    const { durationSeconds: _, ...audio } = ENCODED.audio ?? { codec: "", sameAsSource: false };
    const judge = (expected: Expectation) => () =>
      judgeOutput(expected, output({ audio: null }), aMedia());
    expect(codeOf(judge({ ...ENCODED, audio, clip: { startSeconds: 1 } }))).toBe(
      "invalid_parameter",
    );
    expect(codeOf(judge({ ...ENCODED, clip: { startSeconds: 1 } }))).toBe("source_damaged");
    expect(codeOf(judge({ ...ENCODED, audio }))).toBe("source_damaged");
  });

  test("asks for no duration where the source did not say", () => {
    const { durationSeconds: _, ...expected } = ENCODED;
    expect(codeOf(() => judgeOutput(expected, output({ durationSeconds: 7 }), aMedia()))).toBe(
      "delivered",
    );
  });

  test("says what is wrong with the source", () => {
    expect(() => judgeOutput(ENCODED, output({ durationSeconds: 30 }), aMedia())).toThrow(
      "Cannot use the source: it should last 60 s, and 30 s came out of it",
    );
  });
});

function facts(fields: Partial<PacketFacts> = {}): PacketFacts {
  return { count: 1500, firstSeconds: 0, lastSeconds: 59.96, gapSecondsMax: 0.04, ...fields };
}

const AUDIO_FACTS: PacketFacts = {
  count: 2812,
  firstSeconds: -0.021,
  lastSeconds: 59.968,
  gapSecondsMax: 0.0214,
};

const COPIED: Expectation = {
  durationSeconds: 60,
  durationToleranceSeconds: 0.6,
  video: { codec: "h264", width: 1920, height: 1080, sameAsSource: true },
  audio: { codec: "aac", sameAsSource: true },
};

const copied = (
  video: Partial<PacketFacts> = {},
  audio: Partial<PacketFacts> = {},
  format = "mov,mp4",
): MediaInfo =>
  aMedia({
    format,
    video: aVideoStream({ packets: facts(video) }),
    audio: anAudioStream({ packets: { ...AUDIO_FACTS, ...audio } }),
  });

describe("judgeOutput of a copy", () => {
  test.each([
    ["is the same", {}, {}, "delivered"],
    [
      "begins at 1.4 s, as MPEG-TS does",
      { firstSeconds: 1.4, lastSeconds: 61.36 },
      { firstSeconds: 1.379, lastSeconds: 61.368 },
      "delivered",
    ],
    [
      "is rounded to milliseconds",
      { firstSeconds: 0.001, lastSeconds: 59.96, gapSecondsMax: 0.041 },
      {},
      "delivered",
    ],
    [
      "has the sound moved by Opus' pre-skip",
      {},
      { firstSeconds: -0.028, lastSeconds: 59.961 },
      "delivered",
    ],
    ["lacks the last packet", { count: 1499, lastSeconds: 59.92 }, {}, "delivered"],
    ["lacks ten video packets", { count: 1490 }, {}, "output_wrong"],
    ["lacks ten audio packets", {}, { count: 2802 }, "output_wrong"],
    ["has ten video packets more", { count: 1510 }, {}, "output_wrong"],
    ["has all packets in less time", { lastSeconds: 59 }, {}, "output_wrong"],
    ["has all packets in more time", { lastSeconds: 61 }, {}, "output_wrong"],
    ["has a gap that the source has not", { gapSecondsMax: 0.5 }, {}, "output_wrong"],
    [
      "has the sound a quarter of a second late",
      {},
      { firstSeconds: 0.229, lastSeconds: 60.218 },
      "output_wrong",
    ],
    [
      "is half of it",
      { count: 750, lastSeconds: 29.96 },
      { count: 1406, lastSeconds: 29.968 },
      "output_wrong",
    ],
    ["holds no video packets", { count: 0 }, {}, "output_wrong"],
  ] as const)("that %s", (_, video, audio, code) => {
    expect(codeOf(() => judgeOutput(COPIED, copied(video, audio), copied()))).toBe(code);
  });

  test("allows that a recording which begins within a group of pictures loses the group's rest", () => {
    const made = copied({ count: 1470, firstSeconds: 1.2 });
    expect(codeOf(() => judgeOutput(COPIED, made, copied({}, {}, "mpegts")))).toBe("delivered");
    expect(codeOf(() => judgeOutput(COPIED, made, copied()))).toBe("output_wrong");
  });

  test("allows the shorter duration that comes of it, and no shorter one", () => {
    const { audio: _, ...expected } = COPIED;
    const silent = ({ audio: _audio, ...media }: MediaInfo): MediaInfo => media;
    const source = silent(copied({}, {}, "mpegts"));
    const made = silent(copied({ count: 1400, firstSeconds: 4 }));
    const judge = (durationSeconds: number) =>
      codeOf(() => judgeOutput(expected, { ...made, durationSeconds }, source));
    expect(judge(56)).toBe("delivered");
    expect(judge(55)).toBe("source_damaged");
  });

  test("allows that ffmpeg closes one jump of a clock, as FLV's after 2^31 ms, and no other nonsense", () => {
    const jumped = (gapSecondsMax: number) => {
      const late = { gapSecondsMax, lastSeconds: 59.96 + 2_147_483.648 };
      return copied(late, { ...late, lastSeconds: 59.968 + 2_147_483.648 }, "flv");
    };
    const judge = (gapSecondsMax: number) => () =>
      judgeOutput(COPIED, copied(), jumped(gapSecondsMax));
    expect([codeOf(judge(2_147_483.688)), codeOf(judge(1_000_000))]).toEqual([
      "delivered",
      "source_damaged",
    ]);
  });

  test("finds a source that was cut: all its packets are there, but not all its time", () => {
    const half = { count: 750, lastSeconds: 29.96 };
    const halfAudio = { count: 1406, lastSeconds: 29.968 };
    const made = { ...copied(half, halfAudio), durationSeconds: 30 };
    expect(codeOf(() => judgeOutput(COPIED, made, copied(half, halfAudio)))).toBe("source_damaged");
  });

  test("blames a source that lacks bytes before a copy whose packets are others", () => {
    const source = copied({ count: 6, lastSeconds: 0.5 }, { count: 20, lastSeconds: 0.5 });
    const made = { ...copied({ count: 19, lastSeconds: 0.5 }), durationSeconds: 0.5 };
    const judge = (isCut: true | undefined) => () =>
      judgeOutput(COPIED, made, { ...source, ...(isCut && { isCut }) });
    expect([codeOf(judge(true)), codeOf(judge(undefined))]).toEqual([
      "source_damaged",
      "output_wrong",
    ]);
  });

  test.each([
    [0, 90, {}, "output_wrong"],
    [90, 90, {}, "delivered"],
    [90, 0, {}, "output_wrong"],
    [0, 90, { sameAsSource: false }, "output_wrong"],
    [90, 90, { sameAsSource: false }, "delivered"],
    [0, 90, { sameAsSource: false, isCopy: false }, "delivered"],
    [90, 90, { sameAsSource: false, isCopy: false }, "output_wrong"],
  ] as const)("turned by %d of a source turned by %d with %j", (after, before, look, code) => {
    const turned = (rotation: 0 | 90): MediaInfo => {
      const media = copied();
      return { ...media, ...(media.video && { video: { ...media.video, rotation } }) };
    };
    const video = { codec: "h264", sameAsSource: true, isCopy: true, ...look };
    const judge = () => judgeOutput({ ...COPIED, video }, turned(after), turned(before));
    expect(codeOf(judge)).toBe(code);
  });

  test("lets a copy whose frames turn it say nothing else", () => {
    const media = copied();
    const video = {
      ...(media.video ?? aVideoStream()),
      rotation: 90,
      isTurnedByFrames: true,
    } as const;
    const look = { codec: "h264", sameAsSource: true, isCopy: true };
    const source = { ...media, video } as const;
    expect(codeOf(() => judgeOutput({ ...COPIED, video: look }, media, source))).toBe("delivered");
  });

  test("lets an edit list's hidden beginning show where a container has none", () => {
    const made = { ...copied(), durationSeconds: 63 };
    expect(codeOf(() => judgeOutput(COPIED, made, copied()))).toBe("delivered");
  });

  test("refuses to judge without the packets of both", () => {
    expect(codeOf(() => judgeOutput(COPIED, copied(), aMedia()))).toBe("output_not_supported");
    expect(codeOf(() => judgeOutput(COPIED, aMedia(), copied()))).toBe("internal");
  });

  test("compares no packets of a stream that was encoded", () => {
    const expected = { ...COPIED, audio: { codec: "aac", sameAsSource: false } };
    expect(codeOf(() => judgeOutput(expected, copied({}, { count: 1 }), copied()))).toBe(
      "delivered",
    );
  });
});
