import { describe, expect, test } from "bun:test";
import { readS3Address } from "../../../src/storage/s3/s3-address.ts";
import { urlOf } from "../../../src/storage/s3/s3-client.ts";

describe("readS3Address()", () => {
  const taken = [
    ["s3://films/a.mp4", "films", "a.mp4"],
    ["S3://films/a b/ä%20+?#.mp4", "films", "a b/ä%20+?#.mp4"],
    ["s3://my.films-2/x//y", "my.films-2", "x//y"],
  ] as const;
  test.each(taken)("reads %p, the key as it is written", (url, bucket, key) => {
    expect(readS3Address(url, "source")).toEqual({ bucket, key });
  });

  const refused = [
    ["s3://", "it names no bucket"],
    ["s3:///a.mp4", "it names no bucket"],
    ["s3://Films/a.mp4", "it names no bucket"],
    ["s3://films", "it names no object"],
    ["s3://films/", "it names no object"],
    ["s3://films/folder/", "it names no object"],
    ["s3://films/a/../b.mp4", 'is "." or ".."'],
    ["s3://films/a\nb.mp4", "a control character"],
    ["s3://films/\ud800.mp4", "well-formed"],
    [`s3://films/${"é".repeat(513)}`, "longer than 1024 bytes"],
  ] as const;
  test.each(refused)("refuses %p: %s", (url, why) => {
    expect(() => readS3Address(url, "target")).toThrow(why);
  });

  test("refuses credentials without repeating them", () => {
    const read = () => readS3Address("s3://AKIA:hunter2@films/a.mp4", "source");
    expect(read).toThrow("holds no credentials");
    expect(read).not.toThrow("hunter2");
  });

  test("refuses another scheme under the code of its side", () => {
    expect(() => readS3Address("ftp://a/b", "source")).toThrow('the scheme "ftp"');
  });
});

describe("urlOf()", () => {
  const place = { bucket: "films", key: "a b/(1)'ä+.mp4" };
  const escaped = "a%20b/%281%29%27%C3%A4%2B.mp4";
  const cases = [
    ["path style", "http://127.0.0.1:9000", true, `http://127.0.0.1:9000/films/${escaped}`],
    ["below a path", "https://host/store/", true, `https://host/store/films/${escaped}`],
    [
      "virtual host",
      "https://s3.eu-west-1.amazonaws.com",
      false,
      `https://films.s3.eu-west-1.amazonaws.com/${escaped}`,
    ],
    [
      "virtual host with a port",
      "http://s3.local:9000",
      false,
      `http://films.s3.local:9000/${escaped}`,
    ],
  ] as const;
  test.each(cases)("names an object in the form of %s", (_, endpoint, isPathStyle, url) => {
    expect(urlOf({ endpoint, isPathStyle }, place).href).toBe(url);
  });

  test("keeps a bucket with a dot out of a host name that a certificate has to hold for", () => {
    const dotted = { bucket: "my.films", key: "a" };
    const access = { endpoint: "https://s3.local", isPathStyle: false };
    expect(urlOf(access, dotted).href).toBe("https://s3.local/my.films/a");
  });
});
