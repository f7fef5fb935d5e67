import { createClient, createConfig } from "./generated/client/index.ts";
import { PontusApi } from "./generated/sdk.gen.ts";
import { type Credentials, type SignatureForm, signed } from "./sign.ts";

export type * from "./generated/types.gen.ts";
export type { Credentials, SignatureForm } from "./sign.ts";

/** How to reach a service. */
export type PontusOptions = {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly credentials: Credentials;
  /** `hmac-sha256` where nothing is said. */
  readonly form?: SignatureForm;
  /** The language of messages: `zh-CN` for Chinese. */
  readonly language?: string;
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
};

/**
 * A service, one method for each call. A call that is refused does not throw: it gives `error` in place of `data`, and `response` with
 * status and headers. With `throwOnError: true` it throws the error.
 */
export function connect(options: PontusOptions): PontusApi {
  const client = createClient(
    createConfig({
      baseUrl: options.url.replace(/\/+$/, ""),
      ...(options.fetch && { fetch: options.fetch }),
      ...(options.language !== undefined && { headers: { "Accept-Language": options.language } }),
    }),
  );
  client.interceptors.request.use((request) => signed(request, options.credentials, options.form));
  return new PontusApi({ client });
}
