import { expect, test } from "bun:test";
import { parseRules } from "../../src/net/egress-rules.ts";

test("parseRules() reads hosts, networks and ports, separated by commas or spaces", () => {
  const rules = parseRules(
    "CDN.example.com., *.Example.com:8443  10.0.0.0/8,10.1.2.3:80 [fd00::/8]:443,fe80::/10 bücher.example",
  );
  expect(rules?.map(({ place, port }) => [Object.values(place)[0], port])).toEqual([
    ["cdn.example.com", undefined],
    [".example.com", 8443],
    [{ ip: { bits: 32, value: 10n << 24n }, prefix: 8 }, undefined],
    [{ ip: { bits: 32, value: 0x0a010203n }, prefix: 32 }, 80],
    [{ ip: { bits: 128, value: 0xfdn << 120n }, prefix: 8 }, 443],
    [{ ip: { bits: 128, value: 0xfe80n << 112n }, prefix: 10 }, undefined],
    ["xn--bcher-kva.example", undefined],
  ]);
  expect(parseRules(" ")).toEqual([]);
});

test.each([
  "10.0.0.0/33",
  "fd00::/129",
  // Bits beyond the prefix: a typing error rather than a network.
  "10.0.0.1/8",
  "::ffff:10.0.0.0/8",
  "10.0.0.0/",
  "10.0.0/8",
  // Addresses in other forms than the usual one.
  "0x7f.1",
  "127.1",
  "256.0.0.1",
  "host:0",
  "host:65536",
  "host:http",
  "http://host",
  "user@host",
  "host/path",
  "*",
  "*.",
  "a.*.example",
  "[::1",
  "fe80::1%eth0",
])("parseRules() refuses %s", (text) => {
  expect(parseRules(`example.com,${text}`)).toBeUndefined();
});
