import { canonicalHost } from "./host.ts";
import { type Network, parseNetwork } from "./ip.ts";

/** An entry of a list of hosts and networks: a host by its name, all hosts below a name, or the addresses of a network. */
export type EgressRule = {
  /** As the list has it. */
  readonly shown: string;
  readonly place:
    | { readonly name: string }
    | { readonly suffix: string }
    | { readonly network: Network };
  /** This port alone; every port if absent. */
  readonly port?: number;
};

/** Reads a list of hosts and networks, separated by commas or spaces; nothing if an entry is none of them. */
export function parseRules(text: string): readonly EgressRule[] | undefined {
  const rules = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(parseRule);
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

function parseRule(shown: string): EgressRule | undefined {
  const { place: text, port } = portApart(shown);
  const place = placeOf(text);
  if (!place || (port !== undefined && !(port >= 1 && port <= 65_535))) return undefined;
  return { shown, place, ...(port !== undefined && { port }) };
}

/** `[…]:443` or `…:443`; the colons of an IPv6 address without brackets belong to it. */
function portApart(text: string): { readonly place: string; readonly port?: number } {
  const [, inside, digits] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? [];
  if (inside !== undefined)
    return { place: inside, ...(digits !== undefined && { port: Number(digits) }) };
  const [, before, after] = /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
  return before === undefined ? { place: text } : { place: before, port: Number(after) };
}

function placeOf(text: string): EgressRule["place"] | undefined {
  const network = parseNetwork(text);
  if (network) return { network };
  const [, star, rest = ""] = /^(\*\.)?([^*/]+)$/.exec(text) ?? [];
  const host = canonicalHost(rest);
  // An address in another form than the usual one is a mistake rather than a name.
  if (host === undefined || parseNetwork(host)) return undefined;
  return star === undefined ? { name: host } : { suffix: `.${host}` };
}
