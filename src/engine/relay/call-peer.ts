import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { errnoOf } from "../../lib/errno-of.ts";
import { withOwnSignal } from "../../lib/own-signal.ts";
import { EgressError } from "../../net/egress-error.ts";
import { type EgressPolicy, notReachable, resolveAllowed } from "../../net/egress-policy.ts";
import { PeerError } from "./talk.ts";

/** Shorter than ffmpeg waits for its own connections, so that it is known what failed. */
const CALL_MS = 4_000;

/** A peer by its name. */
export type PeerPlace = { readonly host: string; readonly port: number; readonly isTls: boolean };

/** How peers are called. */
export type CallOptions = {
  /** Which addresses may be connected to. */
  readonly policy: EgressPolicy;
  /** What may sign their certificates: PEM texts; by default the runtime's own list. */
  readonly trusted?: () => Promise<readonly string[] | undefined>;
};

/**
 * Connects to a peer, at an address that was judged just now, and with its certificate verified for its name.
 *
 * @throws {PeerError}, the signal's reason
 */
export async function callPeer(
  place: PeerPlace,
  options: CallOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, isTls } = place;
  return withinLimit(options, signal, async (own) => {
    // All that takes time comes before the socket is there: nobody listens to its errors meanwhile, and those end the process on Deno.
    const secure = isTls ? await securing(host, options) : undefined;
    const socket = await connectToAny(place, options, own);
    socket.setNoDelay(true);
    return secure ? await secured(secure(socket), host, own) : socket;
  });
}

/**
 * The address of a peer that datagrams may be sent to, judged just now.
 *
 * @throws {PeerError}, the signal's reason
 */
export const resolvePeer = (
  { host, port }: Omit<PeerPlace, "isTls">,
  options: CallOptions,
  signal: AbortSignal,
): Promise<string> =>
  withinLimit(options, signal, async (own) => {
    const [first] = await resolveAllowed(options.policy, host, port, own);
    if (first) return first.address;
    throw new PeerError("it has no address");
  });

async function withinLimit<T>(
  { policy }: CallOptions,
  signal: AbortSignal,
  act: (own: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(CALL_MS);
  try {
    return await withOwnSignal([signal, limit], act);
  } catch (error) {
    signal.throwIfAborted();
    const shown = limit.aborted
      ? notReachable(policy, error, `it did not answer within ${CALL_MS / 1000} s`)
      : error;
    throw shown instanceof EgressError
      ? new PeerError(shown.state, false, { cause: shown })
      : shown;
  }
}

async function connectToAny(
  { host, port }: PeerPlace,
  { policy }: CallOptions,
  signal: AbortSignal,
): Promise<Socket> {
  let failure: unknown;
  for (const { address } of await resolveAllowed(policy, host, port, signal)) {
    const socket = connect({ host: address, port, allowHalfOpen: true });
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
  throw notReachable(policy, failure, state);
}

/** What begins TLS on a connection to a host. */
async function securing(
  host: string,
  { trusted }: CallOptions,
): Promise<(socket: Socket) => TLSSocket> {
  const [{ connect: secure }, ca] = await Promise.all([import("node:tls"), trusted?.()]);
  const options = {
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca && { ca: [...ca] }),
  };
  return (socket) => secure({ ...options, socket });
}

async function secured(socket: TLSSocket, host: string, signal: AbortSignal): Promise<Socket> {
  try {
    await once(socket, "secureConnect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
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
