import { randomBytes } from "node:crypto";
import type { CallOptions } from "./call-peer.ts";
import { credentialsIn } from "./credentials.ts";
import { RtmpAuth } from "./rtmp-auth.ts";
import { rtmpPlace } from "./rtmp-names.ts";
import { RtmpTalk } from "./rtmp-talk.ts";
import { RtspRoute, RtspTalk } from "./rtsp-talk.ts";
import type { PeerError } from "./talk.ts";
import { LOOPBACK, openTcpRelay, type Relay, type TcpRelayOptions } from "./tcp-relay.ts";

/** What ffmpeg is given in place of one live address. */
type StandIn = {
  readonly url: string;
  ownUrl: string;
  relay: Relay | undefined;
  failure: PeerError | undefined;
};

/**
 * What ffmpeg is given in place of the live addresses of one run: relays on loopback. ffmpeg itself resolves no name, connects to
 * nobody else and follows nobody elsewhere, and neither its command line nor its environment holds a credential.
 */
export class StandIns {
  readonly #all: readonly StandIn[];

  private constructor(all: readonly StandIn[]) {
    this.#all = all;
  }

  static async open(urls: readonly string[], options: CallOptions): Promise<StandIns> {
    const opened = await Promise.allSettled([...new Set(urls)].map((url) => openOne(url, options)));
    const all = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const standIns = new StandIns(all);
    const failed = opened.find((each) => each.status === "rejected");
    if (!failed) return standIns;
    await standIns.close();
    throw failed.reason;
  }

  /** What ffmpeg is given in place of an address. */
  readonly ownUrl = (url: string): string =>
    this.#all.find((each) => each.url === url)?.ownUrl ?? url;

  /** A text of ffmpeg's with the addresses that it stands for. */
  readonly realText = (text: string): string =>
    this.#all.reduce((told, { url, ownUrl }) => told.replaceAll(ownUrl, url), text);

  /** Why a peer was not reached at the last try. */
  readonly failureOf = (url: string): PeerError | undefined =>
    this.#all.find((each) => each.url === url)?.failure;

  /** Closes all, and resolves when nothing listens any more. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ relay }) => relay?.close()));
  }
}

async function openOne(url: string, options: CallOptions): Promise<StandIn> {
  const standIn: StandIn = { url, ownUrl: url, relay: undefined, failure: undefined };
  const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
  if (scheme === "rtmp" || scheme === "rtmps") await standInForRtmp(standIn, options);
  if (scheme === "rtsp") await standInForRtsp(standIn, options);
  return standIn;
}

const relayFor = (
  standIn: StandIn,
  options: CallOptions,
  { talk, place }: Pick<TcpRelayOptions, "talk" | "place">,
): Promise<Relay> =>
  openTcpRelay({
    ...options,
    talk,
    place,
    onFailure: (error) => {
      standIn.failure = error;
    },
    onReached: () => {
      standIn.failure = undefined;
    },
  });

const newSecret = (): string => randomBytes(16).toString("hex");

async function standInForRtmp(standIn: StandIn, options: CallOptions): Promise<void> {
  const { url } = standIn;
  const credentials = credentialsIn(url);
  const auth = credentials && new RtmpAuth(credentials);
  const place = rtmpPlace(url);
  const talk = () => new RtmpTalk(standIn.ownUrl, url, auth);
  const relay = await relayFor(standIn, options, { talk, place: () => place });
  standIn.relay = relay;
  // Only those that have a name and a password tell it.
  const named = credentials ? "some:body@" : "";
  standIn.ownUrl = `rtmp://${named}${LOOPBACK}:${relay.port}/${newSecret()}/stream`;
}

async function standInForRtsp(standIn: StandIn, options: CallOptions): Promise<void> {
  let route: RtspRoute | undefined;
  const relay = await relayFor(standIn, options, {
    talk: () => new RtspTalk(lead()),
    place: () => lead().place,
  });
  const lead = () => (route ??= new RtspRoute(standIn.ownUrl, standIn.url));
  standIn.relay = relay;
  standIn.ownUrl = `rtsp://${LOOPBACK}:${relay.port}/${newSecret()}`;
}
