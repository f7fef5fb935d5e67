import { describe, expect, test } from "bun:test";
import { impossibilityOf } from "../../../src/plan/feasible/feasible.ts";
import { refuseImpossibleAssignment } from "../../../src/plan/feasible/set-feasible.ts";
import type { AudioCodec, VideoCodec } from "../../../src/profile/codecs.ts";
import type { Container } from "../../../src/profile/containers.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { CATALOGUE, systemProfile } from "../../../src/profile/system-profiles.ts";
import { aCapabilities, aCustomVideo, anAudio, aRendition } from "../builders.ts";

/** What is held, by container: the whole table, so that a change of it is seen here. */
const HELD: Readonly<Partial<Record<Container, readonly [string, string]>>> = {
  mp4: ["mpeg2 h264 h265 av1 vp9", "aac mp3 ac3 mp2 opus"],
  mov: ["mpeg2 h264 h265", "aac mp3 ac3 mp2"],
  mkv: ["mpeg2 h264 h265 av1 vp9", "aac mp3 ac3 mp2 opus"],
  webm: ["av1 vp9", "opus"],
  flv: ["h264", "aac mp3"],
  mpegts: ["mpeg2 h264 h265", "aac mp3 ac3 mp2"],
  m3u8: ["h264 h265 av1", "aac mp3 ac3"],
  dash: ["h264 h265 av1 vp9", "aac mp3 ac3 opus"],
  cmaf: ["h264 h265 av1", "aac ac3"],
  mp3: ["", "mp3"],
  m4a: ["", "aac"],
  ogg: ["", "opus"],
  copy: ["mpeg2 h264 h265 av1 vp9", "aac mp3 ac3 mp2 opus"],
  ...{ gif: ["", ""], jpg: ["", ""], webp: ["", ""], avif: ["", ""], png: ["", ""] },
};
const CONTAINERS = Object.keys(HELD) as Container[];
const VIDEO_CODECS: readonly VideoCodec[] = ["mpeg2", "h264", "h265", "av1", "vp9"];
const AUDIO_CODECS: readonly AudioCodec[] = ["aac", "mp3", "ac3", "mp2", "opus"];

const isRefused = (fields: Partial<Rendition>): boolean =>
  impossibilityOf(aRendition(fields), aCapabilities()) !== undefined;

describe("impossibilityOf", () => {
  test.each(
    CONTAINERS.flatMap((container) =>
      VIDEO_CODECS.map(
        (codec) => [container, codec, HELD[container]?.[0].split(" ").includes(codec)] as const,
      ),
    ),
  )("%s with %s video: %p", (container, codec, isHeld) => {
    expect(isRefused({ container, video: aCustomVideo({ codec }), audio: "none" })).toBe(!isHeld);
  });

  test.each(
    CONTAINERS.flatMap((container) =>
      AUDIO_CODECS.map(
        (codec) => [container, codec, HELD[container]?.[1].split(" ").includes(codec)] as const,
      ),
    ),
  )("%s with %s audio: %p", (container, codec, isHeld) => {
    expect(isRefused({ container, video: "none", audio: anAudio({ codec }) })).toBe(!isHeld);
  });

  test.each([
    [{ container: "gif", audio: "none" }, 'Cannot put h264 into "gif": it does not hold it'],
    [
      { container: "avif", video: aCustomVideo({ codec: "av1" }), audio: "none" },
      'Cannot put av1 into "avif": it does not hold it',
    ],
    [
      { container: "png", video: aCustomVideo({ codec: "webp" }), audio: "none" },
      'Cannot put webp into "png": it does not hold it',
    ],
    [
      { container: "copy", video: aCustomVideo({ codec: "gif" }) },
      'Cannot make a film of gif in "copy": it is for "gif" alone',
    ],
    [
      { container: "gif", video: "copy", audio: "none" },
      'Cannot copy into "gif": it is drawn from a palette of its own',
    ],
    [{ container: "jpg", audio: "none" }, 'Cannot put h264 into "jpg": it does not hold it'],
    [{ container: "jpg", video: "none" }, 'Cannot put aac into "jpg": it does not hold it'],
    [
      { container: "jpg", video: "copy", audio: "none" },
      'Cannot copy into "jpg": it holds one picture, which is encoded',
    ],
    [
      { container: "mkv", video: aCustomVideo({ codec: "mjpeg" }) },
      'Cannot make a film of mjpeg in "mkv": it is for "jpg" alone',
    ],
    [{ container: "webm" }, 'Cannot put h264 into "webm": it does not hold it'],
    [{ container: "mp3", video: "none" }, 'Cannot put aac into "mp3": it does not hold it'],
    [{ container: "m4a" }, 'Cannot make "m4a" with video: it holds audio alone'],
    [{ container: "mp3", video: "copy" }, 'Cannot make "mp3" with video: it holds audio alone'],
    [{ video: "none", audio: "none" }, 'Cannot make "mp4": neither video nor audio is asked for'],
    [
      { audio: anAudio({ codec: "aache2" }) },
      "Cannot encode aache2: the engine has no encoder libfdk_aac",
    ],
    [
      { audio: anAudio({ codec: "mp3", channels: 6 }) },
      "Cannot encode 6 channels of mp3: it has at most 2",
    ],
    [
      { video: aCustomVideo({ codec: "av1", rateMode: "2passvbr" }) },
      "Cannot encode av1 in two passes: its encoder knows one alone",
    ],
  ] as const)("refuses %j with a reason", (fields, message) => {
    expect(impossibilityOf(aRendition(fields), aCapabilities())).toEqual({
      code: "output_not_supported",
      message,
    });
  });

  test.each([
    [{ encoders: ["aac"] }, "Cannot encode h264: the engine has no encoder libx264"],
    [{ encoders: ["libx264"] }, "Cannot encode aac: the engine has no encoder aac"],
    [{ muxers: ["flv"] }, 'Cannot write "mp4": the engine has no muxer mp4'],
  ])("refuses as OutputNotSupported what this engine %j lacks", (fields, message) => {
    const refuse = () =>
      refuseImpossibleAssignment({ rendition: aRendition() }, aCapabilities(fields));
    expect(refuse).toThrow(expect.objectContaining({ code: "output_not_supported", message }));
    expect(impossibilityOf(aRendition(), aCapabilities(fields))?.code).toBe("encoder_missing");
  });

  test("needs no encoder for copies", () => {
    const copy = aRendition({ video: "copy", audio: "copy" });
    expect(impossibilityOf(copy, aCapabilities({ encoders: [] }))).toBeUndefined();
  });

  test("allows aache2 where libfdk_aac is there", () => {
    const capabilities = aCapabilities({ encoders: ["libx264", "libfdk_aac"] });
    const rendition = aRendition({ audio: anAudio({ codec: "aache2" }) });
    expect(impossibilityOf(rendition, capabilities)).toBeUndefined();
  });

  test.each(CATALOGUE.filter((name) => !name.endsWith("_adaptive")))(
    "allows %s of the catalogue",
    (name) => {
      const renditions = systemProfile(name)?.renditions ?? [];
      expect(renditions).not.toHaveLength(0);
      expect(renditions.map((one) => impossibilityOf(one, aCapabilities()))).toEqual([undefined]);
    },
  );
});
