/** What would end a host in an address, or belongs to nothing in one. */
const NO_HOST = /[\s/?#@\\%<>^|\p{Cc}]/u;

/**
 * A host as it is compared and looked up, whatever way it was written: names in lower case, in ASCII, without the dot of the root;
 * addresses in their usual form (`0x7f.1` is 127.0.0.1), those of IPv6 without brackets; nothing if it is no host. By the URL parser of
 * the runtime, as browsers do it.
 */
export function canonicalHost(host: string): string | undefined {
  if (NO_HOST.test(host)) return undefined;
  const isBareV6 = host.includes(":") && !/^\[.*\]$/.test(host);
  const hostname = URL.parse(`http://${isBareV6 ? `[${host}]` : host}/`)?.hostname;
  return hostname?.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "") || undefined;
}
