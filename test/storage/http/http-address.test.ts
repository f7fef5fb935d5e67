import { describe, expect, test } from "bun:test";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { HttpStorage } from "../../../src/storage/http/http.ts";
import { readHttpAddress } from "../../../src/storage/http/http-address.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { failureOf } from "../../contract/storage.ts";

const storage = new HttpStorage({ idleTimeoutMs: 1000, policy: OPEN_EGRESS });

function refusal(url: string): TaskError {
  try {
    readHttpAddress(url, "source");
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
  throw new Error("Expected a refusal, but it was taken");
}

describe("HttpStorage keys", () => {
  test.each([
    ["HTTP://Host.Example:80/A.mp4", "http://host.example/A.mp4"],
    ["https://host:443/a.mp4", "https://host/a.mp4"],
    ["https://host:8443/a.mp4", "https://host:8443/a.mp4"],
    ["http://ann:pw@host/a.mp4", "http://host/a.mp4"],
    ["http://host/a.mp4?b=1&a=2", "http://host/a.mp4?b=1&a=2"],
    ["http://host/a.mp4#t=5", "http://host/a.mp4"],
    ["http://host/x/../a.mp4", "http://host/a.mp4"],
    ["http://host/视频.mp4", "http://host/%E8%A7%86%E9%A2%91.mp4"],
    ["http://[::1]:8080/a.mp4", "http://[::1]:8080/a.mp4"],
  ])("of %s is %s", async (url, key) => {
    expect(await storage.source(url)).toEqual({ url, key });
    expect(await storage.target(url)).toEqual({ url, key });
  });
});

describe("readHttpAddress", () => {
  test.each([
    ["", "it is empty"],
    ["http://host/a\nb", "it holds a control character"],
    ["http://ho\tst/a", "it holds a control character"],
    ["http://host/\u2028", "it holds a control character"],
    ["http://host/\ud800", "it is no well-formed Unicode"],
    [" http://host/a", "the scheme"],
    ["http://host/a b", "it holds a space"],
    ["http://good\\@evil/a", "it holds a backslash"],
    ["http:host/a", "it is no URL with a host"],
    ["http:///host/a", "it is no URL with a host"],
    ["http://", "it is no URL with a host"],
    ["http://host:99999/a", "it is no URL with a host"],
    ["http://host:0/a", "there is no port 0"],
    ["http://a'b@host/a", "it holds a quotation mark"],
    ['http://host/a?token="x"', "it holds a quotation mark"],
    [`http://host/${"a".repeat(8000)}`, "it is longer than 8000 characters"],
  ])("refuses %j", (url, why) => {
    expect(refusal(url).message).toContain(why);
  });

  test.each(["ftp://host/a", "file:///a", "httpx://host/a"])(
    "says that the scheme of %s is not supported",
    (url) => {
      expect(refusal(url).code).toBe("input_not_supported");
    },
  );

  test.each([
    "http://ann:hun ter2@host/a",
    "http://ann:hun/ter2@host/a",
    "http://ann:hunter2\\@host/a",
    "http:ann:hunter2@host/a",
    "http://ann:hunter'2@host/a",
    "http://host/a?token=hun ter2",
    "http://host:0/a?token=hunter2",
    "http://ann:hunter2@host:0/a",
  ])("shows nothing of a password when it refuses %s", (url) => {
    expect(refusal(url).message).not.toMatch(/hun|ter2/);
  });
});

describe("HttpStorage.prototype.target", () => {
  test.each(["http://host", "http://host/", "http://host/folder/"])(
    "needs a name to write: %s",
    async (url) => {
      const error = await failureOf(storage.target(url));
      expect(error.code).toBe("invalid_parameter");
      expect(error.message).toContain("it names a folder");
    },
  );

  test("claims the folder of a set without the query of its playlist", async () => {
    const { key, set } = await storage.target("https://ann:hunter2@host/live/a.m3u8?key=1");
    expect(key).toBe("https://host/live/a.m3u8?key=1");
    expect(set).toEqual({ extension: "m3u8", folderKey: "https://host/live/a" });
  });
});
