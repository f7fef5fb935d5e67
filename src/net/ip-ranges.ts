import { type Ip, isIn, parseNetwork, v4Inside } from "./ip.ts";

/** Who can be behind an address: anybody, a neighbour of the private network, or nobody that a caller has business with. */
export type Reach = "public" | "private" | "special";

type Range = { readonly networks: readonly string[]; readonly name: string; readonly reach: Reach };

/**
 * What the ranges of addresses are for; the first that holds an address counts.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const RANGES: readonly Range[] = [
  // Clouds hand out credentials there. 169.254.169.254 and its like are link-local.
  {
    networks: ["100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::/32", "fd20:ce::254"],
    name: "metadata",
    reach: "special",
  },
  { networks: ["0.0.0.0/8", "::"], name: "unspecified", reach: "special" },
  { networks: ["127.0.0.0/8", "::1"], name: "loopback", reach: "special" },
  { networks: ["169.254.0.0/16", "fe80::/10"], name: "link-local", reach: "special" },
  { networks: ["224.0.0.0/4", "ff00::/8"], name: "multicast", reach: "special" },
  { networks: ["255.255.255.255"], name: "broadcast", reach: "special" },
  {
    networks: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
    name: "private",
    reach: "private",
  },
  // Between a provider and its customers, and in overlay networks.
  { networks: ["100.64.0.0/10"], name: "shared", reach: "private" },
  {
    networks: [
      "192.0.0.0/24",
      "192.0.2.0/24",
      "192.31.196.0/24",
      "192.52.193.0/24",
      "192.88.99.0/24",
      "192.175.48.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "240.0.0.0/4",
      // Teredo, benchmarks, ORCHID and more; documentation; 6to4; direct delegation of AS112.
      "2001::/23",
      "2001:db8::/32",
      "2002::/16",
      "2620:4f:8000::/48",
      "3fff::/20",
    ],
    name: "reserved",
    reach: "special",
  },
  // NAT64: the address inside it is judged as well.
  { networks: ["0.0.0.0/0", "2000::/3", "64:ff9b::/96"], name: "public", reach: "public" },
  { networks: ["::/0"], name: "reserved", reach: "special" },
];

const KNOWN = RANGES.flatMap(({ networks, name, reach }) =>
  networks.map((text) => ({ network: networkOf(text), name, reach })),
);

/** What an address is for. */
export function rangeOf(ip: Ip): { readonly name: string; readonly reach: Reach } {
  const range = KNOWN.find(({ network }) => isIn(ip, network));
  if (!range) throw new Error("the table of ranges has no row for an address");
  return range;
}

/** Where addresses of IPv6 carry addresses of IPv4, by how many bits follow them. */
const CARRIERS = [
  // IPv4-compatible, NAT64, translated (SIIT), 6to4.
  { network: networkOf("::/96"), at: 0 },
  { network: networkOf("64:ff9b::/96"), at: 0 },
  { network: networkOf("::ffff:0:0:0/96"), at: 0 },
  { network: networkOf("2002::/16"), at: 80 },
];
const TEREDO = networkOf("2001::/32");

/** Every address that a packet to this one may end at, whatever translates it on its way. */
export function meaningsOf(ip: Ip): readonly Ip[] {
  if (ip.bits === 32) return [ip];
  if (isIn(ip, TEREDO)) return [ip, v4Inside(ip, 64), inverted(v4Inside(ip, 0))];
  const carrier = CARRIERS.find(({ network }) => isIn(ip, network));
  if (carrier) return [ip, v4Inside(ip, carrier.at)];
  return isIsatap(ip) ? [ip, v4Inside(ip, 0)] : [ip];
}

/** Teredo hides the client's address from devices that rewrite what looks like one. */
const inverted = ({ bits, value }: Ip): Ip => ({ bits, value: value ^ 0xffff_ffffn });

/** @see https://www.rfc-editor.org/rfc/rfc5214#section-6.1 */
const isIsatap = ({ value }: Ip): boolean => ((value >> 32n) & 0xfdff_ffffn) === 0x5efen;

function networkOf(text: string) {
  const network = parseNetwork(text);
  if (!network) throw new Error(`the table of ranges holds ${text}`);
  return network;
}
