import { describe, expect, test } from "bun:test";
import {
  allowedOf,
  type EgressPolicy,
  judge,
  OPEN_EGRESS,
  policyWithin,
  resolveAllowed,
} from "../../src/net/egress-policy.ts";
import { parseRules } from "../../src/net/egress-rules.ts";
import { parseIp } from "../../src/net/ip.ts";
import { egressContract } from "../contract/egress.ts";

egressContract({ describe, test, expect });

const lists = ({ allow = "", deny = "" }): Pick<EgressPolicy, "allow" | "deny"> => ({
  allow: parseRules(allow) ?? [],
  deny: parseRules(deny) ?? [],
});
const policy = (
  preset: EgressPolicy["preset"],
  texts: { readonly allow?: string; readonly deny?: string } = {},
): EgressPolicy => ({ ...OPEN_EGRESS, preset, ...lists(texts) });
const isAllowed = (by: EgressPolicy, address: string, port = 80, name = address): boolean =>
  judge(by, { name, address, port }) === undefined;

describe("judge()", () => {
  test("an allowed network is allowed in spite of the preset, and no other", () => {
    const by = policy("public", { allow: "10.1.0.0/16, fd00::/8" });
    expect(isAllowed(by, "10.1.2.3")).toBe(true);
    expect(isAllowed(by, "10.2.2.3")).toBe(false);
    expect(isAllowed(by, "::ffff:10.1.2.3")).toBe(true);
    expect(isAllowed(by, "64:ff9b::10.1.2.3")).toBe(true);
    expect(isAllowed(by, "64:ff9b::10.2.2.3")).toBe(false);
    expect(isAllowed(by, "fd00::1")).toBe(true);
    expect(isAllowed(by, "fc00::1")).toBe(false);
  });

  test("a network that translates is no way to what lies behind it", () => {
    const by = policy("lan", { allow: "64:ff9b::/96 2002::/16" });
    expect(isAllowed(by, "64:ff9b::8.8.8.8")).toBe(true);
    expect(isAllowed(by, "64:ff9b::127.0.0.1")).toBe(false);
    expect(isAllowed(by, "2002:7f00:1::")).toBe(false);
    expect(isAllowed(by, "2002:808:808::")).toBe(true);
  });

  test("what is denied is refused in spite of all else, in every form", () => {
    const by = policy("open", { allow: "10.0.0.0/8", deny: "10.0.0.0/8" });
    for (const address of [
      "10.0.0.1",
      "::ffff:10.0.0.1",
      "::10.0.0.1",
      "64:ff9b::10.0.0.1",
      "::ffff:0:10.0.0.1",
      "2002:a00:1::1",
      "2001:0:a00:1::",
      // Teredo has the client's address inverted.
      "2001:0:808:808:0:0:f5ff:fffe",
      "fd00::5efe:10.0.0.1",
      "fd00::200:5efe:10.0.0.1",
    ])
      expect([address, judge(by, { address, port: 80 })]).toEqual([
        address,
        'it is denied as "10.0.0.0/8"',
      ]);
    expect(isAllowed(by, "11.0.0.1")).toBe(true);
    expect(isAllowed(by, "127.0.0.1")).toBe(true);
  });

  test("a network that is written as IPv4 in IPv6 is the network of IPv4", () => {
    const by = policy("open", { deny: "::ffff:10.0.0.0/104" });
    expect(isAllowed(by, "10.9.9.9")).toBe(false);
    expect(isAllowed(by, "11.9.9.9")).toBe(true);
  });

  test("a host is named exactly, or all below a name, whatever they resolve to", () => {
    const by = policy("lan", { allow: "Media.Example, *.cdn.example" });
    expect(isAllowed(by, "127.0.0.1", 80, "media.example")).toBe(true);
    expect(isAllowed(by, "127.0.0.1", 80, "a.media.example")).toBe(false);
    expect(isAllowed(by, "127.0.0.1", 80, "a.b.cdn.example")).toBe(true);
    expect(isAllowed(by, "127.0.0.1", 80, "cdn.example")).toBe(false);
    expect(isAllowed(by, "127.0.0.1", 80, "xcdn.example")).toBe(false);
    expect(isAllowed(by, "127.0.0.1")).toBe(false);
    expect(isAllowed(policy("lan", { deny: "*.example" }), "8.8.8.8", 80, "a.example")).toBe(false);
  });

  test("an entry with a port holds for that port alone", () => {
    const by = policy("public", { allow: "10.0.0.0/8:443 [fd00::/8]:443 nas.example:443" });
    expect(isAllowed(by, "10.0.0.1", 443)).toBe(true);
    expect(isAllowed(by, "10.0.0.1", 80)).toBe(false);
    expect(isAllowed(by, "fd00::1", 443)).toBe(true);
    expect(isAllowed(by, "fd00::1", 80)).toBe(false);
    expect(isAllowed(by, "192.168.0.1", 443, "nas.example")).toBe(true);
    expect(isAllowed(by, "192.168.0.1", 80, "nas.example")).toBe(false);
  });

  test("the service itself is allowed only to a list that names its port", () => {
    const own = parseIp("192.168.0.5")?.value;
    const isOwn: EgressPolicy["isOwn"] = (ip, port) => ip.value === own && port === 8080;
    const at = (port: number, allow: string) =>
      judge({ ...policy("lan", { allow }), isOwn }, { address: "192.168.0.5", port });
    expect(at(8081, "")).toBeUndefined();
    expect(at(8080, "")).toBe("this service listens there");
    expect(at(8080, "192.168.0.0/16")).toBe("this service listens there");
    expect(at(8080, "192.168.0.0/16:8080")).toBeUndefined();
  });

  test("says for the operator what the range is", () => {
    const why = (address: string) => judge(policy("lan"), { address, port: 80 });
    expect(why("127.0.0.1")).toBe('PONTUS_EGRESS "lan" excludes addresses that are loopback');
    expect(why("169.254.169.254")).toBe(
      'PONTUS_EGRESS "lan" excludes addresses that are link-local',
    );
    expect(why("fd00:ec2::254")).toBe('PONTUS_EGRESS "lan" excludes addresses that are metadata');
    expect(why("fe80::1%eth0")).toBe('PONTUS_EGRESS "lan" excludes addresses that are link-local');
    expect(why("localhost")).toBe("it is no IP address");
  });
});

