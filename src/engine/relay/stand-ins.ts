import { isReached } from "../../lib/reach.ts";
import { policyWithin } from "../../net/egress-policy.ts";
import type { CallOptions } from "./call-peer.ts";
import { credentialsIn } from "./credentials.ts";
import { standInForSrt, standInForUdpSource, standInForUdpTarget } from "./datagram-stand-ins.ts";
import { RtmpAuth } from "./rtmp/rtmp-auth.ts";
import { rtmpPlace } from "./rtmp/rtmp-names.ts";
import { RtmpTalk } from "./rtmp/rtmp-talk.ts";
import { RtspRoute, RtspTalk } from "./rtsp/rtsp-talk.ts";
import { newSecret, noting, type StandIn, type StandInOptions } from "./stand-in.ts";
import type { PeerError } from "./talk.ts";
import { LOOPBACK, openTcpRelay, type Relay, type TcpRelayOptions } from "./tcp-relay.ts";

/** The live addresses of one run. */
type LiveUrls = { readonly source?: string; readonly targets: readonly string[] };

/**
 * What ffmpeg is given in place of the live addresses of one run: relays on loopback. ffmpeg itself resolves no name, connects to
 * nobody else and follows nobody elsewhere, and neither its command line nor its environment holds a credential.
 */
export class StandIns {
  readonly #all: readonly StandIn[];

  private constructor(all: readonly StandIn[]) {
    this.#all = all;
  }

  /** @param source - undefined if none of the addresses is read */
  static async open({ source, targets }: LiveUrls, given: StandInOptions): Promise<StandIns> {
    const options = { ...given, policy: policyWithin(given.policy, given.reach?.egress) };
    const opened = await Promise.allSettled([
      ...(source === undefined ? [] : [openOne(source, "source", options)]),
      ...[...new Set(targets)].map((url) => openOne(url, "target", options)),
    ]);
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

async function openOne(
  url: string,
  side: "source" | "target",
  options: StandInOptions,
): Promise<StandIn> {
  const standIn: StandIn = { url, ownUrl: url, relay: undefined, failure: undefined };
  const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
  if (scheme === "rtmp" || scheme === "rtmps") await standInForRtmp(standIn, options);
  if (scheme === "rtsp") await standInForRtsp(standIn, side, options);
  if (scheme === "srt") await standInForSrt(standIn, options);
  if (scheme === "udp" && side === "source") await standInForUdpSource(standIn, options);
  if (scheme === "udp" && side === "target") await standInForUdpTarget(standIn, options);
  return standIn;
}

const relayFor = (
  standIn: StandIn,
  options: CallOptions,
  { talk, place }: Pick<TcpRelayOptions, "talk" | "place">,
): Promise<Relay> => openTcpRelay({ ...options, talk, place, ...noting(standIn) });

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

async function standInForRtsp(
  standIn: StandIn,
  side: "source" | "target",
  { reach, ...options }: StandInOptions,
): Promise<void> {
  const isFollowed = (url: string) => !reach || isReached(reach[side], url);
  let route: RtspRoute | undefined;
  const relay = await relayFor(standIn, options, {
    talk: () => new RtspTalk(lead()),
    place: () => lead().place,
  });
  const lead = () => (route ??= new RtspRoute(standIn.ownUrl, standIn.url, isFollowed));
  standIn.relay = relay;
  standIn.ownUrl = `rtsp://${LOOPBACK}:${relay.port}/${newSecret()}`;
}
