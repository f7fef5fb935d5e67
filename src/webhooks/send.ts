import { Webhook } from "standardwebhooks";
import { sendOut } from "../net/egress.ts";
import { EgressError } from "../net/egress-error.ts";
import type { EgressPolicy } from "../net/egress-policy.ts";
import { eventData } from "../service/following/event-data.ts";
import { deliveryId, type Telling } from "../task/delivery.ts";
import type { Failure } from "./again.ts";

/** How long a receiver may take to answer: it should keep what it was told, and work later. */
export const ANSWER_MS = 15_000;

/** How a receiver is reached and what for. */
export type SendOptions = {
  /** One or two: a receiver takes a message that is signed with one that it knows. */
  readonly secrets: readonly string[];
  readonly policy: EgressPolicy;
  readonly trusted?: readonly string[] | undefined;
  /** Of this try; its time is part of what is signed. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** The W3C trace context of what the receiver does then. */
  readonly traceParent: string | undefined;
};

/** What the receiver answered to a message that it took. */
type Taken = { readonly httpStatus: number };

/**
 * Tells a receiver of an event, as Standard Webhooks has it. A redirect is not followed: it would lead where nobody has judged.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function send(
  telling: Pick<Telling, "event" | "notification" | "clientCode">,
  { secrets, policy, trusted, nowMs, signal, traceParent }: SendOptions,
): Promise<Taken | Failure> {
  const text = payloadOf(telling);
  const body = Buffer.from(text);
  try {
    const answer = await sendOut(new URL(telling.notification.url), {
      method: "POST",
      headers: {
        "content-type": "application/json;charset=UTF-8",
        ...headersOf(telling.event, text, secrets, nowMs),
        ...(traceParent !== undefined && { traceparent: traceParent }),
      },
      body: {
        sizeBytes: body.length,
        read: async function* () {
          yield body;
        },
      },
      idleTimeoutMs: ANSWER_MS,
      signal,
      policy,
      trusted,
      redirects: "return",
    });
    answer.close();
    const { status: httpStatus } = answer;
    if (httpStatus >= 200 && httpStatus < 300) return { httpStatus };
    const retryAfterMs = retryAfterOf(answer.header("retry-after"), nowMs);
    const state =
      httpStatus >= 300 && httpStatus < 400
        ? `it redirects with status ${httpStatus}, which is not followed`
        : `it answered with status ${httpStatus}`;
    return { detail: `Cannot notify the receiver: ${state}`, httpStatus, retryAfterMs };
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    return { detail: `Cannot notify the receiver: ${error.message}` };
  }
}

function payloadOf({ event, clientCode }: Pick<Telling, "event" | "clientCode">): string {
  const timestamp = new Date(event.timeMs).toISOString();
  return JSON.stringify({ type: event.type, timestamp, data: eventData({ ...event, clientCode }) });
}

/** Each try is signed anew, as receivers refuse what was signed minutes ago; its id stays. */
function headersOf(
  event: Telling["event"],
  text: string,
  secrets: readonly string[],
  nowMs: number,
): Readonly<Record<string, string>> {
  const id = event.type === "progress" ? `${deliveryId(event)}-${event.timeMs}` : deliveryId(event);
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, new Date(nowMs), text));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(nowMs / 1000)),
    "webhook-signature": signatures.join(" "),
  };
}

/** A number of seconds, or a date. @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function retryAfterOf(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
