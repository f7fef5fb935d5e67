/**
 * Who signs. The private key is held by the browser and cannot be read back; it is nowhere but in this page's memory.
 *
 * @typedef {{ publicKey: string, clientCode: string, privateKey: CryptoKey }} Identity
 */

const encoder = new TextEncoder();

/** WebCrypto is there on HTTPS pages and on those of this very machine alone. */
export const canSign = () => globalThis.isSecureContext && crypto.subtle !== undefined;

/** @param {ArrayBuffer} bytes */
const hex = (bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text the private key as the operator gave it */
export const importKey = (text) =>
  crypto.subtle.importKey("raw", encoder.encode(text), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);

/** Random digits, never used twice: 128 bits. */
const nonce = () => crypto.getRandomValues(new BigUint64Array(2)).join("");

/**
 * The five headers of a call, in the strong form, which binds method, path and body.
 *
 * @param {Identity} identity
 * @param {string} method
 * @param {URL} url
 * @param {Uint8Array<ArrayBuffer>} body
 * @param {number} clockMs how far the service's clock is ahead of this one
 * @returns {Promise<Record<string, string>>}
 */
export async function signatureHeaders(identity, method, url, body, clockMs) {
  const apiNonce = nonce();
  const apiExecTime = String(Math.floor((Date.now() + clockMs) / 1000));
  const digest = hex(await crypto.subtle.digest("SHA-256", body));
  const path = url.pathname + url.search;
  const lines = [method, path, apiNonce, identity.clientCode, apiExecTime, digest].join("\n");
  const sum = await crypto.subtle.sign("HMAC", identity.privateKey, encoder.encode(lines));
  return {
    apiPublicKey: identity.publicKey,
    apiClientCode: identity.clientCode,
    apiNonce,
    apiExecTime,
    apiCheckSum: hex(sum),
  };
}
