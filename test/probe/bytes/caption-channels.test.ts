import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type CaptionTriple, channelFinder } from "../../../src/probe/bytes/caption-channels.ts";
import { captionReaderOf, captionsIn } from "../../../src/probe/bytes/caption-marks.ts";
import { BUNDLED, CAPTIONED } from "../../fixtures/captions.ts";

const channelsOf = (...frames: readonly (readonly CaptionTriple[])[]) => {
  const finder = channelFinder();
  for (const frame of frames) finder.see(frame);
  return finder.channels();
};
/** `AB` behind a command: of a field, by the command's first byte and its second. */
const said = (field: number, one: number, two = 0x20): readonly CaptionTriple[] => [
  [field, one, two],
  [field, 0x41 | 0x80, 0x42],
];

describe("channels", () => {
  test("of CEA-608 are those of both fields in which texts are loaded", () => {
    expect(channelsOf(said(0, 0x94))).toEqual(["CC1"]);
    expect(channelsOf(said(0, 0x1c, 0x25))).toEqual(["CC2"]);
    expect(channelsOf(said(1, 0x15, 0x29))).toEqual(["CC3"]);
    expect(channelsOf(said(1, 0x9d, 0x27), said(0, 0x14))).toEqual(["CC1", "CC4"]);
  });

  test("are none of text mode, of data about programmes, and of commands alone", () => {
    expect(channelsOf(said(0, 0x14, 0x2b))).toEqual([]);
    expect(channelsOf([[1, 0x15, 0x20]], said(1, 0x01, 0x05))).toEqual([]);
    // It is only erased.
    expect(channelsOf(said(0, 0x1c, 0x2c))).toEqual([]);
    expect(channelsOf([[0, 0x14, 0x20]])).toEqual([]);
  });

  test("are not taken from before a gap", () => {
    const finder = channelFinder();
    finder.see([[0, 0x14, 0x20]]);
    finder.cut();
    finder.see([[0, 0x41, 0x42]]);
    expect(finder.channels()).toEqual([]);
  });

  test("of CEA-708 are all services of a packet with characters", () => {
    const packet: readonly CaptionTriple[] = [
      [3, 0x05, 0x22],
      [2, 0x41, 0x42],
      [2, 0xe2, 0x0c],
      [2, 0x43, 0x44],
      [2, 0x41, 0x8c],
    ];
    expect(channelsOf(packet)).toEqual(["SERVICE1", "SERVICE12"]);
    expect(channelsOf(packet, said(0, 0x94))).toEqual(["CC1", "SERVICE1", "SERVICE12"]);
    // The first says that it is longer than it is.
    expect(
      channelsOf([
        [3, 0x04, 0x24],
        [2, 0x8c, 0x00],
        [3, 0x02, 0x42],
        [2, 0x41, 0x42],
      ]),
    ).toEqual(["SERVICE2"]);
    // There is no service 0.
    expect(
      channelsOf([
        [3, 0x02, 0x02],
        [2, 0x41, 0x42],
      ]),
    ).toEqual([]);
    // A block that only deletes windows, and none at all.
    expect(
      channelsOf(
        [
          [3, 0x02, 0x22],
          [2, 0x8c, 0x00],
        ],
        [[3, 0, 0]],
      ),
    ).toEqual([]);
  });

  test("are found in real films, and in the packets of their pictures", () => {
    const look = (path: string) => {
      const reader = captionReaderOf({ codec: "h264" }, "mpegts");
      reader?.see(readFileSync(path));
      return reader?.facts().captionChannels;
    };
    expect(look(CAPTIONED)).toEqual(["CC1"]);
    expect(look(BUNDLED)).toEqual(["CC1", "CC3"]);
    const head = Buffer.from([0, 0, 1, 0xb2, 0x43, 0x43, 1, 0xf8, 2, 0xff, 1, 2, 0xfe, 3, 4]);
    expect(captionsIn("mpeg2video", head)).toEqual([
      [0, 1, 2],
      [1, 3, 4],
    ]);
    expect(captionsIn("vp9", head)).toEqual([]);
  });
});
