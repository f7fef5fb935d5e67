import { expect, test } from "bun:test";
import { endOf, judgeTail, tailOf } from "../../../src/plan/verify/verify-tail.ts";
import { aMedia, anAudioStream, aVideoStream } from "../builders.ts";

const COPIED = {
  durationToleranceSeconds: 0.5,
  video: { codec: "h264", sameAsSource: true, isCopy: true },
  audio: { codec: "aac", sameAsSource: true },
};
const tail = (endSeconds: number) => ({
  video: { packets: 1, hasKey: true, endSeconds, frames: 0, lastFrameSeconds: 0 },
  audio: { packets: 1, hasKey: true, endSeconds, frames: 0, lastFrameSeconds: 0 },
});

test("judgeTail takes what Matroska says of a stream that begins late for the time of its end", () => {
  const made = aMedia({
    format: "matroska,webm",
    durationSeconds: 8.443,
    video: aVideoStream({ startSeconds: 2.44, durationSeconds: 8.443 }),
    audio: anAudioStream({ durationSeconds: 8.443 }),
  });
  expect(() => judgeTail(COPIED, made, tail(8.443))).not.toThrow();
  expect(() => judgeTail(COPIED, made, tail(8))).toThrow("should at 8.443 s");
  const late = { ...made, startSeconds: 60 };
  expect(() => judgeTail(COPIED, late, tail(68))).toThrow("should at 68.443 s");
});

test.each(["video", "audio"] as const)(
  "judgeTail holds the %s to its own end, though the other goes on",
  (kind) => {
    const made = aMedia({
      durationSeconds: 10,
      video: aVideoStream({ durationSeconds: 10 }),
      audio: anAudioStream({ durationSeconds: 10 }),
    });
    const early = { ...tail(10), [kind]: tail(8)[kind] };
    expect(() => judgeTail(COPIED, made, early)).toThrow(
      `its ${kind} ends at 8 s, and should at 10 s`,
    );
  },
);

test("judgeTail holds a file to its end whose streams say nothing of theirs", () => {
  const { durationSeconds: _, ...video } = aVideoStream();
  const { durationSeconds: __, ...audio } = anAudioStream();
  const made = aMedia({ durationSeconds: 10, video, audio });
  expect(() => judgeTail(COPIED, made, { ...tail(10), audio: tail(8).audio })).not.toThrow();
  expect(() => judgeTail(COPIED, made, tail(8))).toThrow("it ends at 8 s, and should at 10 s");
});

test("judgeTail leaves what holds no packets to others", () => {
  expect(() => judgeTail(COPIED, aMedia(), {})).not.toThrow();
});

test("judgeTail takes what other containers say for a length", () => {
  const made = aMedia({
    durationSeconds: 10,
    video: aVideoStream({ startSeconds: 2.5, durationSeconds: 7.5 }),
    audio: anAudioStream({ durationSeconds: 10 }),
  });
  expect(() => judgeTail(COPIED, made, tail(10))).not.toThrow();
  expect(() => judgeTail(COPIED, made, tail(9))).toThrow("should at 10 s");
});

test("judgeTail takes the length of an MP4 for one from zero, though all of it begins late", () => {
  const { audio: _, ...wanted } = COPIED;
  const { audio: __, ...film } = aMedia({
    ...{ startSeconds: 3.64, durationSeconds: 28.64 },
    video: aVideoStream({ startSeconds: 3.64, durationSeconds: 25 }),
  });
  const { video } = tail(28.64);
  expect(() => judgeTail(wanted, film, { video })).not.toThrow();
  expect(() => judgeTail(wanted, film, { video: { ...video, endSeconds: 28 } })).toThrow(
    "should at 28.64 s",
  );
});

test("endOf is where more came out of a source whose header is too short", () => {
  const made = aMedia({ format: "flv", durationSeconds: 120, startSeconds: 0 });
  expect(endOf(made, 5)).toBe(120);
  // Start times, and what a header rounds, are looked behind.
  expect(endOf({ ...made, durationSeconds: 6.4 }, 5)).toBe(5);
  expect(endOf({ ...made, durationSeconds: 2 }, 5)).toBe(5);
  expect(endOf(made, undefined)).toBe(120);
  // Stamps that begin late are kept.
  expect(endOf({ ...made, format: "matroska,webm", startSeconds: 60 }, 5)).toBe(180);
});

test("tailOf is a window that ends", () => {
  expect(tailOf(10)).toEqual({ fromSeconds: 9, toSeconds: 15 });
  expect(tailOf(0.5)).toEqual({ fromSeconds: 0, toSeconds: 5.5 });
});
