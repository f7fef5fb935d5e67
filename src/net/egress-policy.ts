import type { LookupAddress } from "node:dns";
import { getLogger } from "@logtape/logtape";
import type { EgressLists } from "../lib/reach.ts";
import { unlessAborted } from "../lib/unless-aborted.ts";
import { EgressError } from "./egress-error.ts";
import { type EgressRule, parseRules } from "./egress-rules.ts";
import { canonicalHost } from "./host.ts";
import { type Ip, isIn, parseIp } from "./ip.ts";
import { meaningsOf, rangeOf } from "./ip-ranges.ts";

const log = getLogger(["pontus"]);

/** Which addresses are allowed that no list names: those of the internet, those of private networks too, or all. */
export const EGRESS_PRESETS = ["public", "lan", "open"] as const;

/** Which connections the service makes for its callers. */
export type EgressPolicy = {
  readonly preset: (typeof EGRESS_PRESETS)[number];
  /** Allowed in spite of the preset. */
  readonly allow: readonly EgressRule[];
  /** Refused in spite of all else. */
  readonly deny: readonly EgressRule[];
  /** Whether the service itself listens there. Only a list that names the port too allows that. */
  readonly isOwn: (ip: Ip, port: number) => boolean;
};

/** What is to be connected to: an address, and the name that it was found under if it was. */
export type EgressPlace = {
  readonly name?: string;
  readonly address: string;
  readonly port: number;
};

/** The policy that allows everything. */
export const OPEN_EGRESS: EgressPolicy = {
  preset: "open",
  allow: [],
  deny: [],
  isOwn: () => false,
};

/** Whether a policy refuses nothing. */
export const isUnlimited = ({ preset, deny }: EgressPolicy): boolean =>
  preset === "open" && deny.length === 0;

/** The policy for a client with lists of its own: they add to those of the service, so that what either denies is refused. */
export function policyWithin(policy: EgressPolicy, lists: EgressLists | undefined): EgressPolicy {
  if (!lists) return policy;
  return {
    ...policy,
    allow: [...policy.allow, ...rulesOf(lists.allow)],
    deny: [...policy.deny, ...rulesOf(lists.deny)],
  };
}

function rulesOf(entries: readonly string[] = []): readonly EgressRule[] {
  const rules = parseRules(entries.join(" "));
  // Without the rule, more would be reached than its client may.
  if (!rules) throw new Error("Cannot read the egress lists of a client: an entry is malformed");
  return rules;
}

/** Judges a connection: why it is refused, for the operator alone, or nothing if it is allowed. */
export function judge(policy: EgressPolicy, place: EgressPlace): string | undefined {
  const ip = parseIp(place.address);
  if (!ip) return "it is no IP address";
  const { preset, allow, deny, isOwn } = policy;
  const meanings = meaningsOf(ip);
  const denied = deny.find((rule) => meanings.some((each) => names(rule, place, each)));
  if (denied) return `it is denied as "${denied.shown}"`;
  if (preset === "open") return undefined;
  if (meanings.some((each) => isOwn(each, place.port))) {
    const isAllowed = allow.some((rule) => rule.port !== undefined && names(rule, place, ip));
    return isAllowed ? undefined : "this service listens there";
  }
  const stray = meanings.find((each) => {
    const { reach } = rangeOf(each);
    const isIncluded = reach === "public" || (reach === "private" && preset === "lan");
    return !isIncluded && !allow.some((rule) => names(rule, place, each));
  });
  return stray && `PONTUS_EGRESS "${preset}" excludes addresses that are ${rangeOf(stray).name}`;
}

/**
 * Resolves a host, once: the addresses that may be connected to, in their order. An address is judged as it is.
 *
 * @param host - a name or an address, in whatever way it is written
 * @throws {EgressError} `unreachable`, also if none is allowed; the signal's reason
 */
export async function resolveAllowed(
  policy: EgressPolicy,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<readonly LookupAddress[]> {
  signal.throwIfAborted();
  const name = canonicalHost(host);
  if (name === undefined)
    throw notReachable(
      policy,
      new Error(`no host: ${JSON.stringify(host)}`),
      "its host is malformed",
    );
  if (parseIp(name)) return allowedOf(policy, name, port, [addressOf(name)]);
  // Loaded when it is first needed: a service that only uses files starts without it.
  const { lookup } = await import("node:dns/promises");
  const found = await unlessAborted(lookup(name, { all: true }), signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw notReachable(policy, cause, "its host name cannot be resolved");
  });
  return allowedOf(policy, name, port, found);
}

/**
 * Those of the addresses of a host that may be connected to.
 *
 * @throws {EgressError} `unreachable` if there is none; the log says why
 */
export function allowedOf(
  policy: EgressPolicy,
  name: string,
  port: number,
  found: readonly LookupAddress[],
): readonly LookupAddress[] {
  const refused: string[] = [];
  const allowed = found.filter(({ address }) => {
    const why = judge(policy, { name, address, port });
    if (why !== undefined) refused.push(`${address}: ${why}`);
    return why === undefined;
  });
  if (refused.length > 0)
    log.warn("Does not connect to {host} port {port}: {refused}", { host: name, port, refused });
  if (allowed.length > 0) return allowed;
  throw notReachable(policy, new Error(refused.join("; ")));
}

/**
 * The error of a host that cannot be reached. Callers are told no more than that, unless everything is open to them: whether a connection
 * was refused here or there, or a name is known, would show them what the network holds.
 *
 * @param state - what may be told if it may; without one there is nothing more
 */
export function notReachable(policy: EgressPolicy, cause: unknown, state?: string): EgressError {
  const told = (policy.preset === "open" && state) || "it is not reachable";
  return new EgressError("unreachable", told, { cause });
}

/** An address as a lookup gives it. */
export const addressOf = (address: string): LookupAddress => ({
  address,
  family: address.includes(":") ? 6 : 4,
});

function names({ place, port }: EgressRule, at: EgressPlace, ip: Ip): boolean {
  if (port !== undefined && port !== at.port) return false;
  if ("network" in place) return isIn(ip, place.network);
  if ("name" in place) return at.name === place.name;
  return at.name?.endsWith(place.suffix) ?? false;
}
