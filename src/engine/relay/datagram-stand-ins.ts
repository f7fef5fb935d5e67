import { isIP } from "node:net";
import { percentDecoded } from "../../lib/percent-decoded.ts";
import { type CallOptions, resolvePeer } from "./call-peer.ts";
import { ANY_ADDRESS, freeDatagramPort } from "./datagrams.ts";
import { srtParts } from "./srt/srt-parts.ts";
import { openSrtRelay } from "./srt/srt-relay.ts";
import { newSecret, noting, type StandIn, type StandInOptions } from "./stand-in.ts";
import { PeerError } from "./talk.ts";
import { LOOPBACK } from "./tcp-relay.ts";
import { openUdpRelay } from "./udp-relay.ts";

/**
 * A caller of SRT calls its peer through a relay. A listener is called through one if it has a passphrase, else peers call ffmpeg
 * itself: nothing of it is secret, and it calls nobody.
 */
export async function standInForSrt(standIn: StandIn, options: CallOptions): Promise<void> {
  const { host, port, options: given } = srtParts(standIn.url);
  const { passphrase: writtenPhrase, streamid: writtenId, ...plain } = given;
  const [passphrase, streamId] = [decoded(writtenPhrase), decoded(writtenId)];
  const isListener = plain["mode"] === "listener";
  if (isListener && passphrase === undefined) return;
  const own = {
    ...(passphrase !== undefined && { passphrase: newSecret() }),
    ...(!isListener && { streamId: newSecret() }),
  };
  const real = {
    ...(passphrase !== undefined && { passphrase }),
    ...(streamId !== undefined && { streamId }),
  };
  const ownPort = isListener ? await freeDatagramPort() : 0;
  const relay = await openSrtRelay({
    ...noting(standIn),
    ...(isListener
      ? {
          at: { address: host || ANY_ADDRESS, port },
          resolve: async () => ({ address: LOOPBACK, port: ownPort }),
          caller: real,
          called: own,
        }
      : {
          at: { address: LOOPBACK, port: 0 },
          resolve: async (signal) => ({
            address: await resolvePeer({ host, port }, options, signal),
            port,
          }),
          caller: own,
          called: real,
          admits: own.streamId ?? "",
        }),
  });
  standIn.relay = relay;
  const said = {
    ...plain,
    ...(own.passphrase !== undefined && { passphrase: own.passphrase }),
    ...(own.streamId !== undefined && { streamid: own.streamId }),
  };
  const query = Object.entries(said).map(([name, value]) => `${name}=${value}`);
  standIn.ownUrl = `srt://${LOOPBACK}:${isListener ? ownPort : relay.port}?${query.join("&")}`;
}

/** A value of an option as FFmpeg since 6 reads it. */
const decoded = (value: string | undefined): string | undefined =>
  value && percentDecoded(value.replaceAll("+", " "));

/**
 * A UDP source is listened for: a group is joined if it may be reached, and any other host says nothing that matters, so that no name
 * is resolved.
 */
export async function standInForUdpSource(standIn: StandIn, options: CallOptions): Promise<void> {
  const { host, port } = srtParts(standIn.url);
  if (isIP(host) === 0 || !MULTICAST.test(host))
    standIn.ownUrl = elsewhere(standIn.url, isIP(host) === 0 ? "" : host, port);
  else await resolvePeer({ host, port }, options, new AbortController().signal);
}

/** An address that may be sent to is sent to by ffmpeg itself, which cannot be led elsewhere. A name has a relay. */
export async function standInForUdpTarget(
  standIn: StandIn,
  { onUdp, ...options }: StandInOptions,
): Promise<void> {
  const { host, port } = srtParts(standIn.url);
  const resolve = async (signal: AbortSignal) => ({
    address: await resolvePeer({ host, port }, options, signal),
    port,
  });
  if (isIP(host) !== 0 && (await isReachable(resolve))) return;
  const { onFailure, onReached } = noting(standIn);
  const relay = await openUdpRelay({
    resolve,
    onFailure: (error) => {
      onFailure(error);
      onUdp?.(standIn.url, error);
    },
    onReached: () => {
      onReached();
      onUdp?.(standIn.url, undefined);
    },
  });
  standIn.relay = relay;
  standIn.ownUrl = elsewhere(standIn.url, LOOPBACK, relay.port);
}

async function isReachable(resolve: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
  try {
    await resolve(new AbortController().signal);
    return true;
  } catch (error) {
    if (error instanceof PeerError) return false;
    throw error;
  }
}

/** Groups of IPv4 and of IPv6. */
const MULTICAST = /^(?:2(?:2[4-9]|3\d)\.|ff[0-9a-f]{2}:)/i;

/** The same address with another host and port. */
function elsewhere(url: string, host: string, port: number): string {
  const query = url.includes("?") ? url.slice(url.indexOf("?")) : "";
  return `udp://${host.includes(":") ? `[${host}]` : host}:${port}${query}`;
}
