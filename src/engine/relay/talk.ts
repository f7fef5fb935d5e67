/** What goes to each side after one piece of input. */
export type Passed = {
  readonly toPeer?: readonly Uint8Array[];
  readonly toFfmpeg?: readonly Uint8Array[];
};

/** One connection of ffmpeg's as its relay reads it. Both directions throw on bytes that are not what the protocol says. */
export interface Talk {
  /** Whether the peer may be called: before, only what ffmpeg says first is kept. */
  readonly isCalling: boolean;
  fromFfmpeg(bytes: Uint8Array): Passed;
  fromPeer(bytes: Uint8Array): Passed;
}

/** Why a relay does not reach the peer, or gives the connection up; `state` ends a sentence. */
export class PeerError extends Error {
  override readonly name = "PeerError";

  /** @param isUntrusted - its certificate is refused, so another try does not help */
  constructor(
    readonly state: string,
    readonly isUntrusted = false,
    options?: ErrorOptions,
  ) {
    super(state, options);
  }
}

/** Thrown for bytes that are not what the protocol says. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}
