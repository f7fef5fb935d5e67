import { LIVE_SCHEMES } from "../plan/live/live-protocols.ts";

/** The protocols of addresses that are told apart; the label of a metric takes no other value. */
const PROTOCOLS: readonly string[] = ["file", "http", "https", "s3", ...LIVE_SCHEMES];

/** The protocol of an address as a label: a plain path is a file. */
export function protocolOf(url: string): string {
  const [, protocol = "file"] = /^([a-z][a-z0-9+.-]*):/i.exec(url) ?? [];
  const name = protocol.toLowerCase();
  return PROTOCOLS.includes(name) ? name : "other";
}
