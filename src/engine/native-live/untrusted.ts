import type { LogLine } from "./live-changes.ts";

/** What ffmpeg logs about a certificate that it does not accept, built with GnuTLS and with OpenSSL. */
const UNTRUSTED =
  /Peer certificate failed verification|The certificate's owner does not match hostname \S+|certificate verify failed/;
/** Logged next, by the protocol above. */
const UNOPENED = /^Cannot open connection tls:\/\/(\S+)/;

/** Why a server is not trusted, from the log of ffmpeg: another try does not help. Undefined if it does not say so. */
export const distrustIn = (text: string): string | undefined => UNTRUSTED.exec(text)?.[0];

const hostOf = (url: string): string => {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || "443"}`;
};

/** Makes a reader of a live run's log that knows which servers' certificates were refused when they were last called. */
export function createTrustReader() {
  const refused = new Map<string, string>();
  /** Not told of a host yet: of two targets called at one time both may be said before either is told. */
  const said: string[] = [];
  return {
    read({ context, text }: LogLine): void {
      const distrust = context === "tls" ? distrustIn(text) : undefined;
      if (distrust !== undefined) said.push(distrust);
      const host = UNOPENED.exec(text)?.[1];
      if (host === undefined) return;
      const why = said.shift();
      if (why === undefined) refused.delete(host);
      else refused.set(host, why);
    },
    /** Why the certificate of the server of an address is refused. */
    refusalOf: (url: string): string | undefined =>
      url.startsWith("rtmps:") ? refused.get(hostOf(url)) : undefined,
  };
}
