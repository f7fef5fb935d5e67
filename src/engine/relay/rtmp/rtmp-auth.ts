import { createHash, randomBytes } from "node:crypto";
import type { Credentials } from "../credentials.ts";

type Fields = Readonly<Record<string, string>>;

/** What a server says that wants to be told who calls. */
const CHALLENGE = /\?(reason=needauth[^\s\]]*)/;
const MODE = /^\?authmod=(\w+)&/;

const md5 = (...texts: readonly string[]) => createHash("md5").update(texts.join(""));

/**
 * Answers the challenges of RTMP servers, which come one connection apart, as ffmpeg does where it knows who calls. There are
 * two ways: "adobe" and "llnw".
 */
export class RtmpAuth {
  #challenge: Fields = {};

  constructor(private readonly credentials: Credentials) {}

  /** Takes a text of a server's. */
  hear(text: string): void {
    const [, query] = CHALLENGE.exec(text) ?? [];
    if (query !== undefined) this.#challenge = fieldsOf(query);
  }

  /**
   * What follows the name of an application in place of what ffmpeg adds, which does not know who calls.
   *
   * @param added - begins with a question mark
   */
  suffix(app: string, added: string): string {
    const [, mode = ""] = MODE.exec(added) ?? [];
    const { user } = this.credentials;
    const known = `?authmod=${mode}&user=${user}`;
    if (!/[?&]response=/.test(added)) return known;
    const answer = mode === "llnw" ? this.#llnw(app) : this.#adobe();
    return [known, ...Object.entries(answer).map(([name, value]) => `${name}=${value}`)].join("&");
  }

  #adobe(): Fields {
    const { user, password } = this.credentials;
    const { salt = "", challenge = "", opaque = "" } = this.#challenge;
    const own = randomBytes(4).toString("hex");
    const hash = md5(user, salt, password).digest("base64");
    const response = md5(hash, opaque || challenge, own).digest("base64");
    return { challenge: own, response, ...(opaque && { opaque }) };
  }

  #llnw(app: string): Fields {
    const { user, password } = this.credentials;
    const { nonce = "" } = this.#challenge;
    const cnonce = randomBytes(4).toString("hex");
    const nc = "00000001";
    const who = md5(`${user}:live:${password}`).digest("hex");
    const what = md5(`publish:/${app}${app.includes("/") ? "" : "/_definst_"}`).digest("hex");
    const response = md5(`${who}:${nonce}:${nc}:${cnonce}:auth:${what}`).digest("hex");
    return { nonce, cnonce, nc, response };
  }
}

/** Values may hold `=`, as base64 does. */
const fieldsOf = (query: string): Fields =>
  Object.fromEntries(
    query.split("&").map((pair) => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
