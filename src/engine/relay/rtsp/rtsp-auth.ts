import { createHash, randomBytes } from "node:crypto";
import type { Credentials } from "../credentials.ts";

/** How a server wants to be told who calls. @see https://www.rfc-editor.org/rfc/rfc7616 */
type Challenge = {
  readonly scheme: "basic" | "digest";
  readonly fields: Readonly<Record<string, string>>;
};

/** Begins at whole names alone, so that a name without an end is read once. */
const FIELD = /(?<![\w-])([\w-]+)=(?:"([^"]*)"|([^\s,]*))/g;
const HASHES: Readonly<Record<string, string>> = { md5: "md5", "sha-256": "sha256" };

function challengeIn(value: string): Challenge | undefined {
  const [, scheme = "", rest = ""] = /^(\w+)\s*(.*)$/s.exec(value) ?? [];
  const fields = Object.fromEntries(
    [...rest.matchAll(FIELD)].map(([, name = "", quoted, bare = ""]) => [
      name.toLowerCase(),
      quoted ?? bare,
    ]),
  );
  if (/^basic$/i.test(scheme)) return { scheme: "basic", fields };
  const isKnown = HASHES[(fields["algorithm"] ?? "md5").toLowerCase()] !== undefined;
  return /^digest$/i.test(scheme) && isKnown ? { scheme: "digest", fields } : undefined;
}

/** Answers the challenges of an RTSP server, as ffmpeg does where it knows who calls. */
export class RtspAuth {
  #challenge: Challenge | undefined;
  #count = 0;

  constructor(private readonly credentials: Credentials | undefined) {}

  /**
   * Takes the challenges of an answer.
   *
   * @returns whether the request can be sent again with an answer to one of them
   */
  challenge(values: readonly string[]): boolean {
    if (!this.credentials) return false;
    const known = values.flatMap((value) => challengeIn(value) ?? []);
    const chosen = known.find(({ scheme }) => scheme === "digest") ?? known[0];
    const hasFailed =
      this.#challenge !== undefined && !/^true$/i.test(chosen?.fields["stale"] ?? "");
    if (!chosen || hasFailed) return false;
    this.#challenge = chosen;
    this.#count = 0;
    return true;
  }

  /** The value of the header of a request; undefined before a challenge. */
  header(method: string, uri: string): string | undefined {
    const { credentials } = this;
    if (!this.#challenge || !credentials) return undefined;
    const { scheme, fields } = this.#challenge;
    const { user, password } = credentials;
    if (scheme === "basic") return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    this.#count += 1;
    return digestOf({ user, password }, fields, { method, uri, count: this.#count });
  }
}

type Asked = { readonly method: string; readonly uri: string; readonly count: number };

function digestOf(
  { user, password }: Credentials,
  { realm = "", nonce = "", opaque, qop, algorithm }: Readonly<Record<string, string>>,
  { method, uri, count }: Asked,
): string {
  const hash = HASHES[(algorithm ?? "md5").toLowerCase()] ?? "md5";
  const sum = (text: string) => createHash(hash).update(text).digest("hex");
  const isCounted = qop?.split(",").some((each) => each.trim() === "auth") === true;
  const times = count.toString(16).padStart(8, "0");
  const own = randomBytes(8).toString("hex");
  const middle = isCounted ? `${nonce}:${times}:${own}:auth` : nonce;
  const response = sum(
    `${sum(`${user}:${realm}:${password}`)}:${middle}:${sum(`${method}:${uri}`)}`,
  );
  const quoted = {
    username: user,
    realm,
    nonce,
    uri,
    response,
    ...(opaque !== undefined && { opaque }),
  };
  const parts = [
    ...Object.entries(quoted).map(([name, value]) => `${name}="${value}"`),
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(isCounted ? ["qop=auth", `nc=${times}`, `cnonce="${own}"`] : []),
  ];
  return `Digest ${parts.join(", ")}`;
}
