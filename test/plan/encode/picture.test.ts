import { describe, expect, test } from "bun:test";
import { outputPicture, uprightSize } from "../../../src/plan/encode/picture.ts";
import type { VideoStream } from "../../../src/probe/media.ts";
import { aCustomVideo, aVideoStream } from "../builders.ts";

type Asked = { readonly width?: number; readonly height?: number };

const picture = (asked: Asked, source: Partial<VideoStream>) =>
  outputPicture(aCustomVideo(asked), aVideoStream(source));

const sizeOf = (asked: Asked, source: Partial<VideoStream>): string => {
  const { width, height } = picture(asked, source);
  return `${width}x${height}`;
};

const PAL_WIDE = { width: 720, height: 576, sampleAspect: { num: 64, den: 45 } };
const HD = { width: 1920, height: 1080 };

describe("outputPicture", () => {
  test.each([
    [{}, HD, "1920x1080"],
    [{}, { width: 321, height: 181 }, "322x182"],
    [{}, { width: 1, height: 1 }, "2x2"],
    [{}, { ...HD, rotation: 90 }, "1080x1920"],
    [{}, { ...HD, rotation: 180 }, "1920x1080"],
    [{}, PAL_WIDE, "1024x576"],
    [{}, { ...PAL_WIDE, rotation: 90 }, "406x720"],
    [{}, { width: 1440, height: 1080, sampleAspect: { num: 4, den: 3 } }, "1920x1080"],
    [{ width: 1280 }, HD, "1280x720"],
    [{ width: 854 }, HD, "854x480"],
    [{ width: 641 }, HD, "642x362"],
    [{ width: 1280 }, { ...HD, rotation: 270 }, "1280x2276"],
    [{ width: 512 }, PAL_WIDE, "512x288"],
    [{ height: 720 }, HD, "1280x720"],
    [{ height: 721 }, HD, "1284x722"],
    [{ height: 288 }, PAL_WIDE, "512x288"],
    [{ height: 2160 }, HD, "3840x2160"],
    [{ width: 640, height: 640 }, HD, "640x640"],
    [{ width: 641, height: 479 }, HD, "642x480"],
  ] as const)("makes %j of %j: %s", (asked, source, size) => {
    expect(sizeOf(asked, source)).toBe(size);
  });

  test("scales nothing that has its size", () => {
    expect(picture({}, HD).scale).toBeUndefined();
    expect(picture({ width: 1920 }, HD).scale).toBeUndefined();
    expect(picture({ height: 1920 }, { ...HD, rotation: 90 }).scale).toBeUndefined();
  });

  test.each([
    [{ width: 1280, height: 720 }, PAL_WIDE, [1280, 720]],
    [{ width: 640, height: 640 }, PAL_WIDE, [640, 360]],
    [{ width: 640, height: 360 }, { ...PAL_WIDE, rotation: 90 }, [202, 360]],
    [{ width: 1280, height: 720 }, { width: 10_000, height: 4 }, [1280, 2]],
    [{ width: 1280, height: 720 }, { width: 2, height: 8000 }, [2, 720]],
  ] as const)(
    "fits into %j what is no plain picture, %j, by its own sum: %p",
    (asked, source, [width, height]) => {
      expect(picture(asked, source)).toEqual({
        ...asked,
        scale: { width, height },
        isPadded: true,
      });
    },
  );

  test.each([
    [{ width: 8192 }, { width: 10, height: 100 }],
    [{ height: 8192 }, { width: 1000, height: 10 }],
    [{}, { width: 1000, height: 10, sampleAspect: { num: 100, den: 1 } }],
  ])("refuses %j of %j, which no encoder could make", (asked, source) => {
    expect(() => picture(asked, source)).toThrow(
      expect.objectContaining({ code: "output_not_supported" }),
    );
  });
});

describe("uprightSize", () => {
  test.each([
    [0, "1920x1080"],
    [90, "1080x1920"],
    [180, "1920x1080"],
    [270, "1080x1920"],
  ] as const)("turns by %d degrees: %s", (rotation, size) => {
    const { width, height } = uprightSize(aVideoStream({ ...HD, rotation }));
    expect(`${width}x${height}`).toBe(size);
  });
});
