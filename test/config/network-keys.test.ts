import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/parse-config.ts";

const read = (name: string, text: string) => parseConfig({ [name]: text }, { cores: 4 }).config;

describe("parseConfig", () => {
  test.each([
    ["none", []],
    ["5000", [[5000, 5000]]],
    [
      "5000, 9000-9100",
      [
        [5000, 5000],
        [9000, 9100],
      ],
    ],
  ] as const)("reads the ports %s", (text, ports) => {
    expect(read("PONTUS_LISTEN_PORTS", text).listenPorts).toEqual(ports);
  });

  test.each([
    ["PONTUS_EGRESS", "none"],
    ["PONTUS_EGRESS_ALLOW", "10.0.0.1/8"],
    ["PONTUS_EGRESS_DENY", "http://example"],
    ...["9100-9000", "0", "any", "1-65536", "5000;5001"].map(
      (text) => ["PONTUS_LISTEN_PORTS", text] as const,
    ),
  ])("refuses %s=%s", (name, text) => {
    expect(() => read(name, text)).toThrow(`${name}`);
  });
});
