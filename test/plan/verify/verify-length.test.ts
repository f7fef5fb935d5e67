import { describe, expect, test } from "bun:test";
import type { Expectation } from "../../../src/plan/plan.ts";
import { judgeLength, needsPackets } from "../../../src/plan/verify/verify-length.ts";
import type { MediaInfo, PacketFacts } from "../../../src/probe/media.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aMedia, anAudioStream, aVideoStream } from "../builders.ts";

/** The packets of a stream that goes from one time to another. */
const packets = (from: number, to: number, fields: Partial<PacketFacts> = {}): PacketFacts => ({
  count: 100,
  firstSeconds: from,
  lastSeconds: to - 0.04,
  gapSecondsMax: 0.04,
  shown: { fromSeconds: from, toSeconds: to },
  firstKey: { seconds: from, headCount: 0 },
  holeSeconds: 0,
  ...fields,
});

const expected = (durationSeconds: number, fields: Partial<Expectation> = {}): Expectation => ({
  durationSeconds,
  durationToleranceSeconds: Math.max(0.5, durationSeconds / 100),
  video: { codec: "h264", sameAsSource: false },
  audio: { codec: "aac", sameAsSource: false },
  ...fields,
});

/** A source with its packets, of both streams alike unless said otherwise. */
function counted(
  format: string,
  video: PacketFacts,
  fields: Partial<MediaInfo> & { readonly sound?: PacketFacts } = {},
): MediaInfo {
  const { sound = video, ...rest } = fields;
  return aMedia({
    format,
    startSeconds: video.firstSeconds,
    video: aVideoStream({ packets: video }),
    audio: anAudioStream({ packets: sound }),
    ...rest,
  });
}

const made = (durationSeconds: number, video?: number): MediaInfo =>
  aMedia({
    durationSeconds,
    video: aVideoStream({ durationSeconds: video ?? durationSeconds }),
    audio: anAudioStream({ durationSeconds }),
  });

const codeOf = (judge: () => readonly { readonly code: string }[]): string => {
  try {
    return judge()[0]?.code ?? "delivered";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("needsPackets", () => {
  test("asks for the source's packets only where the output is not as long as the header says", () => {
    expect(needsPackets(expected(60), made(60), aMedia())).toBe(false);
    expect(needsPackets(expected(60), made(10), aMedia())).toBe(true);
    expect(needsPackets(expected(60), made(70), aMedia())).toBe(true);
    expect(
      needsPackets(
        expected(60, { video: { codec: "h264", sameAsSource: false, durationSeconds: 60 } }),
        made(60, 30),
        aMedia(),
      ),
    ).toBe(true);
  });

  test("does not ask twice", () => {
    expect(needsPackets(expected(60), made(10), counted("mov", packets(0, 10)))).toBe(false);
  });
});

describe("judgeLength", () => {
  const ten = packets(60, 70);
  test.each([
    [
      "a length that the header is right about",
      expected(10),
      made(10),
      counted("flv", ten),
      "delivered",
    ],
    [
      "all of it where the header says too much",
      expected(143165),
      made(10),
      counted("mov", ten),
      "source_duration",
    ],
    [
      "all of it where the header says too little",
      expected(2),
      made(10),
      counted("mov", ten),
      "source_duration",
    ],
    [
      "all of it where the header may mean its end",
      expected(10),
      made(70),
      counted("matroska", packets(60, 130)),
      "delivered",
    ],
    ["less than the packets hold", expected(60), made(5), counted("mov", ten), "source_damaged"],
    ["more than the packets hold", expected(60), made(20), counted("mov", ten), "source_damaged"],
    [
      "all of a file that ends within a packet",
      expected(60),
      made(10),
      counted("mov", ten, { isCut: true }),
      "source_damaged",
    ],
    [
      "all of a file whose header is written at its end",
      expected(60),
      made(10),
      counted("flac", ten),
      "source_damaged",
    ],
    [
      "what is left where gaps are closed up",
      expected(60),
      made(10),
      counted("mpegts", packets(0, 3000, { holeSeconds: 2990 })),
      "source_duration",
    ],
  ])("finds %s", (_, expectation, output, source, code) => {
    expect(codeOf(() => judgeLength(expectation, output, source))).toBe(code);
  });

  test("names both lengths", async () => {
    const [warning] = judgeLength(expected(143165.643), made(10), counted("mov", ten));
    expect(warning?.message).toContain("143165.643 s");
    expect(warning?.message).toContain("hold 10 s");
    const error = await taskErrorOf(
      Promise.try(() => judgeLength(expected(60), made(5), counted("mov", ten))),
    );
    expect(error.message).toBe(
      "Cannot use the source: it should last 10 s, and 5 s came out of it",
    );
  });

  test("counts the packets within a clip alone", () => {
    const clip = { startSeconds: 8, durationSeconds: 5 };
    const judge = (seconds: number) => () =>
      judgeLength(expected(5, { clip }), made(seconds), counted("matroska", ten));
    expect(codeOf(judge(2))).toBe("source_duration");
    expect(codeOf(judge(1))).toBe("source_damaged");
  });

  test("counts no picture before the first key frame of a broadcast", () => {
    const cut = packets(0, 10, { firstKey: { seconds: 3, headCount: 75 } });
    const judge = (format: string) => () =>
      judgeLength(expected(10, { audio: undefined } as never), made(7), counted(format, cut));
    expect(codeOf(judge("mpegts"))).not.toBe("source_damaged");
    expect(codeOf(judge("mov"))).toBe("source_damaged");
  });

  test("holds each stream to its own packets, and a playlist to its video's", () => {
    const source = counted("mov", packets(0, 5), { startSeconds: 0, sound: packets(0, 10) });
    expect(codeOf(() => judgeLength(expected(60), made(10, 5), source))).toBe("source_duration");
    expect(codeOf(() => judgeLength(expected(60), made(10, 3), source))).toBe("source_damaged");
    expect(codeOf(() => judgeLength(expected(60), made(5), source))).toBe("source_damaged");
    const silent = { ...made(10, 5), audio: anAudioStream({ durationSeconds: 3 }) };
    expect(() => judgeLength(expected(60), silent, source)).toThrow(
      "its audio should last 10 s, and 3 s came out of it",
    );
    const playlist = expected(60, { isTimedByVideo: true });
    const list = aMedia({
      durationSeconds: 5,
      video: aVideoStream({ durationSeconds: 5 }),
      audio: anAudioStream({ durationSeconds: 10 }),
    });
    expect(codeOf(() => judgeLength(playlist, list, source))).toBe("source_duration");
  });
});