describe("policyWithin()", () => {
  test("adds a client's lists to the service's: what either denies is refused", () => {
    const service = policy("lan", { allow: "127.0.0.2 127.0.0.4", deny: "10.0.0.1 10.0.0.2" });
    const egress = {
      allow: ["127.0.0.3", "10.0.0.1", "10.0.0.3"],
      deny: ["10.0.0.3", "127.0.0.4"],
    };
    const by = policyWithin(service, egress);
    const places = ["10.0.0.", "127.0.0."].flatMap((net) => [1, 2, 3, 4].map((at) => net + at));
    const allowedBy = (each: EgressPolicy) => places.filter((place) => isAllowed(each, place));
    expect(allowedBy(service)).toEqual(["10.0.0.3", "10.0.0.4", "127.0.0.2", "127.0.0.4"]);
    expect(allowedBy(by)).toEqual(["10.0.0.4", "127.0.0.2", "127.0.0.3"]);
    expect(allowedBy(policyWithin(service, { deny: ["*.example", "10.0.0.0/8"] }))).toEqual([
      "127.0.0.2",
      "127.0.0.4",
    ]);
  });

  test("is the service's policy, with its connections, for a client without lists", () => {
    const service = policy("lan");
    expect(policyWithin(service, undefined)).toBe(service);
  });

  test("refuses to leave out an entry that cannot be read", () => {
    for (const egress of [{ allow: ["10.0.0.1", "a/b"] }, { deny: ["a/b"] }])
      expect(() => policyWithin(policy("open"), egress)).toThrow("an entry is malformed");
  });
});

test("allowedOf() leaves out what is refused of several addresses", () => {
  const found = ["127.0.0.1", "::1", "10.0.0.1", "8.8.8.8"].map((address) => ({
    address,
    family: address.includes(":") ? 6 : 4,
  }));
  const left = (by: EgressPolicy) =>
    allowedOf(by, "a.example", 80, found).map(({ address }) => address);
  expect(left(policy("lan"))).toEqual(["10.0.0.1", "8.8.8.8"]);
  expect(left(policy("public"))).toEqual(["8.8.8.8"]);
  expect(() => left(policy("open", { deny: "*.example" }))).toThrow("it is not reachable");
});

describe("resolveAllowed()", () => {
  test("resolves a name once, and gives only addresses that are allowed", async () => {
    const { signal } = new AbortController();
    const found = await resolveAllowed(policy("open"), "localhost", 80, signal);
    expect(found.map(({ address }) => address)).toContain("127.0.0.1");
    const named = await resolveAllowed(
      policy("lan", { allow: "localhost:80", deny: "::1" }),
      "LOCALHOST.",
      80,
      signal,
    );
    expect(named).toEqual([{ address: "127.0.0.1", family: 4 }]);
  });

  test("says of a name that does not resolve what it says of one that is refused, unless all is open", async () => {
    const { signal } = new AbortController();
    const ask = (by: EgressPolicy, host: string) => resolveAllowed(by, host, 80, signal);
    await expect(ask(policy("lan"), "localhost")).rejects.toThrow("it is not reachable");
    await expect(ask(policy("lan"), "nowhere.invalid")).rejects.toThrow("it is not reachable");
    await expect(ask(policy("open"), "nowhere.invalid")).rejects.toThrow(
      "its host name cannot be resolved",
    );
  });

  test("stops with its signal", async () => {
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(resolveAllowed(policy("open"), "8.8.8.8", 80, stopped)).rejects.toThrow("enough");
  });
});
