import { networkInterfaces } from "node:os";
import { canonicalHost } from "./host.ts";
import { type Ip, parseIp } from "./ip.ts";
import { rangeOf } from "./ip-ranges.ts";

/**
 * Tells the addresses that the service itself answers at.
 *
 * @param host - as it is configured: a name or an address, or that of all interfaces
 * @param port - asked when it is needed: it is known once the service listens
 */
export function ownAddress(
  host: string,
  port: () => number | undefined,
): (ip: Ip, port: number) => boolean {
  const name = canonicalHost(host) ?? host;
  const listens = parseIp(name);
  // What a name leads to is not known here: it may be any of them.
  const isEvery = !listens || rangeOf(listens).name === "unspecified";
  return (ip, at) => {
    if (at !== port()) return false;
    if (rangeOf(ip).name === "loopback" || rangeOf(ip).name === "unspecified") return true;
    return (isEvery ? addressesHere() : [listens]).some((each) => each?.value === ip.value);
  };
}

/** Those of all interfaces, as far as the host tells: on Deno that needs `--allow-sys=networkInterfaces`. */
function addressesHere(): readonly (Ip | undefined)[] {
  try {
    return Object.values(networkInterfaces()).flatMap((each = []) =>
      each.map(({ address }) => parseIp(address)),
    );
  } catch {
    return [];
  }
}
