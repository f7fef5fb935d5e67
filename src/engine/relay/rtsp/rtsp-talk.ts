import { percentDecoded } from "../../../lib/percent-decoded.ts";
import type { PeerPlace } from "../call-peer.ts";
import { type Credentials, credentialsIn } from "../credentials.ts";
import { MalformedError, type Passed, PeerError, type Talk } from "../talk.ts";
import { RtspAuth } from "./rtsp-auth.ts";
import { bytesOf, headerOf, RtspFrames, type RtspMessage } from "./rtsp-frames.ts";

/** As of HTTP. */
const REDIRECTS_MAX = 5;
/** Servers name one or two: themselves, by more names than one. */
const ORIGINS_MAX = 64;
const URLS = /rtsp:\/\/[^\s;,"<>]+/gi;
const ADDRESS = /^rtsp:\/\/(?:[^/?@]*@)?(\[[^\]]*\]|[^/?:@]*)(?::(\d{1,5}))?(.*)$/is;
/** The headers of answers that hold addresses. */
const ADDRESSED = ["content-base", "content-location", "rtp-info"];
const DEFAULT_PORT = 554;
/** The first line of an answer. ffmpeg takes any number of blanks between the words. */
const ANSWER = /^(RTSP\/\d\.\d)[ \t]+(\d{3})(?:[ \t]+(.*))?$/;

/** Where connections to one RTSP address lead now: a server may name another place. */
export class RtspRoute {
  /** The address without user info, with its port. */
  url: string;
  place: PeerPlace;
  credentials: Credentials | undefined;
  /** Who else's addresses the server has named: ffmpeg gets names of ours for them. */
  readonly origins: string[] = [];
  #redirects = 0;

  /**
   * @param ownUrl - what ffmpeg was given; it holds the secret that shows that it is ffmpeg that calls
   * @param mayFollow - whether the server may lead to an address
   */
  constructor(
    readonly ownUrl: string,
    realUrl: string,
    private readonly mayFollow: (url: string) => boolean,
  ) {
    const { url, place } = partsOf(realUrl);
    this.url = url;
    this.place = place;
    const known = credentialsIn(realUrl);
    this.credentials = known && {
      user: percentDecoded(known.user),
      password: percentDecoded(known.password),
    };
  }

  /** Connections lead elsewhere from now on. @throws {PeerError} */
  redirect(location: string): void {
    this.#redirects += 1;
    if (this.#redirects > REDIRECTS_MAX)
      throw new PeerError(`it redirects more than ${REDIRECTS_MAX} times`);
    const { url, place } = partsOf(location);
    if (!this.mayFollow(url))
      throw new PeerError("it redirects to an address that its client may not use");
    // They were given for that host alone.
    if (place.host !== this.place.host) this.credentials = undefined;
    this.url = url;
    this.place = place;
  }
}

function partsOf(url: string): { readonly url: string; readonly place: PeerPlace } {
  const [, named = "", digits, rest = ""] = ADDRESS.exec(url) ?? [];
  if (named === "") throw new PeerError("it redirects to an address that is not one of RTSP");
  const port = Number(digits ?? DEFAULT_PORT);
  const place = { host: named.replace(/^\[|\]$/g, ""), port, isTls: false };
  return { url: `rtsp://${named}:${port}${rest}`, place };
}

/** One RTSP connection: ffmpeg knows only addresses of ours, and the relay says who calls. */
export class RtspTalk implements Talk {
  readonly #route: RtspRoute;
  readonly #auth: RtspAuth;
  readonly #out = new RtspFrames((message) => this.#fromFfmpeg(message));
  readonly #in = new RtspFrames((message) => this.#fromPeer(message));
  #isCalling = false;
  /** The last request, to be sent again with what the server asks for. */
  #request: RtspMessage | undefined;
  /** How many requests of ours the server has counted besides ffmpeg's. */
  #added = 0;
  #again: RtspMessage[] = [];

  constructor(route: RtspRoute) {
    this.#route = route;
    this.#auth = new RtspAuth(route.credentials);
  }

  get isCalling(): boolean {
    return this.#isCalling;
  }

