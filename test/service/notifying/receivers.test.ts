import { expect, test } from "bun:test";
import { receiverFault, receiverKey } from "../../../src/service/notifying/receivers.ts";

test.each([
  "https://hooks.example/",
  "http://hooks.example:8080/path?token=a%20b",
  "https://name:pass@[2001:db8::1]/x",
  "HTTPS://Hooks.Example",
])("receiverFault finds nothing in %s", (url) => {
  expect(receiverFault(url)).toBeUndefined();
});

test.each([
  [`https://hooks.example/${"x".repeat(2048)}`, "it is longer than 2048 characters"],
  ["ftp://hooks.example/", "it does not begin with http:// or https://"],
  ["https:hooks.example/", "it does not begin with http:// or https://"],
  ["https://hooks example/", "it holds a space"],
  ["https://hooks.example\\@inside/", "it holds a space, a quotation mark, a backslash"],
  ["https://hooks.example/\n", "or a control character"],
  ["https://hooks.example/\ud800", "or a control character"],
  ["https://hooks.example:99999/", "it is no URL with a host"],
  ["https://hooks.example:0/", "there is no port 0"],
  ["https://hooks.example/#part", "it has a fragment"],
  ["https://a%0d%0ab:c@hooks.example/", "its user info holds control characters"],
])("receiverFault says what is wrong with %j", (url, says) => {
  expect(receiverFault(url)).toContain(says);
});

test("receiverKey is the same however an address is written", () => {
  const keys = ["HTTPS://name:pass@Hooks.Example:443/a?b", "https://hooks.example/a?b"].map(
    receiverKey,
  );
  expect(keys).toEqual(Array(2).fill("https://hooks.example/a?b"));
});
