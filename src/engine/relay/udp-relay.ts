import type { Socket } from "node:dgram";
import { setTimeout as wait } from "node:timers/promises";
import { exchangeWith, receiveAt } from "./datagrams.ts";
import { PeerError } from "./talk.ts";
import { LOOPBACK, type Relay, type RelayListener } from "./tcp-relay.ts";

/** How often a peer is looked for that has no address, or none that may be sent to. */
const AGAIN_MS = 2_000;
/** ffmpeg sends more often; after so long another sender may be ffmpeg's next one. */
const SILENCE_MS = 5_000;

/** Where the datagrams go. */
export type UdpRelayOptions = RelayListener & {
  readonly resolve: (
    signal: AbortSignal,
  ) => Promise<{ readonly address: string; readonly port: number }>;
};

/** Passes datagrams on to a peer, of one sender at a time; what comes before the peer has an address is lost. */
export async function openUdpRelay(options: UdpRelayOptions): Promise<Relay> {
  const closing = new AbortController();
  const front = await receiveAt(LOOPBACK, 0);
  let back: Socket | undefined;
  let sender = 0;
  let heardMs = Number.NEGATIVE_INFINITY;
  front.on("message", (packet: Uint8Array, from: { readonly port: number }) => {
    const nowMs = performance.now();
    if (from.port !== sender && nowMs - heardMs > SILENCE_MS) sender = from.port;
    if (from.port !== sender) return;
    heardMs = nowMs;
    back?.send(packet);
  });
  const finding = findPeer(options, closing.signal).then((found) => {
    back = found;
  });
  return {
    port: front.address().port,
    close: async () => {
      closing.abort(new Error("the relay was closed"));
      await finding;
      back?.close();
      await new Promise<void>((resolve) => front.close(() => resolve()));
    },
  };
}

/** @returns undefined once the relay is closed */
async function findPeer(
  { resolve, onFailure, onReached }: UdpRelayOptions,
  signal: AbortSignal,
): Promise<Socket | undefined> {
  while (!signal.aborted) {
    try {
      const { address, port } = await resolve(signal);
      const socket = await exchangeWith(address, port);
      onReached();
      return socket;
    } catch (error) {
      if (signal.aborted) return undefined;
      onFailure(error instanceof PeerError ? error : new PeerError("nothing can be sent to it"));
      await wait(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}