  fromFfmpeg(bytes: Uint8Array): Passed {
    const toPeer = this.#out.push(bytes);
    // It would be kept for a peer that is not called for it.
    if (!this.#isCalling && toPeer.length > 0)
      throw new MalformedError("it sends before it says who it is");
    return { toPeer };
  }

  fromPeer(bytes: Uint8Array): Passed {
    const toFfmpeg = this.#in.push(bytes);
    return { toFfmpeg, toPeer: this.#again.splice(0).map(bytesOf) };
  }

  #fromFfmpeg(message: RtspMessage): readonly RtspMessage[] {
    // An answer to the server.
    if (message.start.startsWith("RTSP/")) return [message];
    const [method = "", uri = "", version = ""] = message.start.split(" ");
    if (!uri.startsWith(this.#route.ownUrl))
      throw new MalformedError("it is not ffmpeg that calls");
    this.#isCalling = true;
    this.#request = { ...message, start: `${method} ${this.#realUrl(uri)} ${version}` };
    return [this.#signed(this.#request)];
  }

  #signed(request: RtspMessage): RtspMessage {
    const [method = "", uri = ""] = request.start.split(" ");
    const value = this.#auth.header(method, uri);
    const headers = request.headers.map(
      ([name, told]) => [name, this.#counted(name, told, this.#added)] as const,
    );
    return {
      ...request,
      headers: value === undefined ? headers : [...headers, ["Authorization", value]],
    };
  }

  #counted(name: string, value: string, by: number): string {
    return name.toLowerCase() === "cseq" ? String(Number(value) + by) : value;
  }

  #fromPeer(message: RtspMessage): readonly RtspMessage[] {
    if (!message.start.startsWith("RTSP/")) return [this.#translated(message)];
    const [, version = "", digits = "", reason = ""] = ANSWER.exec(message.start) ?? [];
    if (digits === "") throw new MalformedError("an answer has no status");
    const status = Number(digits);
    if (status === 401 && this.#request && this.#auth.challenge(challengesIn(message))) {
      this.#added += 1;
      this.#again.push(this.#signed(this.#request));
      return [];
    }
    const answer = this.#translated({ ...message, start: `${version} ${digits} ${reason}` });
    const headers = answer.headers.map(
      ([name, value]) => [name, this.#counted(name, value, -this.#added)] as const,
    );
    const location = headerOf(message, "location");
    if (status < 300 || status > 399 || location === undefined) return [{ ...answer, headers }];
    this.#route.redirect(location);
    const isLocation = (name: string) => name.toLowerCase() === "location";
    return [
      {
        ...answer,
        headers: headers.map(([name, value]) => [
          name,
          isLocation(name) ? this.#route.ownUrl : value,
        ]),
      },
    ];
  }

  #translated({ start, headers, body }: RtspMessage): RtspMessage {
    const own = (text: string) => text.replace(URLS, (url) => this.#ownUrl(url));
    return {
      start: start.startsWith("RTSP/") ? start : own(start),
      headers: headers.map(([name, value]) => [
        name,
        ADDRESSED.includes(name.toLowerCase()) ? own(value) : value,
      ]),
      body: body.replace(/^a=control:.*$/gm, own),
    };
  }

  /** What ffmpeg is told in place of an address. */
  #ownUrl(url: string): string {
    const { origins, ownUrl } = this.#route;
    const [origin = ""] = /^rtsp:\/\/[^/?]*/i.exec(url) ?? [];
    if (!origins.includes(origin)) {
      if (origins.length === ORIGINS_MAX)
        throw new PeerError(`it names more than ${ORIGINS_MAX} servers`);
      origins.push(origin);
    }
    return `${ownUrl}.${origins.indexOf(origin)}${url.slice(origin.length)}`;
  }

  /** What the server is told in place of an address of ours. */
  #realUrl(own: string): string {
    const { origins, ownUrl, url } = this.#route;
    const rest = own.slice(ownUrl.length);
    const [, index, path = ""] = /^\.(\d+)(.*)$/s.exec(rest) ?? [];
    return index === undefined ? url + rest : `${origins[Number(index)] ?? ""}${path}`;
  }
}

const challengesIn = ({ headers }: RtspMessage): readonly string[] =>
  headers.flatMap(([name, value]) => (name.toLowerCase() === "www-authenticate" ? [value] : []));
