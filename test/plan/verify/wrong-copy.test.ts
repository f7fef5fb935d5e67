import { describe, expect, test } from "bun:test";
import type { StreamDecision } from "../../../src/plan/plan.ts";
import {
  blameCopy,
  differs,
  mayHoldHidden,
  refuseHiddenCopies,
  WrongCopy,
} from "../../../src/plan/verify/wrong-copy.ts";
import { WrongOutput } from "../../../src/plan/verify/wrong-output.ts";
import type { MediaInfo, PacketFacts } from "../../../src/probe/media.ts";
import type { Written } from "../../../src/profile/containers.ts";
import { contractCode, retryOf, TaskError } from "../../../src/task/errors.ts";
import { aCustomVideo, aMedia, anAudio, anAudioStream, aVideoStream } from "../builders.ts";
import { COPY, planOf } from "../planned.ts";

const decided = (action: StreamDecision["action"]): StreamDecision => ({ action, why: "" });
const product = (video: StreamDecision["action"], audio: StreamDecision["action"]) => ({
  ...({ container: "mkv", video: decided(video), audio: decided(audio) } as const),
  expect: { durationToleranceSeconds: 1 },
});
const facts = (fields: Partial<PacketFacts> = {}): PacketFacts => ({
  ...{ count: 1500, firstSeconds: 0, lastSeconds: 59.96, gapSecondsMax: 0.04 },
  ...fields,
});
const counted = (video: Partial<PacketFacts> = {}, audio: Partial<PacketFacts> = {}): MediaInfo =>
  aMedia({
    video: aVideoStream({ packets: facts(video) }),
    audio: anAudioStream({ packets: facts(audio) }),
  });

const GAP = new WrongOutput("its video has a gap of 2 s", "video", "copy");

describe("blameCopy", () => {
  const blame = (error: Error, made = product("copy", "copy"), source = counted()) =>
    blameCopy(error, made, source, false);

  test("finds a source that cannot be copied, and never ends as InternalError then", () => {
    const error = blame(GAP) as WrongCopy;
    expect(error).toBeInstanceOf(WrongCopy);
    expect(error.message).toBe(
      'Cannot copy the source into "mkv": in the copy, its video has a gap of 2 s',
    );
    expect([contractCode(error.code), retryOf(error.code)]).toEqual(["OutputNotSupported", "once"]);
  });

  test("marks the stream that is wrong, for the container that it was copied into", () => {
    const marked = (blame(GAP) as WrongCopy).marked(aMedia());
    expect(marked.video?.uncopied).toEqual({ mkv: "in a copy, its video has a gap of 2 s" });
    expect(marked.audio?.uncopied).toBeUndefined();
  });

  test("marks the sound that the copy was made of, where it is not the main one", () => {
    const other = anAudioStream({ index: 2 });
    const media = aMedia({ streams: [aVideoStream(), anAudioStream(), other] });
    const fault = new WrongOutput("its audio has a gap of 2 s", "audio", "copy");
    const { marked } = blameCopy(
      fault,
      product("copy", "copy"),
      { ...media, audio: other },
      false,
      other,
    ) as WrongCopy;
    const { audio, streams } = marked(media);
    expect(audio?.uncopied).toBeUndefined();
    expect(streams.map((one) => one.kind === "audio" && one.uncopied)).toEqual([
      false,
      undefined,
      { mkv: "in a copy, its audio has a gap of 2 s" },
    ]);
  });

  test("marks both where it may be either", () => {
    const marked = (blame(new WrongOutput("it ends at 2 s")) as WrongCopy).marked(aMedia());
    expect(Object.keys(marked.video?.uncopied ?? {})).toEqual(["mkv"]);
    expect(Object.keys(marked.audio?.uncopied ?? {})).toEqual(["mkv"]);
  });

  test("says that a damaged source is, and that a source of one moment is none", () => {
    expect(blameCopy(GAP, product("copy", "copy"), counted(), true)).toMatchObject({
      code: "source_damaged",
    });
    const still = counted({ lastSeconds: 0 });
    expect(blame(GAP, product("copy", "copy"), still)).toMatchObject({
      code: "source_damaged",
      message: "Cannot use the source: all its packets are at one moment",
    });
  });

  test.each([
    ["what was encoded", GAP, product("encode", "copy")],
    ["what may be encoded", new WrongOutput("it ends at 2 s"), product("encode", "copy")],
    ["another fault", new TaskError("scratch_full", "Cannot write"), product("copy", "copy")],
  ])("leaves %s as it is", (_, error, made) => {
    expect(blame(error, made)).toBe(error);
  });
});

