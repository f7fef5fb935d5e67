import { expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { parseIp } from "../../src/net/ip.ts";
import { ownAddress } from "../../src/net/own-address.ts";

const ask = (host: string, address: string, port: number): boolean => {
  const ip = parseIp(address);
  if (!ip) throw new Error(`no address: ${address}`);
  return ownAddress(host, () => 8080)(ip, port);
};
const outer = Object.values(networkInterfaces())
  .flatMap((each = []) => each)
  .map(({ address }) => address);

test.each(["0.0.0.0", "::", "a.name.of.this.machine.invalid"])(
  "ownAddress() knows every interface where %s is listened at",
  (host) => {
    expect(outer.length).toBeGreaterThan(0);
    expect(outer.map((address) => ask(host, address, 8080))).toEqual(outer.map(() => true));
    expect(ask(host, "192.0.2.55", 8080)).toBe(false);
    expect(ask(host, "127.0.0.1", 8081)).toBe(false);
  },
);

test("ownAddress() knows the one address that is listened at, and loopback for whatever it is", () => {
  expect(ask("192.0.2.7", "192.0.2.7", 8080)).toBe(true);
  expect(ask("192.0.2.7", "192.0.2.8", 8080)).toBe(false);
  expect(ask("localhost", "127.0.0.1", 8080)).toBe(true);
  expect(ask("192.0.2.7", "0.0.0.0", 8080)).toBe(true);
});

test("ownAddress() knows nothing before the service listens", () => {
  const ip = parseIp("127.0.0.1");
  expect(ip && ownAddress("127.0.0.1", () => undefined)(ip, 8080)).toBe(false);
});
