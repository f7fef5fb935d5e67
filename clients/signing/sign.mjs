// Signs a call of Pontus and sends it: node sign.mjs [--headers] METHOD URL [BODY]
// Bun, Deno and browsers have all that it uses, too.

const text = new TextEncoder();
const hex = (bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The strong form: covers method, path with query, and body. */
export async function strongSum({ key, method, path, nonce, code, time, body }) {
  const digest = hex(await crypto.subtle.digest("SHA-256", text.encode(body)));
  const lines = [method, path, nonce, code, time, digest].join("\n");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", text.encode(key), algorithm, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", secret, text.encode(lines)));
}

/** The short form: covers neither method, path nor body. */
export const shortSum = async ({ key, nonce, code, time }) =>
  hex(await crypto.subtle.digest("SHA-1", text.encode(key + nonce + code + time)));

/** The five headers of a call. */
export async function signatureHeaders({ publicKey, form, ...call }) {
  return {
    apiPublicKey: publicKey,
    apiClientCode: call.code,
    apiNonce: call.nonce,
    apiExecTime: call.time,
    apiCheckSum: await (form === "sha1" ? shortSum(call) : strongSum(call)),
  };
}

const { argv, env } = process;
const args = argv.slice(2);
const isShown = args[0] === "--headers";
const [method, address, body = ""] = isShown ? args.slice(1) : args;
const url = new URL(address);
const headers = await signatureHeaders({
  publicKey: env.API_PUBLIC_KEY,
  key: env.API_PRIVATE_KEY,
  code: env.API_CLIENT_CODE,
  form: env.API_FORM,
  // 128 random bits: never used twice.
  nonce: env.API_NONCE ?? crypto.getRandomValues(new BigUint64Array(2)).join(""),
  time: env.API_EXEC_TIME ?? String(Math.floor(Date.now() / 1000)),
  method,
  path: url.pathname + url.search,
  body,
});
if (isShown) {
  for (const [name, value] of Object.entries(headers)) console.log(`${name}: ${value}`);
} else {
  if (body !== "") headers["Content-Type"] = "application/json";
  const response = await fetch(url, { method, headers, ...(body !== "" && { body }) });
  console.log(await response.text());
  if (!response.ok) process.exitCode = 1;
}
