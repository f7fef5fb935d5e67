import { expect, test } from "bun:test";
import { parseIp, parseNetwork } from "../../src/net/ip.ts";

test.each([
  ["1.2.3.4", 32, 0x01020304n],
  ["::ffff:1.2.3.4", 32, 0x01020304n],
  ["::ffff:102:304", 32, 0x01020304n],
  ["::", 128, 0n],
  ["1::", 128, 1n << 112n],
  ["::1:0", 128, 0x10000n],
  ["1:2:3:4:5:6:7:8", 128, 0x00010002000300040005000600070008n],
  ["fe80::1%eth0", 128, (0xfe80n << 112n) | 1n],
] as const)("parseIp() reads %s", (text, bits, value) => {
  expect(parseIp(text)).toEqual({ bits, value });
});

test.each([
  "",
  "1.2.3",
  "01.2.3.4",
  "256.1.1.1",
  "[::1]",
  "::g",
  "1::2::3",
  "name",
  "::1/8",
  "a:b@c",
])('parseIp() gives nothing for "%s"', (text) => {
  expect(parseIp(text)).toBeUndefined();
});

test("parseNetwork() takes IPv4 in IPv6 form for IPv4", () => {
  expect(parseNetwork("::ffff:0:0/96")).toEqual({ ip: { bits: 32, value: 0n }, prefix: 0 });
  expect(parseNetwork("::ffff:0:0/95")).toBeUndefined();
});
