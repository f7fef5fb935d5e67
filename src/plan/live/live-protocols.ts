import type { Written } from "../../profile/containers.ts";
import type { Capabilities } from "../plan.ts";

/** The containers that live protocols carry. `rtsp` has no container: it carries the packets of each codec. */
export type LiveContainer = Extract<Written, "flv" | "mpegts"> | "rtsp";

/** A protocol of live addresses, in ffmpeg's names. */
export type LiveProtocol = {
  readonly container: LiveContainer;
  /** The muxer. */
  readonly format: string;
  /**
   * The demuxer; it is pinned, so that a stream is never read as a playlist. `live_flv` is `flv` that continues when time stamps begin
   * anew, while those of `flv` then stand still.
   */
  readonly demuxer: string;
  /** The protocols below it, its own first: the engine must have the first, and a source may open only these. */
  readonly protocols: readonly string[];
};

const PROTOCOLS = {
  rtmp: { container: "flv", format: "flv", demuxer: "live_flv", protocols: ["rtmp", "tcp"] },
  // By TLS as far as the peer, which is not ffmpeg's part.
  rtmps: { container: "flv", format: "flv", demuxer: "live_flv", protocols: ["rtmp", "tcp"] },
  srt: { container: "mpegts", format: "mpegts", demuxer: "mpegts", protocols: ["srt"] },
  rtsp: { container: "rtsp", format: "rtsp", demuxer: "rtsp", protocols: ["tcp"] },
  udp: { container: "mpegts", format: "mpegts", demuxer: "mpegts", protocols: ["udp"] },
} as const satisfies Record<string, LiveProtocol>;

/** A scheme of live addresses. */
export type LiveScheme = keyof typeof PROTOCOLS;

/** The format by which sent bytes are counted; for RTSP, which has no container, the one with the least overhead. */
export const countedAs = (format: string): string => (format === "rtsp" ? "nut" : format);

/** All schemes of live addresses. */
export const LIVE_SCHEMES = Object.keys(PROTOCOLS) as readonly LiveScheme[];

/** The protocol of a live scheme. */
export const protocolOf = (scheme: LiveScheme): LiveProtocol => PROTOCOLS[scheme];

/** An address that is known to be that of a live stream, or of files. */
export type MaybeLive = {
  /** As the caller wrote it. */
  readonly url: string;
  /** The protocol of the live stream; absent for files. */
  readonly live?: LiveProtocol;
};

/** The address of a live stream. */
export type LiveStream = Required<MaybeLive>;

/** The live protocol of an address; undefined if files are there. */
export function liveProtocolOf(url: string): LiveProtocol | undefined {
  const schemeEnd = url.indexOf("://");
  if (schemeEnd < 0) return undefined;
  const scheme = url.slice(0, schemeEnd).toLowerCase();
  const known = LIVE_SCHEMES.find((each) => each === scheme);
  return known && PROTOCOLS[known];
}

/** What the engine lacks for a live address, as the end of a sentence; undefined if it lacks nothing. */
export function liveLack(
  { protocols, format }: LiveProtocol,
  side: "source" | "target",
  capabilities: Capabilities,
): string | undefined {
  const [own = ""] = protocols;
  if (!capabilities.protocols.includes(own))
    return `the ${capabilities.engine} engine here has no protocol ${own}`;
  const muxers = side === "source" ? [] : [format, countedAs(format), "tee", "fifo"];
  const lost = muxers.find((muxer) => !capabilities.muxers.includes(muxer));
  return lost && `the ${capabilities.engine} engine here has no muxer ${lost}`;
}
