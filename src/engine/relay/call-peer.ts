import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { errnoOf } from "../../lib/errno-of.ts";
import { withOwnSignal } from "../../lib/own-signal.ts";
import { PeerError } from "./talk.ts";

/** Shorter than ffmpeg waits for its own connections, so that it is known what failed. */
const CALL_MS = 4_000;

/** The one way to the addresses of a host: it is judged by the policy, and only what is returned is connected to. */
export type Resolve = (
  host: string,
  port: number,
  signal: AbortSignal,
) => Promise<readonly string[]>;

/** A peer by its name. */
export type PeerPlace = { readonly host: string; readonly port: number; readonly isTls: boolean };

/** How peers are called. */
export type CallOptions = {
  readonly resolve: Resolve;
  /** What may sign their certificates: PEM texts; by default the runtime's own list. */
  readonly trusted?: () => Promise<readonly string[] | undefined>;
};

/**
 * Connects to a peer, at an address that was judged just now, and with its certificate verified for its name.
 *
 * @throws {PeerError}, the signal's reason
 */
export async function callPeer(
  { host, port, isTls }: PeerPlace,
  { resolve, trusted }: CallOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const limit = AbortSignal.timeout(CALL_MS);
  try {
    return await withOwnSignal([signal, limit], async (own) => {
      const addresses = await resolve(host, port, own);
      const socket = await connectToAny(addresses, port, own);
      socket.setNoDelay(true);
      return isTls ? await secured(socket, host, await trusted?.(), own) : socket;
    });
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) throw new PeerError(`it did not answer within ${CALL_MS / 1000} s`);
    throw error;
  }
}

async function connectToAny(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  let failure: unknown;
  for (const host of addresses) {
    const socket = connect({ host, port, allowHalfOpen: true });
    try {
      await once(socket, "connect", { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      failure = error;
    }
  }
  const state =
    errnoOf(failure) === "ECONNREFUSED"
      ? "the connection was refused"
      : "no connection can be made";
  throw new PeerError(state, false, { cause: failure });
}

async function secured(
  socket: Socket,
  host: string,
  trusted: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const { connect: secure } = await import("node:tls");
  const options = {
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(trusted && { ca: [...trusted] }),
  };
  const secured = secure(options);
  try {
    await once(secured, "secureConnect", { signal });
    return secured;
  } catch (error) {
    secured.destroy();
    signal.throwIfAborted();
    throw (
      distrust(error, host) ??
      new PeerError("no TLS connection can be made", false, { cause: error })
    );
  }
}

/** What a certificate is refused for: OpenSSL's codes, and the words of Deno's TLS. */
const WRONG_NAME = /ALTNAME_INVALID|NotValidForName/;
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|certificate|UnknownIssuer/;

function distrust(error: unknown, host: string): PeerError | undefined {
  const text =
    error instanceof Error ? `${"code" in error ? error.code : ""} ${error.message}` : "";
  const state = WRONG_NAME.test(text)
    ? `its certificate is not one of "${host}"`
    : UNTRUSTED.test(text)
      ? "its certificate is not signed by an authority that is trusted here, or is out of date"
      : undefined;
  return state === undefined ? undefined : new PeerError(state, true, { cause: error });
}
