import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Rendition } from "../../../src/profile/profile.ts";
import { changingSound, hear, type SoundPart } from "../../fixtures/heard.ts";
import { anAudio } from "../builders.ts";
import { type Made, madeBy, runAndJudge } from "../run-plan.ts";

setDefaultTimeout(60_000);

const part = (fields: Partial<SoundPart>): SoundPart => ({
  hertz: 500,
  layout: "stereo",
  rateHz: 48_000,
  seconds: 3,
  ...fields,
});

const film = (fields: Partial<Rendition> = {}): Rendition => ({
  container: "mp4",
  video: "copy",
  audio: anAudio(),
  ...fields,
});

const entryOf = ({ folder, plan }: Made, at = 0): string =>
  join(folder, plan.products[at]?.entry ?? "");

describe("sound that changes midway, encoded by the real ffmpeg,", () => {
  test.each([
    ["ts", "ac3", { layout: "5.1(side)" }, { layout: "stereo" }],
    ["ts", "aac", { layout: "mono" }, { layout: "stereo" }],
    ["ts", "aac", { rateHz: 44_100 }, { rateHz: 48_000 }],
    ["flv", "aac", { rateHz: 44_100 }, { rateHz: 48_000 }],
  ] as const)(
    "lasts as long as in a %s of %s, each part as it was",
    async (...[container, encoder, one, other]) => {
      const parts = [part(one), part({ ...other, hertz: 1000 }), part({ ...one, hertz: 1500 })];
      const path = await changingSound(container, encoder, parts);
      const made = await runAndJudge(path, [film({ audio: anAudio({ codec: "mp3" }) }), film()]);
      for (const at of [0, 1]) {
        const { seconds, toneAt } = await hear(entryOf(made, at));
        expect(seconds).toBeWithin(8.9, 9.2);
        expect([0.5, 2.5, 3.5, 5.5, 6.5, 8.5].map((second) => toneAt(second))).toEqual([
          500, 500, 1000, 1000, 1500, 1500,
        ]);
      }
    },
  );

  test("begins as late as it did, after silence", async () => {
    const parts = [part({ layout: "5.1(side)" }), part({ hertz: 1000 })];
    const path = await changingSound("ts", "ac3", parts, 1.5);
    const made = await runAndJudge(path, [film(), film({ container: "mkv" })]);
    for (const at of [0, 1]) {
      const { seconds, toneAt } = await hear(entryOf(made, at));
      expect(seconds).toBeWithin(7.4, 7.7);
      expect([0, 1.37, 1.52, 4, 5, 7].map((second) => toneAt(second))).toEqual([
        0, 0, 500, 500, 1000, 1000,
      ]);
    }
  });
});

