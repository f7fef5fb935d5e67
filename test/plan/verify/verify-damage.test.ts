import { describe, expect, test } from "bun:test";
import type { PlannedOutput } from "../../../src/plan/plan.ts";
import { judgeDamage } from "../../../src/plan/verify/verify-damage.ts";
import type { MediaInfo, PacketFacts } from "../../../src/probe/media.ts";
import { aMedia, anAudioStream, aVideoStream } from "../builders.ts";

const facts = (count: number, fields: Partial<PacketFacts> = {}): PacketFacts => ({
  count,
  firstSeconds: 0,
  lastSeconds: 60,
  gapSecondsMax: 1,
  shown: { fromSeconds: 0, toSeconds: 60 },
  firstKey: { seconds: 0, headCount: 0 },
  holeSeconds: 0,
  ...fields,
});

/** A minute, counted. */
const counted = (
  video: Partial<PacketFacts> = {},
  audio: Partial<PacketFacts> = {},
  fields: Partial<MediaInfo> = {},
): MediaInfo =>
  aMedia({
    video: aVideoStream({ packets: facts(1500, video) }),
    audio: anAudioStream({ packets: facts(2800, audio) }),
    ...fields,
  });

const products = (
  action: "copy" | "encode",
  fields: Partial<PlannedOutput["expect"]> = {},
): Pick<PlannedOutput, "video" | "audio" | "expect">[] => [
  {
    video: { action, why: "" },
    audio: { action, why: "" },
    expect: { durationToleranceSeconds: 0.6, ...fields },
  },
];

const told = (failures: Record<number, number>) => ({
  ...{ isTold: true, isFilled: false, speakers: [], failures },
});

/** Of runs that said nothing, and filled gaps in the sound. */
const filled = { isTold: false, isFilled: true, speakers: [], failures: {} };

