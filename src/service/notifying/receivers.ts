import { percentDecoded } from "../../lib/percent-decoded.ts";

/** How long the address of a receiver may be: the longest that common servers take in a request line. */
export const RECEIVER_CHARACTERS_MAX = 2048;
/** What the URL standard would repair, so that an address could be taken for another one. */
const REPAIRED = /[\s\\"'\p{Cc}]/u;

/** Why an address is none that notifications can be sent to; nothing if it is one. */
export function receiverFault(url: string): string | undefined {
  if (url.length > RECEIVER_CHARACTERS_MAX)
    return `it is longer than ${RECEIVER_CHARACTERS_MAX} characters`;
  if (!/^https?:\/\/[^/?#]/i.test(url)) return "it does not begin with http:// or https://";
  if (REPAIRED.test(url) || !url.isWellFormed())
    return "it holds a space, a quotation mark, a backslash or a control character";
  const parsed = URL.parse(url);
  if (!parsed) return "it is no URL with a host";
  if (parsed.port === "0") return "there is no port 0";
  if (url.includes("#")) return "it has a fragment, which is never sent";
  const user = `${percentDecoded(parsed.username)}${percentDecoded(parsed.password)}`;
  return /\p{Cc}/u.test(user) ? "its user info holds control characters" : undefined;
}

/** The same however the address is written, as for targets. */
export function receiverKey(url: string): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href;
}

/** As Standard Webhooks has it: 24 to 64 bytes. */
const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/** Whether a text is a secret that notifications can be signed with. */
export const isWebhookSecret = (text: string): boolean => {
  const bytes = Buffer.from(SECRET.exec(text)?.[1] ?? "", "base64").length;
  return bytes >= 24 && bytes <= 64;
};
