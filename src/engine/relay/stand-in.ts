import { randomBytes } from "node:crypto";
import type { Reach } from "../../lib/reach.ts";
import type { CallOptions } from "./call-peer.ts";
import type { PeerError } from "./talk.ts";
import type { Relay, RelayListener } from "./tcp-relay.ts";

/** How peers are called, and who is told of those that ffmpeg cannot notice. */
export type StandInOptions = CallOptions & {
  /** Of the task's client; absent if the policy alone says who may be called. */
  readonly reach?: Reach | undefined;
  /** Called with why nothing can be sent to a UDP target, again and again, and without a reason once it can. */
  readonly onUdp?: (url: string, failure: PeerError | undefined) => void;
};

/** What ffmpeg is given in place of one live address. */
export type StandIn = {
  readonly url: string;
  ownUrl: string;
  relay: Relay | undefined;
  failure: PeerError | undefined;
};

/** Keeps why the peer was not reached at the last try. */
export const noting = (standIn: StandIn): RelayListener => ({
  onFailure: (error) => {
    standIn.failure = error;
  },
  onReached: () => {
    standIn.failure = undefined;
  },
});

/** A word that nobody guesses, also as a passphrase. */
export const newSecret = (): string => randomBytes(16).toString("hex");
