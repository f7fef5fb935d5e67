import { describe, expect, test } from "bun:test";
import { packetAt } from "../../../src/probe/bytes/transport-packets.ts";

const packet = (...head: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(2 * 188).fill(0xff);
  bytes.set(head, 188);
  return bytes;
};

describe("packetAt", () => {
  test.each([
    ["behind the head", [0x47, 0x41, 0x02, 0x10], 192],
    ["behind what is adapted", [0x47, 0x41, 0x02, 0x30, 7], 200],
  ] as const)("finds the payload %s", (_, head, from) => {
    expect(packetAt(packet(...head), 188)).toEqual({ pid: 0x102, from });
  });

  test.each([
    ["of other bytes", [0x48, 0x41, 0x02, 0x10]],
    ["that has no payload", [0x47, 0x41, 0x02, 0x20, 7]],
    ["whose adaptation leaves no room for one", [0x47, 0x41, 0x02, 0x30, 183]],
  ])("finds none in a packet %s", (_, head) => {
    expect(packetAt(packet(...head), 188)).toBeUndefined();
  });
});
