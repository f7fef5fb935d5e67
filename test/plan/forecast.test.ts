import { describe, expect, test } from "bun:test";
import { forecast, streamUses } from "../../src/plan/forecast.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { tell } from "../../src/plan/tell.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../../src/probe/media.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import {
  aCapabilities,
  aMedia,
  anAudio,
  anAudioStream,
  aRendition,
  aVideo,
  aVideoStream,
} from "./builders.ts";

const foretold = (rendition: Rendition, media: MediaInfo, capabilities = aCapabilities()) => {
  const request = { assignments: [{ rendition, targets: [0, 1] }], tag: "t-1" };
  const plan = planTask(request, media, capabilities);
  return { plan, ...forecast(plan, media, capabilities) };
};
const lasting = (
  durationSeconds: number,
  video: Partial<VideoStream> = {},
  audio: Partial<AudioStream> = {},
): MediaInfo =>
  aMedia({
    durationSeconds,
    video: aVideoStream({ durationSeconds, ...video }),
    audio: anAudioStream({ durationSeconds, ...audio }),
  });
const COPY: Rendition = { container: "mp4", video: "copy", audio: "copy" };

describe("forecast", () => {
  test("tells the arguments that are run, and what targets get", () => {
    const { plan, steps, outputs } = foretold(aRendition({ video: aVideo() }), aMedia());
    expect(steps).toEqual(plan.steps.map(({ name, args }) => ({ name, args })));
    expect(outputs).toMatchObject([{ targets: [0, 1], container: "mp4" }]);
  });

  test("tells the slices of a step that is run in slices, and their join", () => {
    const media = aMedia({ durationSeconds: 600, video: aVideoStream({ frames: 15_000 }) });
    const { plan, steps } = foretold(
      aRendition({ video: aVideo() }),
      media,
      aCapabilities({ engine: "wasm", slices: 2 }),
    );
    const [step] = plan.steps;
    expect(step?.sliced?.parts.length).toBeGreaterThan(1);
    expect(steps.map(({ args }) => args)).toEqual([
      ...(step?.sliced?.parts ?? []).map(({ args }) => args),
      step?.sliced?.join.args ?? [],
    ]);
    expect(steps.at(-1)?.name).toBe("join");
  });

  test("numbers the slices that workers share from 0 on, but for what is made once, or says why there are none", () => {
    const rendition = aRendition({ video: aVideo() });
    const shared = (minSeconds: number) => {
      const spread = { minSeconds, sliceSeconds: 20, slicesMax: 8 };
      return foretold(rendition, lasting(60), aCapabilities({ spread })).steps;
    };
    expect(shared(40).map(({ name, slice }) => [name, slice])).toEqual([
      ["encode", 0],
      ["encode", 1],
      ["encode", 2],
      ["encode", undefined],
      ["join", undefined],
    ]);
    expect(shared(80)).toMatchObject([{ whole: "it is shorter than 80 s" }]);
  });

  test("expects the bitrates that are asked for, for the length of the media", () => {
    const rendition = aRendition({
      video: aVideo({ bitrateBps: 700_000 }),
      audio: anAudio({ bitrateBps: 100_000, channels: 1 }),
    });
    const { sizeBytes, seconds } = foretold(rendition, lasting(10));
    expect(sizeBytes).toBe(1_000_000);
    const longer = foretold(rendition, lasting(1000));
    expect(longer.sizeBytes).toBe(100_000_000);
    expect(longer.seconds).toBeGreaterThan(10 * (seconds ?? 0));
  });

  test("expects of a copy what the source has", () => {
    const media = lasting(8, { bitrateBps: 900_000 }, { bitrateBps: 100_000 });
    expect(foretold(COPY, media).sizeBytes).toBe(1_000_000);
    const { video: _, ...sound } = media;
    const { bitrateBps: __, ...untold } = anAudioStream({ durationSeconds: 8 });
    const alone: Rendition = { container: "mkv", video: "none", audio: "copy" };
    const { sizeBytes } = foretold(alone, { ...sound, sizeBytes: 500_000, audio: untold });
    expect(sizeBytes).toBe(500_000);
  });

  test("expects nothing where the length is unknown", () => {
    const { durationSeconds: _, ...media } = aMedia();
    const [{ durationSeconds: __, ...video }, { durationSeconds: ___, ...audio }] = [
      aVideoStream(),
      anAudioStream(),
    ];
    const endless = { ...media, video, audio };
    const { sizeBytes, seconds } = foretold(aRendition({ video: aVideo() }), endless);
    expect([sizeBytes, seconds]).toEqual([undefined, undefined]);
  });
});

describe("streamUses", () => {
  test("says for each stream what becomes of it, and why it is left", () => {
    const [video, audio] = [aVideoStream({ index: 0 }), anAudioStream({ index: 1 })];
    const other = { index: 3, codec: "mov_text", dispositions: [] } as const;
    const media = aMedia({
      video,
      audio,
      streams: [
        video,
        audio,
        anAudioStream({ index: 2 }),
        { ...other, kind: "subtitle" },
        { ...other, index: 4, kind: "data" },
        aVideoStream({ index: 5, isStill: true }),
      ],
    });
    const { outputs } = foretold(COPY, media);
    expect(streamUses(outputs, media).map(([use]) => [use?.action, use?.why])).toEqual([
      ["copy", "the profile asks for a copy"],
      ["copy", "the profile asks for a copy"],
      ["none", "stream 1 is taken as the audio"],
      ["none", "subtitles are not taken over"],
      ["none", "data is not taken over"],
      ["none", "it is a still picture"],
    ]);
  });

  test("says what subtitles become", () => {
    const text = { index: 2, codec: "subrip", dispositions: [], kind: "subtitle" } as const;
    const media = { ...aMedia(), streams: [text] };
    const { outputs } = foretold({ ...COPY, subtitles: { tracks: "all" } }, media);
    expect(streamUses(outputs, media)).toEqual([
      [
        {
          targets: outputs[0]?.targets ?? [],
          action: "encode",
          why: "it was asked for, as mov_text",
        },
      ],
    ]);
  });
});

describe("tell", () => {
  test("says in sentences what was found, what will be made, and what is run", () => {
    const media = aMedia({ durationSeconds: 2.5 });
    const { outputs } = foretold(COPY, media);
    const steps = [{ name: "copy" as const, args: ["-i", "input", "a b's.mp4"] }];
    expect(tell({ outputs, steps }, media)).toEqual([
      expect.stringMatching(
        /^The source is \S+, 2\.5 s: stream 0 video h264 \d+x\d+ at 30 fps; stream 1 audio aac/,
      ),
      "targets[0], targets[1] will be mp4: video copy, as the profile asks for a copy; audio copy, as the profile asks for a copy",
      "Runs ffmpeg (copy): -i input 'a b'\\''s.mp4'",
    ]);
  });
});
