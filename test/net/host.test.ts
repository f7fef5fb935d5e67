import { expect, test } from "bun:test";
import { canonicalHost } from "../../src/net/host.ts";

test.each([
  ["CDN.Example.", "cdn.example"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["0x7f.1", "127.0.0.1"],
  ["127.0.0.1.", "127.0.0.1"],
  ["[::FFFF:127.0.0.1]", "::ffff:7f00:1"],
  ["::1", "::1"],
])("canonicalHost() reads %s as %s", (host, name) => {
  expect(canonicalHost(host)).toBe(name);
});

test.each([
  "",
  ".",
  "a b",
  "a/b",
  "a?b",
  "a#b",
  "u@b",
  "a\\b",
  "a%62",
  "a:80",
  "[::1]:80",
  "[::1]:443",
  "[a]",
  "[127.0.0.1]",
  "a\u0000",
])('canonicalHost() knows no host in "%s"', (host) => {
  expect(canonicalHost(host)).toBeUndefined();
});
