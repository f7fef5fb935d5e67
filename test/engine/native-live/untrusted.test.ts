import { describe, expect, test } from "bun:test";
import { createTrustReader, distrustIn } from "../../../src/engine/native-live/untrusted.ts";

const tls = (text: string) => ({ context: "tls", level: "error", text });
const unopened = (host: string) => ({
  context: "rtmps",
  level: "error",
  text: `Cannot open connection tls://${host}`,
});
const REFUSED = tls("Peer certificate failed verification");

// Lines of ffmpeg 5.1.9 with GnuTLS as recorded; OpenSSL's as its source has them.
describe("createTrustReader", () => {
  test("knows by the address whose certificate was refused", () => {
    const { read, refusalOf } = createTrustReader();
    for (const line of [REFUSED, unopened("a.example:443")]) read(line);
    expect(refusalOf("rtmps://a.example/live/x?key=1")).toBe(REFUSED.text);
    expect(refusalOf("rtmps://a.example:8443/live/x")).toBeUndefined();
    expect(refusalOf("rtmp://a.example:443/live/x")).toBeUndefined();
  });

  test("knows it of two targets that are called at one time", () => {
    const { read, refusalOf } = createTrustReader();
    const host = unopened("a.example:443");
    for (const line of [REFUSED, REFUSED, host, host]) read(line);
    expect(refusalOf("rtmps://a.example/live/x")).toBe(REFUSED.text);
  });

  test("forgets it where the server fails otherwise the next time", () => {
    const { read, refusalOf } = createTrustReader();
    for (const line of [REFUSED, unopened("a.example:443")]) read(line);
    for (const line of [tls("IO error: End of file"), unopened("a.example:443")]) read(line);
    expect(refusalOf("rtmps://a.example/live/x")).toBeUndefined();
  });
});

describe("distrustIn", () => {
  test("tells a refused certificate from a connection that failed", () => {
    const openssl = "error:0A000086:SSL routines::certificate verify failed";
    expect(distrustIn(`[tls @ 0x1] ${openssl}`)).toBe("certificate verify failed");
    expect(distrustIn("[tls @ 0x1] The certificate's owner does not match hostname h")).toContain(
      "h",
    );
    expect(distrustIn("[tls @ 0x1] Error in the pull function.")).toBeUndefined();
  });
});