describe("refuseHiddenCopies", () => {
  const shown = counted({ hiddenSeconds: 0.04 });
  const refusal = (
    media: MediaInfo,
    made = product("copy", "copy"),
    container: Written = "mkv",
  ): WrongCopy | undefined => {
    try {
      refuseHiddenCopies([{ ...made, container }], media);
      return undefined;
    } catch (error) {
      return error as WrongCopy;
    }
  };

  test("refuses a copy of what is hidden behind the beginning, and marks the source with it", () => {
    const error = refusal(shown);
    expect(error?.message).toBe(
      "Cannot copy the source: an edit list hides 0.04 s of the picture, which a copy would bring back",
    );
    const { video, audio } = error?.marked(aMedia()) ?? {};
    expect(video?.hidden).toEqual({ headSeconds: 0, laterSeconds: 0.04 });
    expect(audio?.hidden).toBeUndefined();
  });

  test("refuses a copy of a hidden beginning, but of a picture where the container hides it too", () => {
    const headed = counted({ hiddenHeadSeconds: 0.92 });
    const marked = refusal(headed)?.marked(aMedia());
    expect(marked?.video?.hidden).toEqual({ headSeconds: 0.92, laterSeconds: 0 });
    expect(refusal(headed, product("copy", "copy"), "mp4")).toBeUndefined();
    const sounding = counted({}, { hiddenHeadSeconds: 0.92 });
    expect(refusal(sounding, product("copy", "copy"), "mp4")?.message).toContain(
      "hides 0.92 s of the sound",
    );
  });

  test("passes a sound of which is hidden what decoders swallow", () => {
    expect(refusal(counted({}, { hiddenHeadSeconds: 0.043 }))).toBeUndefined();
  });

  test("keeps in mind what is hidden before the beginning", () => {
    const hidden = { headSeconds: 0.5, laterSeconds: 0 };
    const marked = refusal(shown)?.marked(aMedia({ video: aVideoStream({ hidden }) }));
    expect(marked?.video?.hidden).toEqual({ headSeconds: 0.5, laterSeconds: 0.04 });
  });

  test.each([
    ["a copy of a source that hides nothing", counted(), product("copy", "copy")],
    ["an encode", shown, product("encode", "copy")],
  ])("passes %s", (_, media, made) => {
    expect(refusal(media, made)).toBeUndefined();
  });
});

describe("mayHoldHidden", () => {
  const clipped = (durationSeconds?: number) => ({
    ...product("copy", "copy"),
    expect: {
      durationToleranceSeconds: 1,
      clip: { startSeconds: 10, ...(durationSeconds && { durationSeconds }) },
    },
  });

  test.each([
    ["to the end", clipped(), "mov,mp4", true],
    ["nearly to the end", clipped(49.5), "mov,mp4", true],
    ["to the middle", clipped(20), "mov,mp4", false],
    ["to the end", clipped(), "matroska,webm", false],
  ])(
    "asks for the packets of a copied clip %s, where a format has edit lists",
    (_, made, format, is) => {
      expect(mayHoldHidden([made], aMedia({ format, durationSeconds: 60 }))).toBe(is);
    },
  );
});

describe("a source of which a copy came out wrong", () => {
  const uncopied = { mkv: "in a copy, it ends at 2 s" };
  const media = aMedia({
    video: aVideoStream({ uncopied }),
    audio: anAudioStream({ uncopied }),
  });
  const fits = { video: aCustomVideo({ bitrateBps: 9e6 }), audio: anAudio({ bitrateBps: 9e5 }) };

  test("is encoded into that container, and it is said why", () => {
    const [mkv, mp4] = planOf([{ ...fits, container: "mkv" }, fits], media).products;
    expect(mkv?.video).toEqual({ action: "encode", why: uncopied.mkv });
    expect(mkv?.audio).toEqual({ action: "encode", why: uncopied.mkv });
    expect(mp4?.video.action).toBe("copy");
  });

  test("is copied again where a copy is asked for: then no other plan helps", () => {
    const asked = { ...COPY, container: "mkv" } as const;
    expect(differs(planOf([asked], media), planOf([asked]))).toBe(false);
    const inPackets = { ...COPY, container: "mpegts" } as const;
    const lacking = aMedia({ video: aVideoStream({ uncopied: { mpegts: "it is 0x0" } }) });
    expect(differs(planOf([inPackets], lacking), planOf([inPackets]))).toBe(true);
    const fitting = { ...fits, container: "mkv" } as const;
    expect(differs(planOf([fitting], media), planOf([fitting]))).toBe(true);
  });
});
