import { isAbsolute } from "node:path";
import {
  type EgressLists,
  isBucketEntry,
  isHostEntry,
  isUrlEntry,
  type Reach,
  type ReachLists,
} from "../lib/reach.ts";
import { parseRules } from "../net/egress-rules.ts";

/** What the entries of a list are: the check of one, and what is said of others. */
export type ReachEntries = { readonly isEntry: (text: string) => boolean; readonly must: string };

/** The lists of a client that may be one for sources and targets alike, or one for each. */
export const REACH_ENTRIES = {
  roots: { isEntry: isAbsolute, must: "must be absolute paths of folders" },
  buckets: { isEntry: isBucketEntry, must: "must be names of buckets, with a folder or without" },
  hosts: { isEntry: isHostEntry, must: "must be hosts: name, name:port, *.name, or :port" },
  urls: {
    isEntry: isUrlEntry,
    must: "must be addresses with a scheme and a host, without a query",
  },
} as const satisfies { readonly [F in keyof ReachLists]: ReachEntries };

/** The lists of servers, which sources and targets share. */
export const SERVER_ENTRIES: ReachEntries = {
  isEntry: (text) => parseRules(text)?.length === 1,
  must: "must be hosts, addresses and networks, each with a port if wanted",
};

type Field = keyof typeof REACH_ENTRIES;
type List = readonly string[];
type Sides = { readonly sources?: List | undefined; readonly targets?: List | undefined };

/** What a client may read and write, by the fields that config and calls have for it. */
export type ReachFields = { readonly [F in Field]?: List | Sides | undefined } & {
  readonly egress_allow?: List | undefined;
  readonly egress_deny?: List | undefined;
};

const FIELDS = Object.keys(REACH_ENTRIES) as readonly Field[];

/** What a client may read and write; null if no field limits it. */
export function reachOf(given: ReachFields): Reach | null {
  const source = listsOf(given, "sources");
  const target = listsOf(given, "targets");
  const egress = egressOf(given);
  if (Object.keys({ ...source, ...target, ...egress }).length === 0) return null;
  return { source, target, ...(egress && { egress }) };
}

/** The same back: a list for each side. */
export function reachFields(reach: Reach | null): ReachFields {
  if (!reach) return {};
  const { source, target, egress } = reach;
  const lists = FIELDS.flatMap((field) => {
    const sides = {
      ...(source[field] && { sources: source[field] }),
      ...(target[field] && { targets: target[field] }),
    };
    return Object.keys(sides).length > 0 ? [[field, sides] as const] : [];
  });
  return {
    ...Object.fromEntries(lists),
    ...(egress?.allow && { egress_allow: egress.allow }),
    ...(egress?.deny && { egress_deny: egress.deny }),
  };
}

function egressOf({ egress_allow: allow, egress_deny: deny }: ReachFields) {
  if (!allow && !deny) return undefined;
  const lists: EgressLists = { ...(allow && { allow }), ...(deny && { deny }) };
  return lists;
}

function listsOf(given: ReachFields, side: keyof Sides): ReachLists {
  const lists = FIELDS.flatMap((field) => {
    const value = given[field];
    const list = value && "length" in value ? value : value?.[side];
    return list ? [[field, list] as const] : [];
  });
  return Object.fromEntries(lists);
}
