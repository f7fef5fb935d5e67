import type { Client, ClientStore, Nonce } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";
import type { SignedCall } from "./signature.ts";
import {
  equalInConstantTime,
  execTimeMs,
  hmacSum,
  parseSignedHeaders,
  sha1Sum,
} from "./signature.ts";

/** An authenticated client, and the nonce of this call, which has yet to be used up. */
export type Caller = Pick<
  Client,
  | "clientCode"
  | "admin"
  | "requestsPerSecond"
  | "pendingMax"
  | "notification"
  | "webhookSecrets"
  | "reach"
> & {
  readonly nonce: Nonce;
};

/** A call to be authenticated. The body is read only if the form of its checksum needs it. */
export type UnprovenCall = {
  readonly headers: Headers;
  readonly method: string;
  /** Path with query, in the form of the URL standard. */
  readonly path: string;
  readonly body: () => Promise<Uint8Array>;
  /** The hex of its SHA-256, of a body that is not read at once: it is held against this as it comes. */
  readonly bodySha256?: string | undefined;
};

/** What authentication needs. `now` is in ms since the epoch; the caller's clock may differ from it by `clockSkewMs`. */
export type AuthenticationPorts = {
  readonly clients: Pick<ClientStore, "byPublicKey">;
  readonly now: () => number;
  readonly clockSkewMs: number;
};

/** Stands in for the key of a client that does not exist, so that its SHA1 sum takes as long as a wrong one. */
const NO_KEY = "no client has this key";

const refusal = (): TaskError =>
  new TaskError(
    "authentication_failed",
    "Cannot authenticate: a header, key, code or sum is wrong",
  );

/** What the strong form of a checksum covers. */
const boundBy = async ({ method, path, body, bodySha256 }: UnprovenCall): Promise<SignedCall> => ({
  method,
  path,
  body: bodySha256 ?? (await body()),
});

/** What a call that names a public key may be signed with: a client's second pair may have its public key in common with the first. */
const privateKeysOf = (client: Client | undefined, publicKey: string): readonly string[] => {
  const keys: string[] = [];
  for (const pair of [client, client?.second])
    if (pair?.publicKey === publicKey) keys.push(pair.privateKey);
  return keys.length > 0 ? keys : [NO_KEY];
};

/**
 * Authenticates a call. The nonce is not used up here: the caller of this function stores it before it answers.
 *
 * An unknown key, a wrong code, a wrong checksum, a disabled client and a form of checksum that the client does not accept give
 * the same error. The body is read only for a client that is known, enabled and named by its code: strangers would fill the memory
 * with theirs. So whoever has a client's public key can see, by what is read of a body, that there is such a client; neither the key nor
 * the code is a secret.
 *
 * @throws {TaskError} `authentication_failed`, `request_expired`, or what reading the body throws
 */
export async function authenticate(
  ports: AuthenticationPorts,
  call: UnprovenCall,
): Promise<Caller> {
  const signed = parseSignedHeaders(call.headers);
  if (!signed) throw refusal();
  const execMs = execTimeMs(signed.execTime);
  if (Math.abs(ports.now() - execMs) > ports.clockSkewMs)
    throw new TaskError(
      "request_expired",
      "Cannot authenticate: apiExecTime is outside the window",
    );

  const client = await ports.clients.byPublicKey(signed.publicKey);
  const isCodeRight = equalInConstantTime(client?.clientCode ?? "", signed.clientCode);
  const isKnown = client !== undefined && !client.disabled && isCodeRight;
  if (!isKnown && signed.form === "hmac-sha256") throw refusal();
  const bound = signed.form === "sha1" ? undefined : await boundBy(call);
  let isSumRight = false;
  for (const key of privateKeysOf(client, signed.publicKey)) {
    const sum = bound ? hmacSum(key, signed, bound) : sha1Sum(key, signed);
    isSumRight = equalInConstantTime(sum, signed.checkSum) || isSumRight;
  }
  const isFormRight = signed.form === "hmac-sha256" || client?.strongOnly === false;
  if (!isKnown || !isSumRight || !isFormRight) throw refusal();
  return {
    clientCode: client.clientCode,
    admin: client.admin,
    requestsPerSecond: client.requestsPerSecond,
    pendingMax: client.pendingMax,
    notification: client.notification,
    webhookSecrets: client.webhookSecrets,
    reach: client.reach,
    nonce: {
      clientCode: client.clientCode,
      nonce: signed.nonce,
      expiresMs: execMs + 2 * ports.clockSkewMs,
    },
  };
}

/** Whether an authenticated call would still be its client's: the client was not disabled, nor its key taken away. */
export async function isKnown(
  { clients }: Pick<AuthenticationPorts, "clients">,
  headers: Headers,
): Promise<boolean> {
  const signed = parseSignedHeaders(headers);
  const client = signed && (await clients.byPublicKey(signed.publicKey));
  return client !== undefined && !client.disabled && client.clientCode === signed?.clientCode;
}
