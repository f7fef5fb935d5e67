import { isDeepStrictEqual } from "node:util";
import type { Client } from "../store.ts";

/** What is known of a client that the config names: what the config said before, what it says now, and the record as it stands. */
export type Seeded = { readonly before: Client; readonly now: Client; readonly record: Client };

/**
 * The record of a client after a start: what the config has changed goes before what calls have changed, and all else stays. A pair of
 * keys is changed as one.
 */
export function mergeSeed({ before, now, record }: Seeded): Client {
  const hasChanged = (field: keyof Client) => !isDeepStrictEqual(before[field], now[field]);
  const fields = (Object.keys(now) as (keyof Client)[]).filter(hasChanged);
  const hasNewKeys = fields.includes("publicKey") || fields.includes("privateKey");
  const { publicKey, privateKey } = now;
  return {
    ...record,
    ...Object.fromEntries(fields.map((field) => [field, now[field]])),
    ...(hasNewKeys && { publicKey, privateKey }),
  };
}
