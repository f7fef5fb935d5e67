import { describe, expect, test } from "bun:test";
import { maskCredentials, maskSecrets } from "../../src/lib/mask.ts";

describe("maskCredentials", () => {
  test.each([
    ["http://user:pass@host/a", "http://***@host/a"],
    ["rtmp://user@host/live", "rtmp://***@host/live"],
    ["S3://AKIA:x/../y@b", "S3://AKIA:x/../y@b"],
    ["http://u:p@ss@host/", "http://***@host/"],
    ["http://:pass@host/", "http://***@host/"],
    [
      "Cannot open 'srt://u:p@h:9000' or \"ftp://u:p@h\"",
      "Cannot open 'srt://***@h:9000' or \"ftp://***@h\"",
    ],
    ["http://host/a?token=abc&b=1", "http://host/a?token=***&b=1"],
    ["http://host/a?b=1&X-Amz-Signature=abc#t", "http://host/a?b=1&X-Amz-Signature=***#t"],
    ["srt://host:9000?passphrase=long secret", "srt://host:9000?passphrase=*** secret"],
    ["http://host/?api_key=1;streamKey=2", "http://host/?api_key=***"],
    ["a user@host writes to http://host/a@b", "a user@host writes to http://host/a@b"],
    ["http://host/?monday=1", "http://host/?monday=1"],
    ["nothing to hide", "nothing to hide"],
  ])("makes %j %j", (text, masked) => {
    expect(maskCredentials(text)).toBe(masked);
  });

  test("leaves nothing to be masked a second time", () => {
    const once = maskCredentials("http://u:p@h/?key=a");
    expect(maskCredentials(once)).toBe(once);
  });

  // Quadratic patterns would take hours on each of these, and end the run by its time limit.
  test.each([
    "a.",
    "http://",
    "a:",
    "?key",
    "?",
    "?k=",
    "http://a@",
    "-a://",
    "rtmp://",
    "rtmp://a/",
  ])("reads 4 MB of %j at once", (segment) => {
    expect(maskSecrets(segment.repeat(4e6 / segment.length)).length).toBeGreaterThan(0);
  });
});

describe("maskSecrets", () => {
  test.each([
    ["rtmp://host/live/key", "rtmp://host/live/***"],
    ["RTMPS://u:p@host:443/app/inst/key?a=1", "RTMPS://***@host:443/app/***?a=1"],
    ["Cannot open 'rtmp://host/live/key': refused", "Cannot open 'rtmp://host/live/***': refused"],
    ["rtmp://host/live", "rtmp://host/live"],
    [
      "[f=flv]rtmp://host/live/key\\|[f=flv]pipe:3|[f=mpegts]srt://host:1?streamid=a\\|[f=mpegts]pipe:4",
      "[f=flv]rtmp://host/live/***\\|[f=flv]pipe:3|[f=mpegts]srt://host:1?streamid=***\\|[f=mpegts]pipe:4",
    ],
    ["rtmp://host/live/a|b\\|c", "rtmp://host/live/***"],
    [
      "rtsp://host/live/stream and http://u@host/live/a",
      "rtsp://host/live/stream and http://***@host/live/a",
    ],
  ])("makes %j %j", (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
    expect(maskSecrets(masked)).toBe(masked);
  });
});
