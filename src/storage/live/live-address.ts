import { parseIp } from "../../net/ip.ts";
import { LIVE_SCHEMES, type LiveScheme } from "../../plan/live/live-protocols.ts";
import { refuserOf, schemeAmong, shownAddress } from "../addresses.ts";
import type { Side } from "../storage.ts";

/** A live address in its parts; `query` without `?`. */
export type LiveAddress = {
  readonly scheme: LiveScheme;
  /** Lower case; empty for every interface. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly query: string;
};

const PORTS: Partial<Record<LiveScheme, number>> = { rtmp: 1935, rtmps: 443, rtsp: 554 };

/** Longer than any stream key, and than what SRT allows a stream id. */
const LENGTH_MAX = 2_000;
const UNSAFE = /[\s\p{Cc}\u2028\u2029\\"'`<>|#[\]{}]/u;
const BRACKETED = /^\[[0-9a-f:.]+\]$/i;
const PARTS =
  /^[a-z]+:\/\/(?:[^/?@]*@)?(\[[^\]]*\]|[^/?:@]*)(?::(\d{1,5}))?(\/[^?]*)?(?:\?(.*))?$/i;

/** What ffmpeg reads from the query itself: only what is known here is let through to it. */
const OPTIONS: Partial<Record<LiveScheme, readonly string[]>> = {
  srt: "mode latency passphrase pbkeylen streamid maxbw pkt_size".split(" "),
  udp: "pkt_size ttl localaddr buffer_size fifo_size reuse".split(" "),
};
const OPTION_VALUE = /^[\w.,:=!%+/-]{1,512}$/;

/**
 * Reads a live address: `rtmp://host/app/stream`, `srt://host:port?mode=caller`, `rtsp://host/path`, `udp://host:port`.
 *
 * ffmpeg gets it unchanged, so characters that ffmpeg or its list of outputs would read differently are refused: quotes, blanks,
 * backslashes, bars, options that are not known here.
 *
 * @throws {TaskError} `invalid_parameter`, `input_not_supported` or `output_not_supported` (another scheme)
 */
export function readLiveAddress(url: string, side: Side): LiveAddress {
  const shown = shownAddress(url);
  const refuse = refuserOf(shown);

  const scheme = schemeAmong(LIVE_SCHEMES, url, side, shown);
  if (url.length > LENGTH_MAX) throw refuse(`it is longer than ${LENGTH_MAX} characters`);
  const parts = PARTS.exec(url);
  if (!parts) throw refuse("it is no URL with a host");
  const [, named = "", digits, path = "", query = ""] = parts;
  if (UNSAFE.test(url.replace(named, "")))
    throw refuse(
      "it holds a blank, a quotation mark or another character that must be percent-encoded",
    );
  if (/[[\]]/.test(named) ? !BRACKETED.test(named) : !/^[\w.-]*$/.test(named))
    throw refuse("its host is no name and no IP address");
  const port = digits === undefined ? PORTS[scheme] : Number(digits);
  if (port === undefined) throw refuse("it names no port");
  if (port < 1 || port > 65_535) throw refuse(`there is no port ${port}`);
  const address = { scheme, host: named.toLowerCase(), port, path, query };
  const fault = faultOf(address, side);
  if (fault !== undefined) throw refuse(fault);
  return address;
}

function faultOf(address: LiveAddress, side: Side): string | undefined {
  const { scheme, host, path, query } = address;
  const fault = optionFault(scheme, query);
  if (fault !== undefined) return fault;
  const mayBeOurs = isListener(address) || (scheme === "udp" && side === "source");
  if (host === "" && !mayBeOurs) return "it names no host";
  if (scheme === "rtmp" || scheme === "rtmps")
    return /^\/[^/]+\/[^/]/.test(path)
      ? undefined
      : "it names no application and stream: /app/stream";
  if ((scheme === "srt" || scheme === "udp") && path !== "" && path !== "/")
    return `a path means nothing in ${scheme}`;
  return undefined;
}

function optionFault(scheme: LiveScheme, query: string): string | undefined {
  const known = OPTIONS[scheme];
  if (!known || query === "") return undefined;
  const seen = new Set<string>();
  for (const pair of query.split("&")) {
    const [name = "", ...rest] = pair.split("=");
    if (!known.includes(name)) return `"${name.slice(0, 40)}" is none of ${known.join(", ")}`;
    if (seen.has(name)) return `it says ${name} twice`;
    if (!OPTION_VALUE.test(rest.join("="))) return `the value of ${name} cannot be used`;
    if (name === "mode" && !["caller", "listener"].includes(rest.join("=")))
      return "mode is caller or listener";
    if (name === "localaddr" && !parseIp(rest.join("="))) return "localaddr is no IP address";
    seen.add(name);
  }
  return undefined;
}

/** Whether an SRT address waits for its peer rather than calling it. */
export const isListener = ({ scheme, query }: LiveAddress): boolean =>
  scheme === "srt" && query.split("&").includes("mode=listener");

/** The same stream always has the same key: no default port left out, no user info, no options that do not name it. */
export function liveKeyOf(address: LiveAddress): string {
  const { scheme, host, port, path, query } = address;
  if (scheme === "udp") return `udp://${host}:${port}`;
  if (scheme !== "srt") return `${scheme}://${host}:${port}${path}${query && `?${query}`}`;
  if (isListener(address)) return `srt-listener:${port}`;
  const stream = query.split("&").find((pair) => pair.startsWith("streamid="));
  return `srt://${host}:${port}${stream ? `?${stream}` : ""}`;
}
