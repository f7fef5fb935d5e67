import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type CallOptions, callPeer, type PeerPlace } from "./call-peer.ts";
import { type Passed, PeerError, type Talk } from "./talk.ts";

/** ffmpeg makes one connection at a time, and may make the next before the last is gone. */
const CONNECTIONS_MAX = 8;
/** How long ffmpeg may take to say who it is, and the other side to close once one has. */
const PATIENCE_MS = 5_000;
/** Where relays listen: nobody but this machine reaches them. */
export const LOOPBACK = "127.0.0.1";

/** Something of ours that ffmpeg is given in place of a peer. */
export type Relay = {
  readonly port: number;
  /** Closes everything, and resolves when nothing listens any more. */
  readonly close: () => Promise<void>;
};

/** What a relay is told. */
export type RelayListener = {
  /** Why the peer was not reached; called before ffmpeg can notice. */
  readonly onFailure: (error: PeerError) => void;
  readonly onReached: () => void;
};

/** What a relay of connections needs. */
export type TcpRelayOptions = CallOptions &
  RelayListener & {
    /** A new one for each connection. */
    readonly talk: () => Talk;
    /** Where a connection leads to, asked once the talk is calling. */
    readonly place: () => PeerPlace;
  };

/** Listens on loopback, and passes each connection that shows that it is ffmpeg's on to the peer. */
export async function openTcpRelay(options: TcpRelayOptions): Promise<Relay> {
  const open = new Set<Connection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (open.size >= CONNECTIONS_MAX) return void socket.destroy();
    const connection = new Connection(socket, options, () => open.delete(connection));
    open.add(connection);
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const connection of open) connection.end();
      await closed;
    },
  };
}

/** One connection of ffmpeg's, and ours to the peer. What one side does not take, the other may not send. */
class Connection {
  readonly #ffmpeg: Socket;
  readonly #options: TcpRelayOptions;
  readonly #onEnd: () => void;
  readonly #talk: Talk;
  readonly #ended = new AbortController();
  /** Ends what waits for one side. */
  #patience: ReturnType<typeof setTimeout>;
  #peer: Socket | undefined;
  #isCalling = false;
  /** For the peer, until it is reached. */
  readonly #early: Uint8Array[] = [];

  constructor(ffmpeg: Socket, options: TcpRelayOptions, onEnd: () => void) {
    this.#ffmpeg = ffmpeg;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#talk = options.talk();
    this.#patience = setTimeout(() => this.end(), PATIENCE_MS);
    ffmpeg.on("data", (bytes: Uint8Array) =>
      this.#take(ffmpeg, () => this.#talk.fromFfmpeg(bytes)),
    );
    this.#watch(ffmpeg, () => this.#peer);
  }

  /** Closes both sides at once. */
  end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new Error("the relay was closed"));
    clearTimeout(this.#patience);
    this.#ffmpeg.destroy();
    this.#peer?.destroy();
    this.#onEnd();
  }

  #watch(socket: Socket, other: () => Socket | undefined): void {
    socket.on("error", () => this.end());
    socket.on("close", () => this.end());
    socket.on("end", () => {
      const there = other();
      if (!there) return this.end();
      there.end();
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => this.end(), PATIENCE_MS);
    });
  }

  #take(from: Socket, read: () => Passed): void {
    try {
      const { toPeer = [], toFfmpeg = [] } = read();
      if (this.#peer) write(toPeer, from, this.#peer);
      else this.#early.push(...toPeer);
      write(toFfmpeg, from, this.#ffmpeg);
      if (this.#talk.isCalling && !this.#isCalling) void this.#call();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    if (error instanceof PeerError) this.#options.onFailure(error);
    this.end();
  }

  async #call(): Promise<void> {
    this.#isCalling = true;
    clearTimeout(this.#patience);
    this.#ffmpeg.pause();
    try {
      const peer = await callPeer(this.#options.place(), this.#options, this.#ended.signal);
      if (this.#ended.signal.aborted) return void peer.destroy();
      this.#peer = peer;
      this.#options.onReached();
      peer.on("data", (bytes: Uint8Array) => this.#take(peer, () => this.#talk.fromPeer(bytes)));
      this.#watch(peer, () => this.#ffmpeg);
      write(this.#early.splice(0), this.#ffmpeg, peer);
      if (!peer.writableNeedDrain) this.#ffmpeg.resume();
    } catch (error) {
      this.#fail(error);
    }
  }
}

/** Writes, and lets the side that it comes from wait while the other does not take it. */
function write(pieces: readonly Uint8Array[], from: Socket, to: Socket): void {
  if (pieces.length === 0 || to.destroyed) return;
  to.cork();
  for (const piece of pieces) to.write(piece);
  to.uncork();
  if (!to.writableNeedDrain || from.isPaused()) return;
  from.pause();
  to.once("drain", () => from.resume());
}
