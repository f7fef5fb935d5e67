import { TaskError } from "../task/errors.ts";

/** How many plans are made at once: of all clients, and one of each, so that none keeps the others from theirs. */
export class PlanSlots {
  readonly #clients = new Set<string>();

  /** @param slots - of all clients together; with 0 no plan is made */
  constructor(private readonly slots: number) {}

  /**
   * Makes a plan for a client in a slot.
   *
   * @throws {TaskError} `too_many_requests` if there is none; what `make` throws
   */
  async within<T>(clientCode: string, make: () => Promise<T>): Promise<T> {
    if (this.slots === 0) throw refusal("this service makes none");
    if (this.#clients.has(clientCode)) throw refusal("another plan of this client is being made");
    if (this.#clients.size >= this.slots) throw refusal("other plans are being made");
    this.#clients.add(clientCode);
    try {
      return await make();
    } finally {
      this.#clients.delete(clientCode);
    }
  }
}

const refusal = (why: string): TaskError =>
  new TaskError("too_many_requests", `Cannot plan the task: ${why}`);