function verdict(...[damage, made, source]: Parameters<typeof judgeDamage>): string {
  try {
    return judgeDamage(damage, made, source)
      .map(({ code, message }) => `${code}: ${message}`)
      .join("; ");
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
}

describe("judgeDamage", () => {
  const encode = products("encode");

  test("says nothing where nothing was lost", () => {
    expect(verdict(told({}), encode, counted())).toBe("");
  });

  test("warns of one flaw", () => {
    const message = "less than 0.1 % of the source's video is missing or cannot be decoded";
    expect(verdict(told({ 0: 1 }), encode, counted())).toBe(`source_damage: ${message}`);
  });

  test("takes 1 % of a stream, and no more", () => {
    expect(verdict(told({ 0: 15 }), encode, counted())).toStartWith("source_damage: 1 % of");
    expect(verdict(told({ 0: 16 }), encode, counted())).toStartWith("source_damaged: ");
    expect(verdict(told({ 1: 29 }), encode, counted())).toStartWith("source_damaged: ");
  });

  test("says how much was lost", () => {
    expect(verdict(told({ 0: 1050 }), encode, counted())).toBe(
      "source_damaged: Cannot use the source: 70 % of its video is missing or cannot be decoded",
    );
  });

  test("takes two packets of a stream that has few", () => {
    const short = counted({ count: 50 });
    expect(verdict(told({ 0: 2 }), encode, short)).toStartWith("source_damage: 4 % of");
    expect(verdict(told({ 0: 3 }), encode, short)).toStartWith("source_damaged: ");
  });

  test("counts in what a clip holds alone", () => {
    const clip = products("encode", { clip: { startSeconds: 10, durationSeconds: 6 } });
    expect(verdict(told({ 0: 15 }), clip, counted())).toBe(
      "source_damaged: Cannot use the source: 10 % of its video is missing or cannot be decoded",
    );
  });

  test("blames nobody for what comes before the first key frame", () => {
    const cut = counted({ firstKey: { seconds: 3, headCount: 75 } });
    expect(verdict(told({ 0: 75 }), encode, cut)).toBe("");
  });

  test("counts stretches without a packet of any stream, which an encode fills", () => {
    const holes = counted({ holeSeconds: 36 }, { holeSeconds: 35.9 }, { isCut: true });
    expect(verdict(told({}), encode, holes)).toStartWith(
      "source_damaged: Cannot use the source: 59.8 %",
    );
    const failed = counted({ holeSeconds: 36 }, { holeSeconds: 35.9 });
    expect(verdict(told({ 1: 1 }), encode, failed)).toStartWith("source_damaged: ");
    expect(verdict(told({ 1: 1 }), encode, counted({ holeSeconds: 36 }))).toStartWith(
      "source_damage: less than 0.1 % of the source's audio",
    );
    const flaw = counted({ holeSeconds: 0.4 }, { holeSeconds: 0.4 }, { isCut: true });
    expect(verdict(told({}), encode, flaw)).toStartWith("source_damage: 0.7 %");
  });

  const PAUSED =
    "source_damage: For 36 s nothing comes from the source: it was paused, or a part is missing";
  const pause = (fields: Partial<MediaInfo> = {}, headCount = 0) =>
    counted(
      { holeSeconds: 36, firstKey: { seconds: headCount / 25, headCount } },
      { holeSeconds: 36 },
      fields,
    );

  test("takes a gap for a pause where decoders complain of the first pictures alone, or of none", () => {
    expect(verdict(told({}), encode, pause({}, 75))).toBe(PAUSED);
    expect(verdict(told({ 0: 75 }), encode, pause({}, 75))).toBe(PAUSED);
    expect(verdict(told({ 0: 76 }), encode, pause({}, 75))).toStartWith("source_damaged: ");
    expect(verdict(told({}), encode, pause())).toBe(PAUSED);
  });

  test("takes broken counters of a MPEG-TS alone for no loss: a pause of a recorder breaks them", () => {
    const ts = { format: "mpegts", isCut: true } as const;
    expect(verdict(filled, encode, pause(ts))).toBe(PAUSED);
    expect(verdict(told({}), encode, pause(ts, 75))).toBe(PAUSED);
    expect(verdict(told({}), encode, pause(ts))).toStartWith("source_damaged: ");
    expect(verdict(filled, encode, pause({ ...ts, format: "flv" }))).toStartWith("source_damaged:");
  });

  test("takes no flaw elsewhere for a sign that the gaps of a MPEG-TS are losses, where an encoder began anew behind them", () => {
    const gap = { holeSeconds: 12, beginsAnew: true } as const;
    const of = (fields: Partial<MediaInfo>) =>
      verdict(told({ 0: 1 }), encode, counted(gap, { holeSeconds: 12 }, fields));
    const ts = { format: "mpegts", isCut: true, sizeBytes: 1_000_000 } as const;
    expect(of(ts)).toMatch(/less than 0.1 % of the source's video.*; .*For 12 s nothing comes/);
    expect(of({ ...ts, unreadBytes: 150_000 })).toStartWith("source_damaged: ");
    expect(of({ ...ts, format: "matroska,webm" })).toStartWith("source_damaged: ");
  });

  test("refuses a clip for the holes in it alone", () => {
    const holes = [{ fromSeconds: 20, toSeconds: 30 }];
    const source = counted({ holeSeconds: 10, holes }, { holeSeconds: 10, holes });
    const clipped = (startSeconds: number, durationSeconds = 10) =>
      verdict(
        told({ 0: 1 }),
        products("encode", { clip: { startSeconds, durationSeconds } }),
        source,
      );
    expect(clipped(40)).toStartWith("source_damage: 0.4 % of the source's video");
    expect(clipped(25)).toStartWith("source_damaged: Cannot use the source: 50.4 %");
    expect(clipped(19.7, 0.5)).toStartWith("source_damage: 48 %");
    const flac = { ...source, format: "flac", sizeBytes: 1_000_000, unreadBytes: 160_000 };
    const clip = { startSeconds: 40, durationSeconds: 10 };
    expect(verdict(filled, products("encode", { clip }), flac)).toBe("");
  });

  test("pardons nothing of a clip that begins behind what cannot be shown", () => {
    const cut = counted({ firstKey: { seconds: 3, headCount: 75 } });
    const from = (startSeconds: number) =>
      verdict(told({ 0: 75 }), products("encode", { clip: { startSeconds } }), cut);
    expect(from(2)).toBe("");
    expect(from(3)).toStartWith("source_damaged: ");
  });

  test("counts what fails of either channel where each is a stream", () => {
    const { audio } = counted();
    const pair = counted({}, {}, { ...(audio && { audio: { ...audio, rightIndex: 2 } }) });
    expect(verdict(told({ 2: 29 }), encode, pair)).toStartWith("source_damaged: ");
    expect(verdict(told({ 1: 1, 2: 1 }), encode, pair)).toStartWith("source_damage: less than");
  });

  test("warns of a copy that is as bad as its source", () => {
    const holes = counted({ holeSeconds: 36 }, { holeSeconds: 36 }, { isCut: true });
    expect(verdict(told({}), products("copy"), holes)).toStartWith("source_damage: 60 %");
  });

  test("warns of a source that is cut off where no packet fails", () => {
    expect(verdict(told({}), encode, counted({}, {}, { isCut: true }))).toBe(
      "source_damage: The source is cut off or has broken packets",
    );
  });

  describe("of a source whose gaps were filled without a word", () => {
    const holes = (fields: Partial<MediaInfo> = {}) =>
      counted({ holeSeconds: 12 }, { holeSeconds: 12 }, { sizeBytes: 1_000_000, ...fields });

    test("refuses it where the bytes are there, and cannot be read", () => {
      expect(verdict(filled, encode, holes({ unreadBytes: 150_000 }))).toBe(
        "source_damaged: Cannot use the source: 20 % of its video is missing or cannot be decoded",
      );
    });

    test("warns where the recording may have been paused", () => {
      const paused = "source_damage: For 12 s nothing comes from the source: it was paused";
      expect(verdict(filled, encode, holes({ unreadBytes: 50_000 }))).toStartWith(paused);
      expect(verdict(filled, encode, holes())).toStartWith(paused);
    });

    test("warns of nothing where another stream goes on, used or not", () => {
      const sound = products("encode");
      const alone = sound.map((one) => ({ ...one, video: { action: "none" as const, why: "" } }));
      expect(verdict(filled, alone, counted({}, { holeSeconds: 12 }))).toBe("");
    });

    test("refuses it where the format knows no pause, however small the holes", () => {
      const fields = { format: "flac", sizeBytes: 1_000_000, unreadBytes: 100_000 };
      expect(verdict(filled, encode, counted({}, {}, fields))).toStartWith("source_damaged: ");
    });
  });

  test("says nothing of a pause that is copied", () => {
    const holes = counted({ holeSeconds: 36 }, { holeSeconds: 36 });
    const nothing = { ...filled, isFilled: false };
    expect(verdict(nothing, products("copy"), holes)).toBe("");
  });

  test("warns of time stamps that go back", () => {
    const nothing = { ...filled, isFilled: false };
    expect(verdict(nothing, products("copy"), counted({ isDisordered: true }))).toBe(
      "source_damage: The source's time stamps go back: they are broken, or begin anew",
    );
  });
});
