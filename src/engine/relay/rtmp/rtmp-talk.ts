import type { Passed, Talk } from "../talk.ts";
import { MalformedError } from "../talk.ts";
import { stringsOf, withStrings } from "./amf-strings.ts";
import type { RtmpAuth } from "./rtmp-auth.ts";
import { COMMAND, RtmpChunks } from "./rtmp-chunks.ts";
import { type RtmpNames, rtmpNames } from "./rtmp-names.ts";

/** What ffmpeg may say before it names the application: the size of its chunks, acknowledgements, its window. */
const BEFORE_CONNECT = [1, 3, 5, COMMAND];

/** One RTMP connection: ffmpeg knows only names of ours, which become those of the peer on the way. */
export class RtmpTalk implements Talk {
  readonly isCalling = true;
  readonly #own: RtmpNames;
  readonly #real: RtmpNames;
  readonly #auth: RtmpAuth | undefined;
  readonly #out: RtmpChunks;
  readonly #in: RtmpChunks;
  #isConnected = false;

  /**
   * @param ownUrl - what ffmpeg was given; its application is the secret that shows that it is ffmpeg that calls
   * @param realUrl - the address of the peer
   * @param auth - of all connections to the peer; undefined if nobody is named
   */
  constructor(ownUrl: string, realUrl: string, auth: RtmpAuth | undefined) {
    this.#own = rtmpNames(ownUrl);
    this.#real = rtmpNames(realUrl);
    this.#auth = auth;
    this.#out = new RtmpChunks({
      onMessage: (type) => {
        if (!this.#isConnected && !BEFORE_CONNECT.includes(type))
          throw new MalformedError("it sends before it connects");
      },
      onCommand: (body) => this.#translate(body),
    });
    this.#in = new RtmpChunks({ onCommand: (body) => this.#hear(body) });
  }

  fromFfmpeg(bytes: Uint8Array): Passed {
    return { toPeer: this.#out.push(bytes) };
  }

  fromPeer(bytes: Uint8Array): Passed {
    return { toFfmpeg: this.#auth ? this.#in.push(bytes) : [bytes] };
  }

  #translate(body: Uint8Array): Uint8Array {
    const { app, tcUrl, stream } = this.#own;
    if (!this.#isConnected) {
      const [command, ...named] = stringsOf(body);
      if (
        command !== "connect" ||
        !named.some((text) => text === app || text.startsWith(`${app}?`))
      )
        throw new MalformedError("it is not ffmpeg that calls");
      this.#isConnected = true;
    }
    return withStrings(body, (text) => {
      if (text === stream) return this.#real.stream;
      if (text.startsWith(app)) return this.#real.app + this.#suffix(text.slice(app.length));
      if (text.startsWith(tcUrl)) return this.#real.tcUrl + this.#suffix(text.slice(tcUrl.length));
      return text;
    });
  }

  /** What ffmpeg adds to a name to say who calls. */
  #suffix(added: string): string {
    return added === "" || !this.#auth ? added : this.#auth.suffix(this.#real.app, added);
  }

  #hear(body: Uint8Array): Uint8Array {
    try {
      for (const text of stringsOf(body)) this.#auth?.hear(text);
    } catch (error) {
      // Servers may say what ffmpeg never does; a challenge is plain text.
      if (!(error instanceof MalformedError)) throw error;
    }
    return body;
  }
}
