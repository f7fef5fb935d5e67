import { type OutAnswer, type OutRequest, sendOut } from "../../net/egress.ts";
import { OPEN_EGRESS } from "../../net/egress-policy.ts";
import { elementOf, textOf } from "./s3-answers.ts";

/** Where the objects are, and the credentials for them. */
export type S3Access = {
  /** `https://s3.eu-central-1.amazonaws.com`: of the whole store, without a bucket. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** `https://endpoint/bucket/key`; else `https://bucket.endpoint/key`. */
  readonly isPathStyle: boolean;
};

/** One request to an object store. */
export type S3Request = Pick<OutRequest, "method" | "body" | "signal"> & {
  readonly bucket: string;
  /** Absent in requests about the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The digest of the body, in hex; without it the body is not signed. */
  readonly sha256?: string;
};

/** An object store's refusal: its status and the code of its error document, such as `NoSuchKey`. */
export class S3Refusal extends Error {
  override readonly name = "S3Refusal";

  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

/** Signs and sends requests to one object store. */
export class S3Client {
  /** Keys made for a day, a region and a service: to make them anew costs five times what a signature does. */
  readonly #dayKeys = new Map<string, ArrayBuffer>();

  constructor(
    private readonly access: S3Access,
    private readonly limits: Pick<OutRequest, "idleTimeoutMs" | "trusted">,
  ) {}

  /**
   * Sends a request; the answer may be any but a redirect's.
   *
   * @throws {EgressError} as `sendOut`
   */
  async send(request: S3Request): Promise<OutAnswer> {
    const { method, body, signal, sha256, headers } = request;
    const url = urlOf(this.access, request);
    const { region, accessKeyId, secretAccessKey, sessionToken } = this.access;
    // Loaded when it is first needed: a service that only uses files starts without it.
    const { AwsV4Signer } = await import("aws4fetch");
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, "x-amz-content-sha256": sha256 ?? "UNSIGNED-PAYLOAD" },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: "s3",
      region,
      cache: this.#dayKeys,
    });
    const signed = await signer.sign();
    return sendOut(signed.url, {
      method,
      headers: Object.fromEntries(signed.headers),
      ...(body && { body }),
      signal,
      redirects: "return",
      // The operator chose the endpoint: it may be on this machine. It is left by no redirect.
      policy: OPEN_EGRESS,
      ...this.limits,
    });
  }

  /**
   * The same for a request that has to succeed.
   *
   * @throws {S3Refusal} if it does not; {EgressError}
   */
  async ask(request: S3Request): Promise<OutAnswer> {
    const answer = await this.send(request);
    if (answer.status < 200 || answer.status > 299) throw await refusalOf(answer);
    return answer;
  }

  /** The same for a request that is answered by a document. @throws {S3Refusal} also if the document is an error */
  async read(request: S3Request): Promise<string> {
    const answer = await this.ask(request);
    const text = await textOf(answer.chunks());
    // A long operation is answered 200 before its result is known.
    if (/<Error[\s>]/.test(text)) throw new S3Refusal(500, elementOf(text, "Code") ?? "");
    return text;
  }

  /** The same for a request whose answer says only that it was done. */
  async tell(request: S3Request): Promise<void> {
    (await this.ask(request)).close();
  }
}

/** The address of a bucket or an object, in the style that the store wants. */
export function urlOf(
  { endpoint, isPathStyle }: Pick<S3Access, "endpoint" | "isPathStyle">,
  { bucket, key, query = {} }: Pick<S3Request, "bucket" | "key" | "query">,
): URL {
  const url = new URL(endpoint);
  const names = key === undefined ? [] : key.split("/");
  // A certificate for `*.host` does not hold for a name with one more dot.
  const isDotted = url.protocol === "https:" && bucket.includes(".");
  if (isPathStyle || isDotted) names.unshift(bucket);
  else url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${names.map(escaped).join("/")}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** The refusal that an answer is; its document is read. @throws {EgressError} */
export async function refusalOf(answer: OutAnswer): Promise<S3Refusal> {
  const text = await textOf(answer.chunks());
  return new S3Refusal(answer.status, elementOf(text, "Code") ?? "");
}

/** Escaped as the signature requires it: also the characters that `encodeURIComponent` keeps. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
