import { describe, expect, test } from "bun:test";
import { aCustomVideo, aMedia, anAudioStream, aVideoStream } from "../builders.ts";
import { argsOf, COPY, planOf } from "../planned.ts";

/** 25 pictures a second that begin so much later than their sound. */
const late = (seconds: number, format = "mov,mp4,m4a,3gp,3g2,mj2") =>
  aMedia({
    format,
    startSeconds: 1.4,
    video: aVideoStream({ startSeconds: 1.4 + seconds, framerate: { num: 25, den: 1 } }),
    audio: anAudioStream({ startSeconds: 1.4 }),
  });
const encoded = { video: aCustomVideo() };

describe("alignmentOf", () => {
  test("has the picture begin at zero, and the sound before it, where it comes a moment later", () => {
    const [args] = argsOf(planOf([encoded], late(0.021)));
    expect(args).toStartWith("-f mov -itsoffset -0.021 -i input ");
    expect(args).not.toContain("tpad");
  });

  test("moves a late picture and its sound to even times together", () => {
    const [args] = argsOf(planOf([encoded], late(0.31)));
    expect(args).toStartWith("-f mov -itsoffset -0.03 -i input ");
    expect(args).not.toContain("tpad");
    expect(args).toContain(" -fps_mode vfr ");
  });

  test("is black before a late picture in segments, so that all streams begin together", () => {
    const [args] = argsOf(planOf([{ ...encoded, container: "m3u8" }], late(0.31)));
    expect(args).toContain(
      "fps=25:eof_action=pass,setpts=PTS-round(0.28/TB),fps=25:eof_action=pass,tpad=start_duration=0.28,",
    );
    expect(args).toContain(" -fps_mode cfr ");
  });

  test("loses no sound where pictures are slow, and begins a clip where it is asked for", () => {
    const slow = (seconds: number) => {
      const video = aVideoStream({
        startSeconds: 1.4 + seconds,
        framerate: { num: 1, den: 1 },
      });
      return { ...late(0), video };
    };
    const inputOf = (seconds: number) => argsOf(planOf([encoded], slow(seconds)))[0];
    expect(inputOf(0.923)).toStartWith("-f mov -itsoffset 0.077 -i input ");
    expect(inputOf(0.3)).toStartWith("-f mov -i input ");
    expect(inputOf(2.02)).toStartWith("-f mov -itsoffset -0.02 -i input ");
    const [args] = argsOf(planOf([encoded], slow(0), { clip: { startSeconds: 10.5 } }));
    expect(args).toStartWith("-f mov -ss 10.5 -i input ");
    const [segments] = argsOf(planOf([{ ...encoded, container: "m3u8" }], slow(0.923)));
    expect(segments).toContain("tpad=start_duration=1,");
  });

  test("begins a clip at its first picture", () => {
    const media = late(0);
    const [args] = argsOf(planOf([encoded], media, { clip: { startSeconds: 1.01 } }));
    expect(args).toStartWith("-f mov -ss 1.039 -i input ");
    const even = argsOf(planOf([encoded], media, { clip: { startSeconds: 2 } }));
    expect(even[0]).toStartWith("-f mov -ss 2 -i input ");
  });

  test("begins a clip of uneven pictures where it is asked for, as nobody knows which is its first", () => {
    const { video = aVideoStream(), ...media } = late(0);
    const uneven = { ...media, video: { ...video, isVariableRate: true } };
    const [args] = argsOf(planOf([encoded], uneven, { clip: { startSeconds: 1.01 } }));
    expect(args).toStartWith("-f mov -ss 1.01 -i input ");
  });

  test("moves a source that is cut behind the filters as a whole, and its clip with it", () => {
    const [args] = argsOf(planOf([encoded], late(0.021, "mpegts"), { clip: { startSeconds: 2 } }));
    expect(args).toStartWith("-f mpegts -itsoffset -0.021 -i input -ss 1.999 ");
  });

  test("moves nothing where nothing is encoded, or all begins together", () => {
    expect(argsOf(planOf([COPY], late(0.31)))[0]).not.toContain("-itsoffset");
    for (const rounded of [0, 0.0005])
      expect(argsOf(planOf([encoded], late(rounded)))[0]).not.toContain("-itsoffset");
  });
});
