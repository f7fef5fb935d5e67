import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isInside, readFileAddress } from "../../../src/storage/file/file-address.ts";
import { TaskError } from "../../../src/task/errors.ts";

const ROOTS = ["/media", "/srv/more media"];

function codeOf(url: string, side: "source" | "target" = "source"): string {
  try {
    return readFileAddress(url, ROOTS, side);
  } catch (error) {
    return error instanceof TaskError ? error.code : `unexpected: ${error}`;
  }
}

describe("readFileAddress", () => {
  test.each([
    ["a.mp4", "/media/a.mp4"],
    ["sub/a.mp4", "/media/sub/a.mp4"],
    ["./a.mp4", "/media/a.mp4"],
    ["sub/../a.mp4", "/media/a.mp4"],
    ["sub//a.mp4", "/media/sub/a.mp4"],
    ["/media/a.mp4", "/media/a.mp4"],
    ["//media/a.mp4", "/media/a.mp4"],
    ["/srv/more media/a.mp4", "/srv/more media/a.mp4"],
    ["file:///media/a.mp4", "/media/a.mp4"],
    ["file:/media/a.mp4", "/media/a.mp4"],
    ["FILE://LOCALHOST/media/a.mp4", "/media/a.mp4"],
    ["file:///media/%61%20b%23.mp4", "/media/a b#.mp4"],
    ["file:///srv/more%20media/a.mp4", "/srv/more media/a.mp4"],
    ["file:///srv/more media/ä.mp4", "/srv/more media/ä.mp4"],
    ["file:///media/100%25.mp4", "/media/100%.mp4"],
    ["-y.mp4", "/media/-y.mp4"],
    ["100%.mp4", "/media/100%.mp4"],
    ["%2e%2e/a.mp4", "/media/%2e%2e/a.mp4"],
    ["what?.mp4", "/media/what?.mp4"],
    ["./a:b.mp4", "/media/a:b.mp4"],
    // Fullwidth look-alikes and other normal forms are other names, not other spellings.
    ["\uff0e\uff0e\uff0fetc", "/media/\uff0e\uff0e\uff0fetc"],
    ["cafe\u0301.mp4", "/media/cafe\u0301.mp4"],
  ])("reads %j as %j", (url, path) => {
    expect(codeOf(url)).toBe(path);
  });

  test.each([
    "/etc/passwd",
    "../etc/passwd",
    "sub/../../etc/passwd",
    "..",
    "/",
    "/media/../etc/passwd",
    "/media-other/a.mp4",
    "/MEDIA/a.mp4",
    "file:///etc/passwd",
    "file:///media/../etc/passwd",
    "file:///media/%2e%2e/etc/passwd",
    "file:///media/%2E./etc/passwd",
    "//host/share/a.mp4",
  ])("denies %j, which lies outside", (url) => {
    expect(codeOf(url)).toBe("access_denied");
  });

  test.each([
    ["nothing", ""],
    ["a space before", " a.mp4"],
    ["a space behind", "a.mp4\u00a0"],
    ["a hidden scheme", " http://host/a.mp4"],
    ["NUL", "a\0.mp4"],
    ["a newline", "a\n.mp4"],
    ["DEL", "a\u007f.mp4"],
    ["C1", "a\u0085.mp4"],
    ["a line separator", "a\u2028.mp4"],
    ["half a surrogate pair", "a\ud800.mp4"],
    ["a backslash", "a\\b.mp4"],
    ["a backslash", "..\\a.mp4"],
    ["an encoded separator in a plain path", "..%2f..%2fetc%2fpasswd"],
    ["an encoded slash", "file:///media/a%2fb.mp4"],
    ["an encoded backslash", "file:///media/a%5Cb.mp4"],
    ["an encoded NUL", "file:///media/a%00.mp4"],
    ["a doubly encoded slash", "file:///media/a%252fb.mp4"],
    ["a trebly encoded slash", "file:///media/a%25252Fb.mp4"],
    ["an encoded newline", "file:///media/a%0a.mp4"],
    ["an encoded C1", "file:///media/a%C2%85.mp4"],
    ["no UTF-8", "file:///media/a%ff.mp4"],
    ["no hex", "file:///media/a%zz.mp4"],
    ["a query", "file:///media/a.mp4?x=1"],
    ["a fragment", "file:///media/a.mp4#t=1"],
    ["another host", "file://host/media/a.mp4"],
    ["a port", "file://localhost:80/media/a.mp4"],
    ["a user", "file://user@localhost/media/a.mp4"],
    ["a relative file URL", "file:a.mp4"],
    ["an empty file URL", "file:"],
    ["no path", "file://"],
    ["a root", "file:///media/"],
    ["a root", "/media"],
    ["a root", "."],
    ["a folder", "sub/"],
    ["a folder", "sub/."],
    ["a folder", "sub/x/.."],
    ["a long name", `${"n".repeat(256)}.mp4`],
    ["a name of many bytes", `${"ä".repeat(128)}`],
    ["a long path", `${"n/".repeat(2100)}a.mp4`],
    ["a temporary of ours", ".a.mp4.t-1.pontus-part"],
  ])("refuses %s", (_, url) => {
    expect(codeOf(url)).toBe("invalid_parameter");
    expect(codeOf(url, "target")).toBe("invalid_parameter");
  });

  test.each([
    "http://host/a.mp4",
    "rtmp://host/live",
    "data:,x",
    "concat:a|b",
    "c:/a.mp4",
    "S3://b",
  ])("says that the scheme of %j is not supported", (url) => {
    expect(codeOf(url, "source")).toBe("input_not_supported");
    expect(codeOf(url, "target")).toBe("output_not_supported");
  });

  test("gives a path below a root, or a TaskError, whatever it is given", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...[
          "..",
          ".",
          "/",
          "//",
          "media",
          "srv",
          "more media",
          "more%20media",
          "file:",
          "file://",
          "FILE:///",
        ],
        ...[
          "localhost",
          "%2e",
          "%2E%2e",
          "%2f",
          "%252f",
          "%5c",
          "%00",
          "\\",
          "\0",
          "~",
          "-",
          "?",
          "#",
          "%",
          "a.mp4",
        ],
      ),
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.string({ unit: "grapheme", maxLength: 6 }),
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), fc.boolean(), (pieces, isRooted) => {
        const url = (isRooted ? "file:///media/" : "") + pieces.join("");
        try {
          const path = readFileAddress(url, ROOTS, "source");
          read += 1;
          return (
            ROOTS.some((root) => path.startsWith(`${root}/`)) &&
            !path
              .split("/")
              .slice(1)
              .some((name) => ["", ".", ".."].includes(name)) &&
            !/[\0\\\p{Cc}]/u.test(path)
          );
        } catch (error) {
          return error instanceof TaskError && !/[\p{Cc}]/u.test(error.message);
        }
      }),
      { numRuns: 3000 },
    );
    // The property says nothing where everything is refused.
    expect(read).toBeGreaterThan(100);
  });

  test("reads every name back from its percent-encoded file URL", () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
      .filter((text) => !text.includes("/") && codeOf(`./${text}`) === `/media/${text}`);
    fc.assert(
      fc.property(
        name,
        (text) => codeOf(`file:///media/${encodeURIComponent(text)}`) === `/media/${text}`,
      ),
    );
  });
});

describe("isInside", () => {
  test("knows a folder from one whose name begins alike", () => {
    expect(isInside("/media", "/media/a")).toBe(true);
    expect(isInside("/media", "/media2/a")).toBe(false);
    expect(isInside("/", "/media2/a")).toBe(true);
  });
});
