/** An IP address as a number: the same whatever way it was written. IPv4 addresses in IPv6 form (`::ffff:10.0.0.1`) are IPv4. */
export type Ip = { readonly bits: 32 | 128; readonly value: bigint };

/** All addresses that begin alike. */
export type Network = { readonly ip: Ip; readonly prefix: number };

/**
 * Reads an address in its usual form, without brackets; a zone is dropped. The URL parser of the runtime does the reading, and other
 * ways to write IPv4 (octal, one number) are not taken here: `canonicalHost` turns them into this one.
 */
export function parseIp(text: string): Ip | undefined {
  if (/^\d+(\.\d+){3}$/.test(text))
    return URL.parse(`http://${text}/`)?.hostname === text ? v4(text) : undefined;
  if (!/^[\da-f:.]*(%[\w.-]+)?$/i.test(text) || !text.includes(":")) return undefined;
  const hostname = URL.parse(`http://[${text.replace(/%.*/, "")}]/`)?.hostname;
  if (hostname === undefined) return undefined;
  const ip = v6(hostname.slice(1, -1));
  return ip.value >> 32n === 0xffffn ? v4Inside(ip, 0) : ip;
}

/** Reads `10.0.0.0/8`, or an address alone, which is a network of one; nothing if bits beyond the prefix are set. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = "", digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const ip = parseIp(address);
  if (!ip) return undefined;
  const isMapped = ip.bits === 32 && address.includes(":");
  const prefix = digits === undefined ? ip.bits : Number(digits) - (isMapped ? 96 : 0);
  if (prefix < 0 || prefix > ip.bits) return undefined;
  const rest = BigInt(ip.bits - prefix);
  return (ip.value >> rest) << rest === ip.value ? { ip, prefix } : undefined;
}

/** Whether an address belongs to a network. IPv4 addresses belong to none of IPv6. */
export function isIn(ip: Ip, network: Network): boolean {
  if (ip.bits !== network.ip.bits) return false;
  const rest = BigInt(ip.bits - network.prefix);
  return ip.value >> rest === network.ip.value >> rest;
}

/** The IPv4 address that stands in some bits of an IPv6 address. @param at - how many bits follow it */
export const v4Inside = ({ value }: Ip, at: number): Ip => ({
  bits: 32,
  value: (value >> BigInt(at)) & 0xffff_ffffn,
});

const v4 = (text: string): Ip => ({
  bits: 32,
  value: text.split(".").reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n),
});

/** @param text - as the URL parser writes it: groups of hex digits, zeroes left out once at most */
function v6(text: string): Ip {
  const [left = [], right = []] = text.split("::").map((half) => half.split(":").filter(Boolean));
  const zeroes = Array.from({ length: 8 - left.length - right.length }, () => "0");
  const groups = [...left, ...zeroes, ...right];
  return { bits: 128, value: groups.reduce((sum, hex) => (sum << 16n) | BigInt(`0x${hex}`), 0n) };
}
