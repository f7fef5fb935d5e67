import type { Agent } from "node:http";
import type { LookupFunction } from "node:net";
import { permissionNeeded } from "../lib/permission.ts";
import { TaskError } from "../task/errors.ts";
import {
  addressOf,
  allowedOf,
  type EgressPolicy,
  isUnlimited,
  notReachable,
} from "./egress-policy.ts";
import { canonicalHost } from "./host.ts";
import { parseIp } from "./ip.ts";

/** As the global agents of `node:http` have it: an idle connection is kept for 5 s. */
const KEPT = { keepAlive: true, scheduling: "lifo", timeout: 5_000 } as const;

/** The options of a request that hold it to a policy. */
export type Guard = { readonly agent?: Agent; readonly lookup?: LookupFunction };

const agents = new WeakMap<EgressPolicy, Record<string, Agent>>();

/**
 * Holds a request to a policy: an address in the URL is judged here, for sockets look up names alone; what a name resolves to is judged
 * when it is looked up, and the socket gets only addresses that are allowed.
 *
 * @throws {EgressError} `unreachable` if the URL's address is refused
 */
export async function guardedBy(policy: EgressPolicy, url: URL): Promise<Guard> {
  // On Deno, a name that is permitted alone (`--allow-net=host`) can only be looked up by the socket itself.
  if (isUnlimited(policy)) return {};
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const name = canonicalHost(url.hostname);
  if (name === undefined) throw notReachable(policy, new Error(`no host: ${url.hostname}`));
  if (parseIp(name)) allowedOf(policy, name, port, [addressOf(name)]);
  return { agent: await agentOf(policy, url.protocol), lookup: await lookupBy(policy, port) };
}

/** A connection that is used again is not looked up again: it serves the policy that it was judged by, and no other. */
async function agentOf(policy: EgressPolicy, protocol: string): Promise<Agent> {
  const known = agents.get(policy) ?? {};
  agents.set(policy, known);
  const { Agent } = await (protocol === "https:" ? import("node:https") : import("node:http"));
  // With a proxy, the proxy would look names up. Deno takes one from the environment otherwise, if NODE_USE_ENV_PROXY is set.
  known[protocol] ??= new Agent({ ...KEPT, proxyEnv: {} });
  return known[protocol];
}

async function lookupBy(policy: EgressPolicy, port: number): Promise<LookupFunction> {
  const { lookup } = await import("node:dns");
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, []);
      try {
        const allowed = allowedOf(policy, canonicalHost(host) ?? host, port, found);
        const [first] = allowed;
        if (options.all || !first) done(null, [...allowed]);
        else done(null, first.address, first.family);
      } catch (refused) {
        done(refused as Error, []);
      }
    });
  };
}

/** The error of a connection that Deno's sandbox does not permit: a retry does not help. */
export function forbidden(
  error: unknown,
  { host, hostname }: URL,
  policy: EgressPolicy,
): TaskError | undefined {
  // If the host name may not be looked up, Deno says no more than this. Where it is looked up apart, that needs it without a port.
  const isLookup = error instanceof Error && /getaddrinfo EPERM/.test(error.message);
  const name = isUnlimited(policy) ? host : hostname;
  const needed = isLookup ? `Deno needs --allow-net=${name} for it` : permissionNeeded(error);
  if (needed === undefined) return undefined;
  return new TaskError("access_denied", `Cannot connect to "${host}": ${needed}`, { cause: error });
}
