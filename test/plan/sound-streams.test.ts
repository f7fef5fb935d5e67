import { describe, expect, test } from "bun:test";
import { graphArgs } from "../../src/plan/args/streams.ts";
import { joinSpans, joinTracks } from "../../src/plan/join.ts";
import type { LivePlan } from "../../src/plan/live/live.ts";
import { planLive } from "../../src/plan/live/plan-live.ts";
import type { AudioStream } from "../../src/probe/media.ts";
import {
  aCapabilities,
  aMedia,
  aMediaWithVideo,
  anAudio,
  anAudioStream,
  aRendition,
  targetsAt,
} from "./builders.ts";
import { argsOf, COPY, planOf } from "./planned.ts";

const SIDES: Partial<AudioStream> = {
  rightIndex: 2,
  why: "streams 1 and 2 of one channel each are its left and right",
};
const ofSound = (fields: Partial<AudioStream>) => aMedia({ audio: anAudioStream(fields) });

describe("the plan for a sound in two streams", () => {
  test("joins them before all outputs, for each of these", () => {
    const [args] = argsOf(planOf([{}, { container: "mkv" }], ofSound(SIDES)));
    const joined = (at: number) =>
      `[0:1]aresample=async=1[a${at}c0];[0:2]aresample=async=1[a${at}c1];` +
      `[a${at}c0][a${at}c1]join=inputs=2:channel_layout=stereo:map=0.0-FL|1.0-FR,aformat=channel_layouts=stereo[a${at}]`;
    expect(args).toContain(
      `-i input -filter_complex ${joined(0)};${joined(1)} -map 0:0 -map [a0] `,
    );
    expect(args).toContain(" -map 0:0 -map [a1] ");
  });

  test("encodes what else would be copied", () => {
    const fits = { audio: anAudio({ bitrateBps: 400_000 }) };
    const { products } = planOf([fits], ofSound(SIDES));
    expect(products[0]?.audio.why).toBe("its left and right are two streams");
    expect(planOf([fits], ofSound({})).products[0]?.audio.action).toBe("copy");
  });

  test("tells of it, and that a copy holds the left alone", () => {
    const messages = (fields: object) =>
      planOf([fields], ofSound(SIDES)).warnings.map(({ message }) => message);
    const told = `Of the source ${SIDES.why}`;
    expect(messages({})).toEqual([told]);
    expect(messages(COPY)).toEqual([`${told}; a copy holds stream 1 alone`]);
    expect(messages({ audio: "none" })).toEqual([]);
  });
});

describe("the plan for a sound whose language is known", () => {
  test("keeps it, encoded and copied", () => {
    const media = ofSound({ language: "eng" });
    for (const args of argsOf(planOf([{}, { ...COPY, container: "mkv" }], media)))
      expect(args).toContain(" -metadata:s:a:0 language=eng -");
  });
});

test("a manifest's tracks keep the language of their sound where they are joined", () => {
  const main = { name: "main-0", media: ofSound({ language: "eng" }) };
  const audio = { name: "audio-0", media: ofSound({ language: "ger" }) };
  const languageOf = (args: readonly string[]) => args[args.indexOf("-metadata:s:a:0") + 1];
  expect(languageOf(joinTracks(main, audio, "joined").args)).toBe("language=ger");
  expect(languageOf(joinTracks(main, undefined, "joined").args)).toBe("language=eng");
  expect(languageOf(joinSpans([main], "list", "joined").step.args)).toBe("language=eng");
});

test("a manifest's sound that comes apart begins as much later as its clock says, if it is the same", () => {
  const main = { name: "main-0", media: aMedia({ format: "mpegts", startSeconds: 1.4 }) };
  const joinedWith = (format: string) =>
    joinTracks(
      main,
      { name: "audio-0", media: aMedia({ format, startSeconds: 1.65 }) },
      "joined",
    ).args.join(" ");
  expect(joinedWith("mpegts")).toStartWith(
    "-f mpegts -i main-0 -protocol_whitelist file -itsoffset 0.250000 -f mpegts -i audio-0 -map 0:0 -map 1:1 ",
  );
  expect(joinedWith("aac")).toContain("-protocol_whitelist file -f aac -i audio-0 ");
});

test("a manifest's tracks are refused where joining them would lose what they crop", () => {
  const crop = { left: 8, right: 0, top: 0, bottom: 0 };
  const main = { name: "main-0", media: aMediaWithVideo({ isCropped: true, crop }) };
  expect(() => joinTracks(main, undefined, "joined")).toThrow(
    expect.objectContaining({ code: "input_not_supported" }),
  );
});

describe("a live plan", () => {
  const liveOf = (sound: Partial<AudioStream>, fields: object = {}, audioInput = 0) =>
    planLive(
      {
        assignments: [{ rendition: aRendition({ container: "flv", ...fields }), targets: [0] }],
        targets: targetsAt("rtmp://a/b"),
        audioInput,
      },
      ofSound(sound),
      aCapabilities(),
    );

  test("keeps the language of its sound", () => {
    const [output] = liveOf({ language: "eng" }).outputs;
    expect(output?.streams.map(({ language }) => language)).toEqual([undefined, "eng"]);
  });

  test("tells which sound was taken, as other plans do", () => {
    const why = "stream 2 is its sound, as stream 1 is an audio description";
    const told = [{ code: "stream_chosen", message: `Of the source ${why}` }] as const;
    expect(liveOf({ index: 2, why }).warnings).toEqual([...told]);
    expect(liveOf({ index: 2, why }, COPY).warnings).toEqual([...told]);
    expect(liveOf({}).warnings).toEqual([]);
  });

  test("joins two streams that are left and right, of the input that the sound is in", () => {
    const graphOf = (plan: LivePlan) => graphArgs(plan.outputs.map(({ graphs }) => graphs))[1];
    expect(graphOf(liveOf(SIDES))).toContain("[0:1]aresample=async=1[live0ac0];[0:2]");
    expect(graphOf(liveOf(SIDES, {}, 1))).toContain("[1:1]aresample=async=1[live0ac0];[1:2]");
  });
});
