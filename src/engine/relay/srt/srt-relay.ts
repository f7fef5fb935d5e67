import type { Socket } from "node:dgram";
import { exchangeWith, receiveAt } from "../datagrams.ts";
import { PeerError } from "../talk.ts";
import type { Relay, RelayListener } from "../tcp-relay.ts";
import { PhraseKeys } from "./srt-keys.ts";
import { isConclusion, isInduction, type SrtSecrets, translated } from "./srt-packets.ts";

/** ffmpeg calls again while its last call may not have ended; a listener gets one caller after the other. */
const CALLS_MAX = 8;
/** SRT says at least once a second that it is there. */
const SILENCE_MS = 15_000;
/** How long a caller may take to show that it knows the secrets, once others want its place. As long as one of SRT tries to connect. */
const STRANGER_MS = 3_000;

/** Where the datagrams of an SRT relay come from and go to, and what either side knows. */
export type SrtRelayOptions = RelayListener & {
  /** Where callers call: loopback for ffmpeg, which calls a peer; else the address at which peers call ffmpeg. */
  readonly at: { readonly address: string; readonly port: number };
  /** The addresses of whoever is called; asked for each call. */
  readonly resolve: (
    signal: AbortSignal,
  ) => Promise<{ readonly address: string; readonly port: number }>;
  readonly caller: SrtSecrets;
  readonly called: SrtSecrets;
  /** The name by which a caller shows that it is ffmpeg. */
  readonly admits?: string;
};

/** Passes the datagrams of SRT on, both ways; what is secret in handshakes is changed on the way. */
export async function openSrtRelay(options: SrtRelayOptions): Promise<Relay> {
  const { address, port } = options.at;
  const front = await receiveAt(address, port);
  const calls = new Map<string, Call>();
  front.on("message", (packet: Uint8Array, from: { address: string; port: number }) => {
    const key = `${from.address} ${from.port}`;
    const known = calls.get(key);
    if (known) return known.fromCaller(packet);
    if (!isInduction(packet)) return;
    // The oldest stands first.
    if (calls.size >= CALLS_MAX) [...calls.values()].find(({ isStrange }) => isStrange)?.end();
    if (calls.size >= CALLS_MAX) return;
    const call = new Call(
      options,
      (answer) => front.send(answer, from.port, from.address),
      () => calls.delete(key),
    );
    calls.set(key, call);
    call.fromCaller(packet);
  });
  return {
    port: front.address().port,
    close: async () => {
      for (const call of calls.values()) call.end();
      await new Promise<void>((resolve) => front.close(() => resolve()));
    },
  };
}

/** One connection of SRT, as long as its caller says something. */
class Call {
  readonly #options: SrtRelayOptions;
  readonly #answer: (packet: Uint8Array) => void;
  readonly #onEnd: () => void;
  readonly #ended = new AbortController();
  readonly #silence: ReturnType<typeof setTimeout>;
  readonly #phraseKeys = new PhraseKeys();
  readonly #sinceMs = performance.now();
  #back: Socket | undefined;
  #isAdmitted: boolean;
  /** The last packet before there is anybody to send it to; SRT repeats what gets no answer. */
  #early: Uint8Array | undefined;

  constructor(options: SrtRelayOptions, answer: (packet: Uint8Array) => void, onEnd: () => void) {
    this.#options = options;
    this.#answer = answer;
    this.#onEnd = onEnd;
    this.#isAdmitted = options.admits === undefined;
    this.#silence = setTimeout(() => this.end(), SILENCE_MS);
    void this.#open();
  }

  /** Whether its caller has not shown for long that it knows the secrets. */
  get isStrange(): boolean {
    const isKnown = this.#options.admits === undefined ? this.#phraseKeys.hasFit : this.#isAdmitted;
    return !isKnown && performance.now() - this.#sinceMs >= STRANGER_MS;
  }

  fromCaller(packet: Uint8Array): void {
    this.#silence.refresh();
    const { admits, caller, called } = this.#options;
    this.#isAdmitted ||= admits !== undefined && isConclusion(packet, admits);
    if (!this.#isAdmitted && !isInduction(packet)) return;
    const sent = translated(packet, caller, called, this.#phraseKeys);
    if (!sent) return;
    if (this.#back) this.#back.send(sent);
    else this.#early = Uint8Array.from(sent);
  }

  end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new Error("the relay was closed"));
    clearTimeout(this.#silence);
    this.#back?.close();
    this.#onEnd();
  }

  async #open(): Promise<void> {
    const { resolve, caller, called, onFailure, onReached } = this.#options;
    try {
      const { address, port } = await resolve(this.#ended.signal);
      const back = await exchangeWith(address, port);
      if (this.#ended.signal.aborted) return void back.close();
      back.on("message", (packet: Uint8Array) => {
        const sent = translated(packet, called, caller, this.#phraseKeys);
        if (sent) this.#answer(sent);
      });
      this.#back = back;
      onReached();
      if (this.#early) back.send(this.#early);
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      if (error instanceof PeerError) onFailure(error);
      this.end();
    }
  }
}