describe("the channels of a sound, encoded by the real ffmpeg,", () => {
  /** Each channel has a tone of its own: 500 Hz, 600 Hz … */
  const tones = (layout: string, channels: readonly string[]) =>
    madeBy("tones.wav", [
      ...channels.flatMap((_, at) => ["-f", "lavfi", "-i", `sine=${500 + 100 * at}:r=48000:d=1`]),
      "-filter_complex",
      `${channels.map((_, at) => `[${at}:a]`).join("")}join=inputs=${channels.length}:channel_layout=${layout}:map=${channels
        .map((channel, at) => `${at}.0-${channel}`)
        .join("|")}`,
    ]);
  const SURROUND = ["FL", "FR", "FC", "SL", "SR"];
  const sound = (container: Rendition["container"], codec: "aac" | "opus" | "ac3"): Rendition => ({
    container,
    video: "none",
    audio: { codec, bitrateBps: 320_000 },
  });

  test("of 5.1 with sides are where they were in every codec, and in a layout that AAC has by number", async () => {
    const channels = [...SURROUND.slice(0, 3), "LFE", ...SURROUND.slice(3)];
    const source = await tones("5.1(side)", channels);
    const renditions = [sound("m4a", "aac"), sound("ogg", "opus"), sound("mkv", "ac3")];
    const made = await runAndJudge(source, renditions);
    const heard = await Promise.all([0, 1, 2].map((at) => hear(entryOf(made, at))));
    expect(heard.map(({ layout }) => layout)).toEqual(["5.1", "5.1", "5.1(side)"]);
    // A low-frequency channel keeps what is low.
    for (const { toneAt } of heard)
      expect([0, 1, 2, 4, 5].map((channel) => toneAt(0.5, channel))).toEqual([
        500, 600, 700, 900, 1000,
      ]);
  });

  test.each([
    [
      "4.0",
      ["FL", "FR", "FC", "BC"],
      "4.0",
      [500, 600, 700, 800],
      "5.1",
      [500, 600, 700, 0, 800, 800],
    ],
    [
      "quad",
      ["FL", "FR", "BL", "BR"],
      "5.0",
      [500, 600, 0, 700, 800],
      "quad",
      [500, 600, 700, 800],
    ],
    ["5.0(side)", SURROUND, "5.0", [500, 600, 700, 800, 900], "5.1", [500, 600, 700, 0, 800, 900]],
    ["2.1", ["FL", "FR", "LFE"], "5.1", [500, 600, 0], "5.1", [500, 600, 0]],
  ] as const)(
    "of %s get the nearest layout of AAC and of Opus",
    async (layout, channels, ...wanted) => {
      const source = await tones(layout, channels);
      const made = await runAndJudge(source, [sound("m4a", "aac"), sound("ogg", "opus")]);
      const heard = [await hear(entryOf(made, 0)), await hear(entryOf(made, 1))];
      expect(
        heard.flatMap((one, at) => [
          one.layout,
          (wanted[2 * at + 1] as readonly number[]).map((_, channel) => one.toneAt(0.5, channel)),
        ]),
      ).toEqual([...wanted] as never);
    },
  );

  test("of which no layout has a name are heard in places near theirs", async () => {
    const seven = ["FL", "FR", "FC", "LFE", "SL", "SR", "BC"];
    const source = await madeBy("seven.wav", [
      ...seven.flatMap((_, at) => ["-f", "lavfi", "-i", `sine=${500 + 100 * at}:r=48000:d=1`]),
      ...["-filter_complex", `${seven.map((_, at) => `[${at}:a]`).join("")}amerge=inputs=7`],
    ]);
    const ten = await madeBy("ten.wav", [
      ...["-f", "lavfi", "-i", "sine=500:r=48000:d=1", "-filter_complex"],
      `asplit=10${"abcdefghij".replace(/./g, "[$&]")};${"abcdefghij".replace(/./g, "[$&]")}amerge=inputs=10`,
    ]);
    const made = await runAndJudge(source, [sound("m4a", "aac")]);
    const heard = await hear(entryOf(made));
    expect(heard.layout).toBe("5.1");
    expect([0, 1, 2].map((channel) => heard.toneAt(0.5, channel))).toEqual([500, 600, 700]);
    const other = await hear(entryOf(await runAndJudge(ten, [sound("m4a", "aac")])));
    expect([0, 1].map((channel) => other.toneAt(0.5, channel))).toEqual([500, 500]);
  });
});

test("ambisonic sound is heard with two ears, by the real ffmpeg", async () => {
  const tones = ["sine=500:r=48000:d=1", "sine=600:r=48000:d=1"];
  // One tone from the left and one from the right.
  const around = "pan=4c|c0=c0+c1|c1=c0-c1|c2=0*c0|c3=0*c0";
  const source = await madeBy("around.opus", [
    ...tones.flatMap((tone) => ["-f", "lavfi", "-i", tone]),
    ...["-filter_complex", `amerge,${around}`, "-c:a", "libopus", "-mapping_family", "2"],
  ]);
  for (const channels of [undefined, 1]) {
    const audio = anAudio(channels === undefined ? {} : { channels });
    const made = await runAndJudge(source, [{ container: "m4a", video: "none", audio }]);
    const { toneAt, channels: count } = await hear(entryOf(made));
    expect(count).toBe(channels ?? 2);
    if (!channels) expect([toneAt(0.5, 0), toneAt(0.5, 1)]).toEqual([500, 600]);
  }
});

describe("MPEG audio, which an mp4 calls mp3 whatever its layer,", () => {
  test("is delivered as layer 2 in mp4, and copied out of it", async () => {
    const layer2: Rendition = { container: "mp4", video: "none", audio: anAudio({ codec: "mp2" }) };
    const source = await madeBy("tone.wav", ["-f", "lavfi", "-i", "sine=500:d=1"]);
    const first = await runAndJudge(source, [layer2]);
    const copies = (["mpegts", "mp4", "mov", "mkv"] as const).map(
      (container): Rendition => ({ container, video: "none", audio: "copy" }),
    );
    const { outputs } = await runAndJudge(entryOf(first), copies);
    expect(outputs.map(({ audio }) => ["mp2", "mp3"].includes(audio?.codec ?? ""))).toEqual(
      copies.map(() => true),
    );
  });
});
