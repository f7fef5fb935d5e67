/** Who calls: the fields of `credentials.json`, or what the operator of the service gave you. */
export type Credentials = {
  readonly client_code: string;
  readonly public_key: string;
  readonly private_key: string;
};

/**
 * The form of the signature. `hmac-sha256` covers method, path and body, for which it reads the body first. `sha1` covers none of
 * them, so a large body can be sent as it comes.
 */
export type SignatureForm = "hmac-sha256" | "sha1";

const text = new TextEncoder();

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A nonce that nobody has used: 128 random bits, in digits. */
function freshNonce(): string {
  const [high = 0n, low = 0n] = crypto.getRandomValues(new BigUint64Array(2));
  return String((high << 64n) | low);
}

async function base64Digest(body: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

async function hmac(key: string, message: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", text.encode(key), algorithm, false, [
    "sign",
  ]);
  return hex(await crypto.subtle.sign("HMAC", imported, text.encode(message)));
}

/** The five headers that sign a call. */
async function signatureHeaders(
  credentials: Credentials,
  call: {
    readonly method: string;
    /** Path with query, as it is sent. */
    readonly path: string;
    readonly body: ArrayBuffer;
    readonly form: SignatureForm;
  },
): Promise<Record<string, string>> {
  const { client_code: code, private_key: key } = credentials;
  const nonce = freshNonce();
  const execTime = String(Math.floor(Date.now() / 1000));
  const bodyDigest = async () => hex(await crypto.subtle.digest("SHA-256", call.body));
  const checkSum =
    call.form === "sha1"
      ? hex(await crypto.subtle.digest("SHA-1", text.encode(key + nonce + code + execTime)))
      : await hmac(
          key,
          [call.method, call.path, nonce, code, execTime, await bodyDigest()].join("\n"),
        );
  return {
    apiPublicKey: credentials.public_key,
    apiClientCode: code,
    apiNonce: nonce,
    apiExecTime: execTime,
    apiCheckSum: checkSum,
  };
}

/** The same request, signed. A signature is good for one call: sign each one anew, also to repeat a call. */
export async function signed(
  request: Request,
  credentials: Credentials,
  form: SignatureForm = "hmac-sha256",
): Promise<Request> {
  const { pathname, search } = new URL(request.url);
  const body = form === "sha1" ? new ArrayBuffer() : await request.clone().arrayBuffer();
  const call = { method: request.method, path: pathname + search, body, form };
  const headers = new Headers(request.headers);
  // The service need not hold a file in memory whose digest it is told.
  if (body.byteLength > 0 && !headers.get("Content-Type")?.includes("json"))
    headers.set("Content-Digest", `sha-256=:${await base64Digest(body)}:`);
  for (const [name, value] of Object.entries(await signatureHeaders(credentials, call)))
    headers.set(name, value);
  return new Request(request, { headers });
}
