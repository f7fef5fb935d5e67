import { describe, expect, test } from "bun:test";
import { parseProbe } from "../../src/probe/parse-probe.ts";

const video = { index: 0, codec_type: "video", codec_name: "h264", width: 320, height: 180 };

describe("parseProbe", () => {
  test.each([
    ["matroska,webm", "66.021", "60.000000", 6.021, 6.021],
    ["flv", "66.021", "60.000000", 6.021, undefined],
    ["flv", "6.021", "60.000000", 6.021, undefined],
    ["mov,mp4,m4a,3gp,3g2,mj2", "66.021", "60.000000", 66.021, undefined],
    ["matroska,webm", "66.021", "0.007000", 66.021, 66.021],
  ])(
    "takes the time of the end for no length where stamps begin late: %s, %s from %s",
    (format_name, duration, start_time, seconds, ofStream) => {
      const tags = ofStream === undefined ? {} : { DURATION: "00:01:06.021000000" };
      const media = parseProbe({
        format: { format_name, duration, start_time },
        streams: [{ ...video, start_time, tags }],
      });
      expect(media.durationSeconds).toBeCloseTo(seconds, 6);
      if (ofStream === undefined) expect(media.video?.durationSeconds).toBeUndefined();
      else expect(media.video?.durationSeconds).toBeCloseTo(ofStream, 6);
    },
  );

  test.each([
    ["matroska,webm", { DURATION: "00:00:00.141000000" }, 0.141],
    ["matroska,webm", {}, undefined],
    ["nut", {}, undefined],
    ["mov,mp4,m4a,3gp,3g2,mj2", { DURATION: "00:00:00.141000000" }, 8.021],
  ])(
    "takes the length of a file for none of a stream, where nothing in it says that: %s %j",
    (format_name, tags, seconds) => {
      const streams = [{ ...video, duration: "8.021000", start_time: "0.000000", tags }];
      const media = parseProbe({ format: { format_name, duration: "8.021000" }, streams });
      expect(media.durationSeconds).toBe(8.021);
      expect(media.video?.durationSeconds).toBe(seconds);
    },
  );
});
