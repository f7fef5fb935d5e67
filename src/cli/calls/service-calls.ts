import { randomInt } from "node:crypto";
import * as v from "valibot";
import { hmacSum } from "../../service/signature.ts";
import { CliError, EXIT } from "../exit.ts";
import { refusal } from "./answers.ts";
import type { Credentials } from "./credentials.ts";

/** A call of the API. */
export type Call = {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

const CALL_TIMEOUT_MS = 30_000;
const NONCE_PART_MAX = 2 ** 47;
const MS_IN_S = 1000;
/** No more of a wrong server's answer is shown. */
const SHOWN_LENGTH_MAX = 200;

/** The service, called by one client. Every call is signed in the strong form, which binds method, path and body. */
export class ServiceCalls {
  readonly #credentials: Credentials;
  readonly #signal: AbortSignal | undefined;

  /** @param signal - ends every call, as Ctrl-C does */
  constructor(
    readonly url: string,
    credentials: Credentials,
    signal?: AbortSignal,
  ) {
    this.#credentials = credentials;
    this.#signal = signal;
  }

  /**
   * Makes a call below `/api/v1`. @returns the JSON of the answer, as it came
   *
   * @throws {CliError} `unreachable` if no service answers, `refused` with the service's own words
   */
  async call(
    path: string,
    { timeoutMs = CALL_TIMEOUT_MS, ...call }: Call & { readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    const response = await this.open(path, call, AbortSignal.timeout(timeoutMs));
    const text = await this.#reached(response.text());
    return text === "" ? undefined : (jsonOf(text) ?? text);
  }

  /** The same without reading the answer, which may be a stream. It is waited for until the limit aborts. */
  async open(path: string, call: Call, limit: AbortSignal): Promise<Response> {
    const signal = this.#signal ? AbortSignal.any([this.#signal, limit]) : limit;
    const response = await this.#reached(fetch(this.#signed(path, call), { signal }));
    if (response.ok) return response;
    throw refusedBy(response, await this.#reached(response.text()), this.url, path);
  }

  /** What comes from the service, which may go away in the middle of an answer. */
  async #reached<T>(coming: Promise<T>): Promise<T> {
    try {
      return await coming;
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw new CliError(
        EXIT.unreachable,
        `Cannot reach the service at ${this.url}: ${whyOf(error)}; start one by "pontus serve", or name another by --url`,
      );
    }
  }

  #signed(path: string, { method, body, headers }: Call): Request {
    const verb = method ?? (body === undefined ? "GET" : "POST");
    const url = new URL(`${this.url}/api/v1${path}`);
    const text = body === undefined ? "" : JSON.stringify(body);
    const { client_code: clientCode, public_key: publicKey, private_key: key } = this.#credentials;
    const execTime = String(Math.floor(Date.now() / MS_IN_S));
    const nonce = `${randomInt(NONCE_PART_MAX)}${randomInt(NONCE_PART_MAX)}`;
    const signed = { method: verb, path: url.pathname + url.search, body: Buffer.from(text) };
    return new Request(url, {
      method: verb,
      headers: {
        ...(body !== undefined && { "Content-Type": "application/json" }),
        apiPublicKey: publicKey,
        apiClientCode: clientCode,
        apiNonce: nonce,
        apiExecTime: execTime,
        apiCheckSum: hmacSum(key, { nonce, clientCode, execTime }, signed),
        ...headers,
      },
      ...(body !== undefined && { body: text }),
    });
  }
}

/** What a part of the program needs of an answer. @throws {CliError} if it is not there */
export function understood<T>(schema: v.GenericSchema<unknown, T>, answer: unknown): T {
  const result = v.safeParse(schema, answer);
  if (result.success) return result.output;
  const text = JSON.stringify(answer) ?? "nothing";
  throw new CliError(
    EXIT.failed,
    `Cannot understand the answer of the service: ${shown(text)}; is it a Pontus of this version?`,
  );
}

function refusedBy(response: Response, text: string, url: string, path: string): CliError {
  const result = v.safeParse(refusal, jsonOf(text));
  if (!result.success)
    return new CliError(
      EXIT.refused,
      `Cannot understand the answer ${response.status} of ${url}: ${shown(text)}; is it a Pontus?`,
    );
  const { code, message, details = [], request_id } = result.output.error;
  const fields = details.map((detail) => `\n  ${detail.path}: ${detail.message}`).join("");
  const isOperators = code === "AccessDenied" && path.startsWith("/admin/");
  const advice = isOperators ? FOR_OPERATORS : HINTS[code];
  const hint = advice === undefined ? "" : `\n  ${advice}`;
  const answer = { code, ...(request_id !== undefined && { request_id }) };
  return new CliError(EXIT.refused, `${code}: ${message}${fields}${hint}`, answer);
}

const FOR_OPERATORS =
  "This call is for a client with admin: PONTUS_CLIENTS makes one, or, while the service is stopped, pontus client add NAME --admin";

/** What a caller does about a refusal whose own words do not say. */
const HINTS: Readonly<Record<string, string>> = {
  AuthenticationFailed: "The keys are not those of a client of this service: see --credentials",
  RequestExpired: "The clocks of this machine and of the service differ: see pontus doctor",
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, SHOWN_LENGTH_MAX));

/** Bun names the cause by a code, Deno and Node by one further down. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError")
    return `it did not answer within ${CALL_TIMEOUT_MS / MS_IN_S} s`;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return /ConnectionRefused|ECONNREFUSED|Connection refused/i.test(
    `${(error as { code?: string }).code} ${error.message} ${cause}`,
  )
    ? "nothing listens there"
    : (cause ?? error.message);
}
