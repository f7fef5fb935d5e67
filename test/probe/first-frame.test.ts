import { describe, expect, test } from "bun:test";
import { mayDiffer, withFirstFrame } from "../../src/probe/first-frame.ts";
import { aVideoStream } from "../plan/builders.ts";

describe("mayDiffer", () => {
  test.each([
    [{}, false],
    [{ pixelFormat: "yuv420p10le" }, true],
    [{ pixelFormat: "gbrp12be", color: { transfer: "bt709" } }, true],
    [{ pixelFormat: "yuv420p10le", color: { transfer: "smpte2084" } }, true],
    [{ color: { transfer: "smpte2084" }, light: { content: { max: 1000, average: 400 } } }, false],
    [{ pixelFormat: "yuv420p10le", color: { transfer: "arib-std-b67" } }, false],
    [{ color: { space: "bt2020nc" } }, true],
    [{ codec: "mjpeg" }, true],
  ])("looks at the first frame of %j: %p", (fields, is) => {
    expect(mayDiffer(aVideoStream(fields))).toBe(is);
  });
});

const TURN = { side_data_list: [{ side_data_type: "3x3 displaymatrix", rotation: -90 }] };
const MATRIX = ["65536 0 0", "0 -65536 0", "0 0 1073741824"];
const MIRROR = {
  side_data_list: [
    { rotation: 0, displaymatrix: MATRIX.map((row, at) => `\n0000000${at}: ${row}`).join("") },
  ],
};

describe("withFirstFrame", () => {
  const video = aVideoStream({ color: { primaries: "bt2020", range: "tv" } });

  test("takes colours, turn, light and captions from the frame, and keeps what it does not say", () => {
    const frame = {
      color_transfer: "smpte2084",
      color_range: "unknown",
      side_data_list: [
        { side_data_type: "3x3 displaymatrix", rotation: -90 },
        { side_data_type: "Mastering display metadata" },
        { side_data_type: "ATSC A53 Part 4 Closed Captions" },
      ],
    };
    expect(withFirstFrame(video, { frames: [frame, {}] })).toEqual({
      ...video,
      rotation: 90,
      isTurnedByFrames: true,
      isTurnedAtTimes: true,
      hasHdrData: true,
      hasCaptions: true,
      color: { primaries: "bt2020", range: "tv", transfer: "smpte2084" },
    });
  });

  test.each([
    ["a turn of all frames", [TURN, TURN], { rotation: 90, isTurnedByFrames: true }],
    ["a mirror", [MIRROR, MIRROR], { isMirrored: true, isTurnedByFrames: true }],
    ["a turn that comes later", [{}, TURN], {}],
  ] as const)("tells of %s", (_, frames, told) => {
    const plain = aVideoStream();
    expect(withFirstFrame(plain, { frames })).toEqual({ ...plain, ...told });
  });

  test("leaves what the header says to the header, which frames repeat", () => {
    const turned = aVideoStream({ rotation: 90 });
    expect(withFirstFrame(turned, { frames: [TURN, {}] })).toEqual(turned);
  });

  test.each([[{ frames: [] }], [{}], [undefined]])(
    "keeps the stream where there is none: %j",
    (json) => {
      expect(withFirstFrame(video, json)).toBe(video);
    },
  );
});
