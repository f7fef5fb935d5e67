import { describe, expect, test } from "bun:test";
import { isBucketEntry, isHostEntry, isReached, isUrlEntry } from "../../src/lib/reach.ts";

const HTTP = { urls: ["https://CDN.example.com:443/acme/", "rtmp://live.example.com/acme"] };

describe("isReached", () => {
  test.each([
    ["https://cdn.example.com/acme/a.mp4", true],
    ["https://cdn.example.com./acme/a.mp4", true],
    ["https://cdn.example.com/acme/a.mp4?x=1", true],
    ["https://cdn.example.com/%61cme/a.mp4", true],
    ["https://cdn.example.com/acme/a%2Emp4", true],
    ["https://cdn.example.com/acme-2/a.mp4", false],
    ["https://cdn.example.com/other/a.mp4", false],
    ["https://cdn.example.com//acme/a.mp4", false],
    ["https://cdn.example.com/", false],
    ["http://cdn.example.com/acme/a.mp4", false],
    ["https://cdn.example.com:8443/acme/a.mp4", false],
    ["https://cdn.example.com.evil.test/acme/a.mp4", false],
    ["https://cdn.example.com/acme/%2e%2e/other/a.mp4", false],
    ["https://cdn.example.com/acme/..%2fother/a.mp4", false],
    ["https://cdn.example.com/acme/..%5Cother/a.mp4", false],
    ["https://cdn.example.com/acme/%252e%252e%252fother/a.mp4", false],
    ["https://cdn.example.com/acme/%2e%2e%ff/../a.mp4", false],
    ["https://cdn.example.com/acme/..;/other/a.mp4", false],
    ["https://cdn.example.com/acme/a%2525252562", false],
    ["http://cdn.example.com:443/acme/a.mp4", false],
    ["https://[/acme/a.mp4", false],
    ["rtmp://live.example.com:1935/acme/key", true],
    ["rtmp://live.example.com:1935/acme", true],
    ["rtmp://live.example.com:1935/other/key", false],
    ["rtmp://live.example.com:1935/acme/../other/key", false],
    ["rtmps://live.example.com:443/acme/key", false],
    ["srt-listener:9000", false],
    ["file:/media/a.mp4", true],
    ["s3://bucket/a.mp4", true],
  ])("of lists of addresses: %s: %p", (key, is) => {
    expect(isReached(HTTP, key)).toBe(is);
  });

  test.each([
    ["https://a.example.com/x", true],
    ["http://a.example.com:8080/x", true],
    ["rtmp://a.example.com:1935/app/key", true],
    ["srt://a.example.com:9000?streamid=x", true],
    ["https://b.example.com/x", false],
    ["https://x.wild.example.com/x", true],
    ["https://wild.example.com/x", false],
    ["https://xwild.example.com/x", false],
    ["https://port.example.com:8443/x", true],
    ["https://port.example.com/x", false],
    ["https://10.0.0.7/x", true],
    ["https://[fd00::7]/x", true],
    ["https://[fd00:0::7]:9/x", true],
    ["srt-listener:9000", true],
    ["srt-listener:9001", false],
    ["udp://:9000", true],
    ["udp://239.0.0.1:9000", false],
    ["s3://bucket/a.mp4", true],
  ])("of lists of hosts: %s: %p", (key, is) => {
    const hosts = ["A.example.com.", "*.wild.example.com", "port.example.com:8443", "0xa.7"];
    expect(isReached({ hosts: [...hosts, "[fd00::7]", ":9000"] }, key)).toBe(is);
  });

  test.each([
    ["s3://acme/a.mp4", true],
    ["s3://acme-2/a.mp4", false],
    ["s3://shared/acme/a.mp4", true],
    ["s3://shared/acme/b/a.mp4", true],
    ["s3://shared/acme2/a.mp4", false],
    ["s3://shared/%61cme/a.mp4", false],
    ["s3://shared//acme/a.mp4", false],
    ["https://anywhere.example.com/a.mp4", true],
  ])("of lists of buckets: %s: %p", (key, is) => {
    expect(isReached({ buckets: ["acme", "shared/acme/"] }, key)).toBe(is);
  });

  test("allows what either list of addresses or hosts allows, nothing of empty lists, and all where there is none", () => {
    const key = "https://a.example.com/x/y";
    expect(isReached({ hosts: ["b.example.com"], urls: ["https://a.example.com/x"] }, key)).toBe(
      true,
    );
    expect(isReached({ hosts: ["a.example.com"], urls: [] }, key)).toBe(true);
    for (const whole of ["https://a.example.com", "https://a.example.com/"])
      expect([isReached({ urls: [whole] }, key), whole]).toEqual([true, whole]);
    for (const lists of [{ hosts: [] }, { urls: [] }]) expect(isReached(lists, key)).toBe(false);
    expect(isReached({ buckets: [] }, "s3://a/b")).toBe(false);
    for (const each of [key, "s3://a/b", "srt-listener:9000"])
      expect(isReached({ roots: [] }, each)).toBe(true);
  });
});

describe("entries of lists", () => {
  test.each([
    [isHostEntry, ["a.example.com", "*.example.com", "10.0.0.7:80", "[::1]:9", ":9000"]],
    [isUrlEntry, ["https://a.example.com", "rtmp://a/b", "http://[::1]:80/a/"]],
    [isBucketEntry, ["bucket", "bucket/a", "bucket/a/b/"]],
  ])("are taken: %p %p", (isEntry, texts) => {
    expect(texts.filter((text) => !isEntry(text))).toEqual([]);
  });

  test.each([
    [isHostEntry, ["", "*", "*.", "http://a", "a/b", "a b", "::1"]],
    [
      isUrlEntry,
      [
        "",
        "a.example.com",
        "https://",
        "https://a/b?c",
        "https://a/../b",
        "https://u@a/",
        "file:///a",
      ],
    ],
    [isBucketEntry, ["", "B", "a/..", "bucket/../x", "s3://bucket"]],
  ])("are refused: %p %p", (isEntry, texts) => {
    expect(texts.filter((text) => isEntry(text))).toEqual([]);
  });
});
