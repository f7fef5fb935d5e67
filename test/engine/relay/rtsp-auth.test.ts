import { expect, test } from "bun:test";
import { RtspAuth } from "../../../src/engine/relay/rtsp/rtsp-auth.ts";

const who = { user: "ann", password: "pw" };

test("RtspAuth reads names, values in quotes and bare ones", () => {
  const auth = new RtspAuth(who);
  expect(auth.challenge(['Digest realm="a, b=c",nonce=n-1, opaque="", x-y=z'])).toBe(true);
  const header = auth.header("OPTIONS", "rtsp://h/cam") ?? "";
  expect(header).toContain('realm="a, b=c", nonce="n-1"');
  expect(header).toContain('opaque=""');
});

test.each(["a", "a-", 'a="', "a=,", "=", '"'])("RtspAuth reads 2 MB of %j at once", (piece) => {
  const auth = new RtspAuth(who);
  expect(auth.challenge([`Digest ${piece.repeat(2e6 / piece.length)}`])).toBe(true);
});
