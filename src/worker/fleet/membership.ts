import { getLogger } from "@logtape/logtape";
import type { Beat, Fleet, Node, Order } from "../../fleet/fleet.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Drain } from "../../service/drain.ts";

const log = getLogger(["pontus", "worker"]);

/** How often a node tells that it lives: an operator's order is heard of at once, or then. */
const BEAT_MS = 5_000;

/** What a membership is made of. */
export type MembershipParts = {
  readonly fleet: Fleet;
  readonly node: Node;
  readonly worker: { readonly running: number };
  /** The family of devices that encode for it; null is none, or none yet. */
  readonly hardware: () => string | null;
  readonly drain: Pick<Drain, "begin" | "end" | "isOn" | "standing">;
  /** ms since the epoch, by the clock of the fleet */
  readonly now: () => number;
};

/** Keeps a node among those of its fleet: tells how it stands, and does what operators want of it from afar. */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #stopping = new AbortController();
  #wake = Promise.withResolvers<void>();
  #order: Order = { isToDrain: false, handBackMs: null };
  #beating = Promise.resolve();
  #unlisten = () => {};

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  /** @returns once the others were told of it, or could not be */
  async start(): Promise<void> {
    const { fleet, node } = this.#parts;
    this.#unlisten = fleet.onOrder(node.id, () => this.tell());
    await this.#beat();
    this.#beating = this.#beatAgain();
  }

  /** Tells the others at once how it stands, as that has changed. */
  tell(): void {
    this.#wake.resolve();
  }

  /** The node leaves its fleet: what it holds is to be ended or given back before. */
  async stop(): Promise<void> {
    const { fleet, node } = this.#parts;
    this.#unlisten();
    this.#stopping.abort();
    this.tell();
    await this.#beating;
    await fleet
      .leave(node.id)
      .catch((error: unknown) => log.warn("Cannot tell that this node stops: {error}", { error }));
  }

  async #beatAgain(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await sleep(BEAT_MS, this.#wake.promise);
      if (this.#stopping.signal.aborted) return;
      this.#wake = Promise.withResolvers();
      await this.#beat();
    }
  }

  async #beat(): Promise<void> {
    const { fleet, node, drain } = this.#parts;
    try {
      const order = await fleet.beat(node, this.#standing());
      if (this.#obey(order)) await fleet.beat(node, this.#standing());
      else if (drain.isOn() !== order.isToDrain) await this.#adopt();
    } catch (error) {
      log.warn("Cannot tell that this node lives: {error}", { error });
    }
  }

  #standing(): Beat {
    const { worker, drain, hardware } = this.#parts;
    return { running: worker.running, isDraining: drain.isOn(), hardware: hardware() };
  }

  /** What a call to this node itself began or ended becomes the order: the next one from afar is new then, even if it is the last one again. */
  async #adopt(): Promise<void> {
    const { fleet, node, drain } = this.#parts;
    const standing = drain.standing();
    const handBackMs = (standing.isOn && standing.handBackMs) || null;
    this.#order = await fleet.order(node.id, { isToDrain: standing.isOn, handBackMs });
  }

  /** Only a new order is obeyed: a drain may also be begun by a call to this node itself. @returns whether it was one */
  #obey(order: Order): boolean {
    const { drain, now } = this.#parts;
    const { isToDrain, handBackMs } = this.#order;
    if (order.isToDrain === isToDrain && order.handBackMs === handBackMs) return false;
    this.#order = order;
    if (!order.isToDrain) drain.end();
    else if (order.handBackMs === null) drain.begin(undefined);
    else drain.begin(Math.max(0, order.handBackMs - now()));
    const { isToDrain: isOn } = order;
    log.info(isOn ? "An operator drains this node" : "An operator ended the drain of this node");
    return true;
  }
}
