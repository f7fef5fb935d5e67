import { getLogger } from "@logtape/logtape";
import { ownSignal } from "../lib/own-signal.ts";
import { isReached, type Reach } from "../lib/reach.ts";
import type { EgressPolicy } from "../net/egress-policy.ts";
import { insist } from "../service/insist.ts";
import { receiverKey } from "../service/notifying/receivers.ts";
import type { Client, ClientStore, NotificationStore } from "../store/store.ts";
import { deliveryId, type Telling, type TellingResult } from "../task/delivery.ts";
import { type Telemetry, UNWATCHED } from "../telemetry/telemetry.ts";
import { afterFailure, type Failure } from "./again.ts";
import { ANSWER_MS, send } from "./send.ts";

const log = getLogger(["pontus", "webhooks"]);

/** How many receivers are told at once, and how many of one client: one that hangs holds up the others of its client alone. */
const AT_ONCE = 32;
const AT_ONCE_OF_CLIENT = 8;
/** So many more, each of a client that tells none now: where the receivers of several clients hang, the others are told still. */
const FOR_OTHERS = 32;

/** What telling receivers needs. */
export type NotifierPorts = {
  readonly notifications: Pick<NotificationStore, "take" | "settle">;
  readonly clients: Pick<ClientStore, "byCode">;
  /** Which servers may be connected to for a client with this reach. */
  readonly policyOf: (reach: Reach | null) => EgressPolicy;
  /** PEM texts of what certificates may be signed by; the runtime's own list where it gives none. */
  readonly trusted: () => Promise<readonly string[] | undefined>;
  /** ms since the epoch */
  readonly now: () => number;
  /** Who watches tries; nobody if it is absent. */
  readonly telemetry?: Pick<Telemetry, "beginTelling">;
};

/** Tells receivers of what happens to their tasks: of each task one event after the other. */
export class Notifier {
  readonly #ports: NotifierPorts;
  readonly #signal: AbortSignal;
  readonly #busy = new Map<string, number>();

  /** @param signal - ends what is under way; it is told again later */
  constructor(ports: NotifierPorts, signal: AbortSignal) {
    this.#ports = ports;
    this.#signal = signal;
  }

  /** Begins to tell what is due, as far as there is room. @returns for each what resolves when it was told, or could not be */
  async begin(): Promise<readonly Promise<void>[]> {
    const busy = this.#sum();
    const first = await this.#take(AT_ONCE - busy, (own) => AT_ONCE_OF_CLIENT - own);
    if (busy + first.length < AT_ONCE) return first;
    const left = AT_ONCE + FOR_OTHERS - this.#sum();
    return [...first, ...(await this.#take(left, (own) => (own > 0 ? 0 : 1)))];
  }

  #sum(): number {
    return [...this.#busy.values()].reduce((sum, number) => sum + number, 0);
  }

  /** @param roomOf - how many more of a client, which tells so many now */
  async #take(limit: number, roomOf: (own: number) => number): Promise<readonly Promise<void>[]> {
    const tellings = await this.#ports.notifications.take(limit, (clientCode) =>
      roomOf(this.#busy.get(clientCode) ?? 0),
    );
    return tellings.map((telling) => this.#carryOut(telling));
  }

  /** Never rejects: what could not be recorded is told again when its lease has run out. */
  async #carryOut(telling: Telling): Promise<void> {
    const { clientCode, event } = telling;
    const { notifications, telemetry = UNWATCHED, now } = this.#ports;
    this.#count(clientCode, 1);
    try {
      const watch = telemetry.beginTelling(telling);
      const result = await this.#tell(telling, watch.traceParent);
      if (result) watch.end(result, (now() - event.timeMs) / 1000);
      // The receiver would hear of it twice. Its lease may end meanwhile: others can take it over only once the store is back.
      await insist(() => notifications.settle(telling, result), {
        now,
        // The pause between two tries is short.
        wake: new Promise(() => {}),
        isOver: () => this.#signal.aborted,
      });
    } catch (error) {
      log.error("Cannot record notification {id}: {error}", { id: deliveryId(event), error });
    } finally {
      this.#count(clientCode, -1);
    }
  }

  /** Undefined if it was not tried. */
  async #tell(
    telling: Telling,
    traceParent: string | undefined,
  ): Promise<TellingResult | undefined> {
    const { now, clients } = this.#ports;
    const client = await clients.byCode(telling.clientCode);
    // A process that was suspended since it took this up would tell what another has told.
    if (this.#signal.aborted || now() + ANSWER_MS > telling.untilMs) return undefined;
    const outcome = client ? await this.#try(telling, client, traceParent) : NO_CLIENT;
    if (outcome === undefined) return undefined;
    if (!("detail" in outcome)) return { ...outcome, state: "SUCCESS" };
    const result = afterFailure(telling, outcome, now(), Math.random());
    const level = result.state === "FAILED" && telling.event.type !== "progress" ? "warn" : "info";
    log[level]("Receiver of notification {id} was not told, {state}: {detail}", {
      id: deliveryId(telling.event),
      taskId: telling.event.taskId,
      clientCode: telling.clientCode,
      state: result.state,
      tries: telling.tries + 1,
      detail: outcome.detail,
    });
    return result;
  }

  async #try(telling: Telling, client: Client, traceParent: string | undefined) {
    const lack = lackOf(client, telling.notification.url);
    if (lack !== undefined) return { detail: `Cannot notify the receiver: ${lack}` };
    const { now, policyOf, trusted } = this.#ports;
    const late = AbortSignal.timeout(ANSWER_MS);
    const { signal, release } = ownSignal([this.#signal, late]);
    try {
      return await send(telling, {
        secrets: client.webhookSecrets ?? [],
        policy: policyOf(client.reach),
        trusted: await trusted(),
        nowMs: now(),
        signal,
        traceParent,
      });
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      if (!late.aborted) throw error;
      return {
        detail: `Cannot notify the receiver: it did not answer within ${ANSWER_MS / 1000} s`,
      };
    } finally {
      release();
    }
  }

  #count(clientCode: string, change: number): void {
    const number = (this.#busy.get(clientCode) ?? 0) + change;
    if (number > 0) this.#busy.set(clientCode, number);
    else this.#busy.delete(clientCode);
  }
}

const NO_CLIENT: Failure = { detail: "Cannot notify the receiver: its client is gone" };

/** Why nothing is sent for a client now. What its operator names may lie beyond the client's own reach. */
function lackOf(
  { disabled, webhookSecrets, reach, notification }: Client,
  url: string,
): string | undefined {
  if (disabled) return "its client is disabled";
  if (!webhookSecrets) return "its client has no webhook_secrets to sign with";
  if (!reach || url === notification?.url || isReached(reach.target, receiverKey(url)))
    return undefined;
  return "its client may not send there";
}
