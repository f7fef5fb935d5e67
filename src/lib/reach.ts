import { percentDecoded } from "./percent-decoded.ts";

/** What a client may read, or write. A list that is absent limits nothing, an empty one allows nothing. */
export type ReachLists = {
  /** Absolute paths of folders. */
  readonly roots?: readonly string[];
  /** `bucket`, or `bucket/folder`. */
  readonly buckets?: readonly string[];
  /** `host`, `host:port`, `*.host`, or `:port` for what this machine listens at. */
  readonly hosts?: readonly string[];
  /** Addresses that others begin with; they are allowed beside `hosts`. */
  readonly urls?: readonly string[];
};

/** Servers that a client has beside the policy of the service, or has not; entries as in `PONTUS_EGRESS_ALLOW`. */
export type EgressLists = { readonly allow?: readonly string[]; readonly deny?: readonly string[] };

/** What a client may use as a source, and what as a target; and the servers of both. */
export type Reach = {
  readonly source: ReachLists;
  readonly target: ReachLists;
  readonly egress?: EgressLists;
};

/** An address in its parts; `host` is empty where this machine listens. */
type Parts = {
  readonly scheme: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly path: string;
};

const PARTS =
  /^([a-z][a-z0-9+-]*):(?:\/\/)?(\[[^\]]*\]|[^/?:]*)(?::(\d{1,5}))?(\/[^?]*)?(?:\?.*)?$/is;
const LISTENER = /^[a-z]+-listener:(\d{1,5})$/;
const HOST = /^(\*\.)?(\[[^\]]+\]|[^/?#@:\s*]*)(?::(\d{1,5}))?$/;
const PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  rtmp: 1935,
  rtmps: 443,
  rtsp: 554,
};
/** Servers that decode twice are rare, more often there is none. */
const DECODINGS_MAX = 4;
/** What some server takes for a step up; `..;x` is one to those that know parameters of paths. */
const STEP = /^\.{1,2}(;|$)/;

/**
 * Whether an address lies within lists. Those of files do not matter here: a path is judged by the storage, which knows what it
 * leads to.
 *
 * @param key - as storages give it: the same however the address is written
 */
export function isReached({ buckets, hosts, urls }: ReachLists, key: string): boolean {
  if (key.startsWith("file:")) return true;
  if (key.startsWith("s3://"))
    return buckets?.some((each) => isBelow(namesIn(each), namesIn(key.slice(5)))) ?? true;
  if (!hosts && !urls) return true;
  const parts = partsOf(key);
  if (!parts) return false;
  return [
    ...(hosts ?? []).map((each) => isHost(each, parts)),
    ...(urls ?? []).map((each) => isBelowUrl(each, parts)),
  ].includes(true);
}

/** Whether a text may stand in a list of hosts. */
export const isHostEntry = (text: string): boolean => {
  const [, star = "", name = "", port] = HOST.exec(text) ?? [];
  if (name === "") return star === "" && port !== undefined;
  return canonicalHost(name) !== undefined;
};

/** Whether a text may stand in a list of addresses that others begin with. */
export const isUrlEntry = (text: string): boolean => {
  const parts = partsOf(text);
  return (
    parts !== undefined &&
    parts.host !== "" &&
    /^[a-z]+:\/\/[^?#@\s\\]+$/i.test(text) &&
    isPlain(namesIn(parts.path))
  );
};

/** Whether a text may stand in a list of buckets. */
export const isBucketEntry = (text: string): boolean =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/.test(text) && isPlain(namesIn(text));

function partsOf(key: string): Parts | undefined {
  const listener = LISTENER.exec(key)?.[1];
  if (listener !== undefined) return { scheme: "srt", host: "", port: Number(listener), path: "" };
  const [, named = "", host = "", digits, path = ""] = PARTS.exec(key) ?? [];
  const scheme = named.toLowerCase();
  if (scheme === "") return undefined;
  const port = digits === undefined ? PORTS[scheme] : Number(digits);
  const canonical = host === "" ? "" : canonicalHost(host);
  return canonical === undefined ? undefined : { scheme, host: canonical, port, path };
}

/** Names in lower case, without the dot of the root; addresses in their usual form, those of IPv6 in brackets. */
const canonicalHost = (host: string): string | undefined =>
  URL.parse(`http://${host}/`)?.hostname.replace(/\.$/, "") || undefined;

function isHost(entry: string, { host, port }: Parts): boolean {
  const [, star, name = "", digits] = HOST.exec(entry) ?? [];
  if (digits !== undefined && Number(digits) !== port) return false;
  if (name === "" || host === "") return name === host;
  const wanted = canonicalHost(name);
  if (wanted === undefined) return false;
  return star === undefined ? host === wanted : host.endsWith(`.${wanted}`);
}

function isBelowUrl(entry: string, { scheme, host, port, path }: Parts): boolean {
  const from = partsOf(entry);
  if (!from || from.scheme !== scheme || from.host !== host || from.port !== port) return false;
  return isPlain(namesIn(path)) && isBelow(segmentsOf(from.path), segmentsOf(path));
}

/** The names in a path; a slash at the end names nothing. */
const namesIn = (path: string): readonly string[] =>
  path.replace(/^\//, "").replace(/\/$/, "").split("/");

/** The same, decoded. An object store decodes nothing. */
const segmentsOf = (path: string): readonly string[] => namesIn(path).map(percentDecoded);

const isBelow = (folder: readonly string[], path: readonly string[]): boolean =>
  folder.every((name, at) => name === path[at] || (name === "" && folder.length === 1));

/** Whether no server can take one of the names for a step up or for two, however often it decodes them. */
const isPlain = (segments: readonly string[]): boolean =>
  segments.every((segment) => {
    let name = segment;
    for (let left = DECODINGS_MAX; left > 0; left--) {
      if (STEP.test(name) || /[/\\\0]/.test(name)) return false;
      const decoded = asciiDecoded(name);
      if (decoded === name) return true;
      name = decoded;
    }
    return false;
  });

/** What a server makes of a name that decodes byte by byte, whatever the other bytes are. */
const asciiDecoded = (name: string): string =>
  name.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
