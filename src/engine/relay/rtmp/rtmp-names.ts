import type { PeerPlace } from "../call-peer.ts";

/** What the parts of an RTMP address are called in its commands. */
export type RtmpNames = { readonly app: string; readonly tcUrl: string; readonly stream: string };

const PORTS: Readonly<Record<string, number>> = { rtmp: 1935, rtmps: 443 };
const PARTS = /^([a-z]+):\/\/(?:[^/?@]*@)?(\[[^\]]*\]|[^/?:]*)(?::(\d+))?(.*)$/is;

/**
 * The names that ffmpeg derives from an RTMP address: the first one or two folders are the application, the rest is the
 * stream with its query.
 */
export function rtmpNames(url: string): RtmpNames {
  const [, written = "", host = "", port, rest = ""] = PARTS.exec(url) ?? [];
  const scheme = written.toLowerCase();
  const { app, stream } = partsOf(rest);
  const authority = `${host}:${port ?? PORTS[scheme]}`;
  return { app, tcUrl: `${scheme}://${authority}/${app}`, stream: streamName(stream) };
}

/** Where the peer of an RTMP address is. */
export function rtmpPlace(url: string): PeerPlace {
  const [, written = "", host = "", port] = PARTS.exec(url) ?? [];
  const scheme = written.toLowerCase();
  return {
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port ?? PORTS[scheme]),
    isTls: scheme === "rtmps",
  };
}

function partsOf(rest: string): { readonly app: string; readonly stream: string } {
  const list = /^[^?]*\?.*?slist=([^&]*)/s.exec(rest);
  if (list) return { app: rest.slice(1), stream: list[1] ?? "" };
  const onDemand = /^\/ondemand\/(.*)$/s.exec(rest);
  if (onDemand) return { app: "ondemand", stream: onDemand[1] ?? "" };
  const first = rest.indexOf("/", 1);
  const second = rest.indexOf("/", first + 1);
  const colon = rest.indexOf(":", first + 1);
  // A colon belongs to a stream such as "mp4:a/b".
  const end = second < 0 || (colon >= 0 && colon < second) ? first : second;
  return { app: rest.slice(1, end), stream: rest.slice(end + 1) };
}

/** Files on a server are asked for by their kind. */
function streamName(name: string): string {
  if (!name.includes(":") && /\.(?:f4v|mp4)$/.test(name)) return `mp4:${name}`;
  return name.replace(/\.flv$/, "");
}
