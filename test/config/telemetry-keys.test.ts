import { expect, test } from "bun:test";
import { parseConfig } from "../../src/config/parse-config.ts";

const read = (name: string, text: string) => parseConfig({ [name]: text }, { cores: 4 }).config;

test.each([
  ["PONTUS_LOG_LEVEL", "warning", { logLevel: "warning" }],
  ["PONTUS_ACCESS_LOG", "yes", { accessLog: "yes" }],
  ["PONTUS_METRICS", "no", { metrics: "no" }],
  ["PONTUS_TRACES_URL", "http://c:4318/v1/traces", { tracesUrl: "http://c:4318/v1/traces" }],
  ["PONTUS_TRACES_HEADERS", "a=b, k==c=", { tracesHeaders: { a: "b", k: "=c=" } }],
  ["PONTUS_TRACES_PERCENT", "5", { tracesPercent: 5 }],
])("%s=%s is read", (name, text, config) => {
  expect(read(name, text)).toMatchObject(config);
});

test.each([
  ["PONTUS_ACCESS_LOG", "on"],
  ["PONTUS_METRICS", "maybe"],
  ["PONTUS_TRACES_URL", "localhost:4318"],
  ["PONTUS_TRACES_PERCENT", "101"],
])("%s=%s is refused", (name, text) => {
  expect(() => read(name, text)).toThrow(name);
});

test("headers that cannot be read are refused, and not shown", () => {
  expect(() => read("PONTUS_TRACES_HEADERS", "s3cr3t")).toThrow("PONTUS_TRACES_HEADERS");
  expect(() => read("PONTUS_TRACES_HEADERS", "s3cr3t")).not.toThrow("s3cr3t");
});
