import { createHmac, hash, timingSafeEqual } from "node:crypto";

/** The five headers of a signed call, each in the form that the contract demands. */
export type SignedHeaders = {
  readonly publicKey: string;
  readonly clientCode: string;
  readonly nonce: string;
  readonly execTime: string;
  readonly checkSum: string;
  /** `sha1` covers the four other headers; `hmac-sha256` also method, path and body. */
  readonly form: "sha1" | "hmac-sha256";
};

/** What the strong form covers beside the headers. */
export type SignedCall = {
  readonly method: string;
  /** Path with query, in the form of the URL standard. */
  readonly path: string;
  /** Or the hex of its SHA-256. */
  readonly body: Uint8Array | string;
};

/** A public key or a client's code, 1 to 128 visible ASCII characters: no white space, nothing that a proxy might rewrite. */
export const CLIENT_NAME = /^[\x21-\x7e]{1,128}$/;
const NONCE = /^[0-9]{1,64}$/;
const EXEC_TIME = /^(?:[0-9]{10}|[0-9]{13}|[0-9]{16}|[0-9]{17})$/;
const SHA1_SUM = /^[0-9a-f]{40}$/;
const HMAC_SUM = /^[0-9a-f]{64}$/;
const MS_DIGITS = 13;

/**
 * Reads the headers of a signed call.
 *
 * @returns undefined if one is missing or breaks its pattern. This strictness is part of the defence: with SHA1 over undelimited
 *   fields, characters could be shifted from one field to the next
 */
export function parseSignedHeaders(headers: Headers): SignedHeaders | undefined {
  const publicKey = headers.get("apiPublicKey") ?? "";
  const clientCode = headers.get("apiClientCode") ?? "";
  const nonce = headers.get("apiNonce") ?? "";
  const execTime = headers.get("apiExecTime") ?? "";
  const checkSum = headers.get("apiCheckSum") ?? "";
  if (!CLIENT_NAME.test(publicKey) || !CLIENT_NAME.test(clientCode)) return undefined;
  if (!NONCE.test(nonce) || !EXEC_TIME.test(execTime)) return undefined;
  if (SHA1_SUM.test(checkSum))
    return { publicKey, clientCode, nonce, execTime, checkSum, form: "sha1" };
  if (HMAC_SUM.test(checkSum))
    return { publicKey, clientCode, nonce, execTime, checkSum, form: "hmac-sha256" };
  return undefined;
}

/** An `apiExecTime` of 10, 13, 16 or 17 digits (s, ms, µs, 100 ns) in whole ms since the epoch. */
export const execTimeMs = (execTime: string): number =>
  Number(execTime.slice(0, MS_DIGITS).padEnd(MS_DIGITS, "0"));

/** The document's checksum: lower-case hex of SHA1 over private key and headers, undelimited. */
export const sha1Sum = (
  privateKey: string,
  { nonce, clientCode, execTime }: Pick<SignedHeaders, "nonce" | "clientCode" | "execTime">,
): string => hash("sha1", `${privateKey}${nonce}${clientCode}${execTime}`, "hex");

/** The strong checksum: lower-case hex of HMAC-SHA256 over method, path, headers and the body's SHA-256, each on a line. */
export const hmacSum = (
  privateKey: string,
  { nonce, clientCode, execTime }: Pick<SignedHeaders, "nonce" | "clientCode" | "execTime">,
  { method, path, body }: SignedCall,
): string =>
  createHmac("sha256", privateKey)
    .update(
      `${method}\n${path}\n${nonce}\n${clientCode}\n${execTime}\n${typeof body === "string" ? body : hash("sha256", body, "hex")}`,
    )
    .digest("hex");

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b);

/** Longer than all texts that calls are authenticated by, which are ASCII. */
const COMPARED_BYTES = 256;
/** Kept from call to call: to make buffers for each took as long as its checksum. */
const LEFT = Buffer.alloc(COMPARED_BYTES);
const RIGHT = Buffer.alloc(COMPARED_BYTES);

/** Compares two texts in a time that depends only on their length, not on where they differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  // No character takes more than three bytes of UTF-8 for each unit of UTF-16.
  if (a.length > COMPARED_BYTES / 3) return equalBytes(Buffer.from(a), Buffer.from(b));
  LEFT.fill(0).write(a);
  RIGHT.fill(0).write(b);
  return timingSafeEqual(LEFT, RIGHT);
}
