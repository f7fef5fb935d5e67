import { describe, expect, test } from "bun:test";
import { withFirstPackets } from "../../src/probe/first-packets.ts";
import { aMediaWithVideo } from "../plan/builders.ts";

// As ffprobe 5.1, 7.1 and 9.0 write it. A pair that is padding promises others.
const STARTED = [
  "",
  "00000000: 0000 0001 0910 0000 0106 040e b500 3147  ..............1G",
  "00000010: 4139 3403 41ff fc80 80ff 8000 0001 65aa  A94.A.........e.",
  "00000020: 88                                       .",
].join("\n");
const MEASURED = [
  "",
  "00000000: 0000 0011 0604 0eb5 0031 4741 3934 0341  .........1GA94.A",
  "00000010: fffc 4142 ff80 0000 0002 6588            ..AB......e.",
].join("\n");

const lookAt = (format: string, data: string, stream_index = 0) =>
  withFirstPackets({ ...aMediaWithVideo({}), format }, { packets: [{ stream_index, data }] }).video;

describe("withFirstPackets", () => {
  test("sees captions in packets of a live stream, padding too", () => {
    expect(lookAt("mpegts", STARTED)).toEqual(aMediaWithVideo({ hasCaptions: true }).video);
    expect(lookAt("live_flv", MEASURED)?.hasCaptions).toBeTrue();
  });

  test("sees none in other streams, and where nothing was read", () => {
    expect(lookAt("mpegts", STARTED, 1)?.hasCaptions).toBeUndefined();
    const media = aMediaWithVideo({});
    for (const json of [{}, { packets: [{ stream_index: 0 }] }, undefined])
      expect(withFirstPackets(media, json)).toBe(media);
  });
});
