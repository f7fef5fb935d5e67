import { describe, expect, test } from "bun:test";
import { createLiveLogReader } from "../../../src/engine/native-live/live-log.ts";

/** The changes that are told of lines said at once. */
function changesIn(lines: readonly string[]): readonly string[] {
  const changes: string[] = [];
  const read = createLiveLogReader(
    {
      onTarget: () => {},
      onChanged: (change) => void changes.push(change),
      onLog: () => {},
    },
    () => false,
    { urlOfPipe: () => undefined, failureOf: () => undefined },
  );
  for (const line of lines) read(line);
  return changes;
}

const times = (count: number, line: string) => Array.from({ length: count }, () => line);

// Lines of ffmpeg 5.1.9, 7.1.5 and 9.0.2 as recorded.
const VERSIONS = [
  {
    version: "5.1",
    sizes: [
      "[graph 0 input from stream 0:0 @ 0x556d26595780] [verbose] w:160 h:120 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1",
      "[graph 0 input from stream 0:0 @ 0x556d264f1680] [verbose] w:320 h:180 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1",
    ],
    flv: "[flv @ 0x561e3b3d7e40] [warning] New audio stream 0:2 at pos:194108 and DTS:0s",
    mpegts:
      "[mpegts @ 0x558f0f10ae40] [warning] New video stream 0:2 at pos:221840 and DTS:1.42506s",
    decoder: "[error] Error while decoding stream #0:1: Invalid data found when processing input",
    copied: "[NULL @ 0x557321fd6340] [error] missing picture in access unit with size 2382",
  },
  {
    version: "7.1",
    sizes: [
      "[graph -1 input from stream 0:0 @ 0x7f6cf0001dc0] [verbose] w:160 h:120 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1 csp:unknown range:unknown",
      "[graph -1 input from stream 0:0 @ 0x7f6cf0001ec0] [verbose] w:320 h:180 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1 csp:unknown range:unknown",
    ],
    flv: "[in#0/flv @ 0x55556d8cd240] [warning] New audio stream with index 2 at pos:194108 and DTS:0s",
    mpegts:
      "[in#0/mpegts @ 0x555589638240] [warning] New video stream with index 2 at pos:221840 and DTS:1.425056s",
    decoder:
      "[aist#0:1/aac @ 0x55557e9f3d80] [dec:aac @ 0x55557ea3cdc0] [error] Error submitting packet to decoder: Invalid data found when processing input",
    copied: "[h264 @ 0x55557a5318c0] [error] missing picture in access unit with size 2382",
  },
  {
    version: "9.0",
    sizes: [
      "[graph -1 input from stream 0:0 @ 0x7f4ad8001dc0] [verbose] w:160 h:120 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1 csp:unknown range:unknown alpha:unspecified",
      "[graph -1 input from stream 0:0 @ 0x7f4ad8001ec0] [verbose] w:320 h:180 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1 csp:unknown range:unknown alpha:unspecified",
    ],
    flv: "[in#0/live_flv @ 0x55555f7e5e80] [warning] New audio stream with index 2 at pos:194108 and DTS:0s",
    mpegts:
      "[in#0/mpegts @ 0x55555ea14e80] [warning] New video stream with index 2 at pos:221840 and DTS:1.425056s",
    decoder:
      "[aist#0:1/aac @ 0x555592bdfbc0] [dec:aac @ 0x555592bede40] [error] Error submitting packet to decoder: Invalid data found when processing input",
    // Its demuxer sees the codec, and the parser is that of the other one from now on: the decoder of key frames is heard.
    copied:
      "[h264 @ 0x555581f66980] [warning] data partitioning is not implemented. Update your FFmpeg version to the newest one from Git. If the problem still occurs, it means that your file has a feature which has not been implemented.",
  },
];

describe("the log of a live run", () => {
  test.each(VERSIONS)("of ffmpeg $version tells of pictures of another size", ({ sizes }) => {
    const [small = "", large = ""] = sizes;
    expect(changesIn([small, small])).toEqual([]);
    expect(changesIn([small, large, large])).toEqual(["size"]);
  });

  test.each(VERSIONS)("of ffmpeg $version tells of a new stream", ({ flv, mpegts }) => {
    expect(changesIn([flv])).toEqual(["streams"]);
    expect(changesIn([mpegts])).toEqual(["streams"]);
  });

  test.each(VERSIONS)(
    "of ffmpeg $version tells of another codec under the same PID, decoded or copied",
    ({ decoder, copied }) => {
      expect(changesIn([decoder, copied])).toEqual([]);
      expect(changesIn(times(10, decoder))).toEqual(["streams"]);
      expect(changesIn(times(10, copied))).toContain("streams");
    },
  );

  test("of ffmpeg 7.1 and 9.0 names who speaks for another behind that one", () => {
    const told: string[] = [];
    const read = createLiveLogReader(
      { onTarget: () => {}, onChanged: () => {}, onLog: (line) => void told.push(line) },
      () => false,
      { urlOfPipe: () => undefined, failureOf: () => undefined },
    );
    read("[vist#0:0/h264 @ 0x555577331b00] [dec:h264 @ 0x555577331c00] [error] no frame!");
    read("[in#0/mpegts @ 0x5555772cb040] [warning] DTS 1 < 2 out of order");
    expect(told).toEqual(["dec:h264: no frame!", "in#0/mpegts: DTS 1 < 2 out of order"]);
  });
});
