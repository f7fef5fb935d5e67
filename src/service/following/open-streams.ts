import { TaskError } from "../../task/errors.ts";

/** How many streams may be open: of events, and calls that wait for a task. */
export type StreamLimits = {
  readonly streamsMax: number;
  /** Of one client. */
  readonly clientStreamsMax: number;
};

/** The streams that are open, counted in memory. */
export class OpenStreams {
  readonly #limits: StreamLimits;
  readonly #ofClients = new Map<string, number>();
  #open = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Counts one more of a client. @returns what takes it back, once @throws {TaskError} `too_many_requests` */
  open(clientCode: string): () => void {
    const { streamsMax, clientStreamsMax } = this.#limits;
    const ofClient = this.#ofClients.get(clientCode) ?? 0;
    if (ofClient >= clientStreamsMax)
      throw tooMany(`client "${clientCode}" has ${clientStreamsMax} open`);
    if (this.#open >= streamsMax) throw tooMany(`the service has ${streamsMax} open`);
    this.#open += 1;
    this.#ofClients.set(clientCode, ofClient + 1);
    let isOpen = true;
    return () => {
      if (isOpen) this.#close(clientCode);
      isOpen = false;
    };
  }

  #close(clientCode: string): void {
    this.#open -= 1;
    const left = (this.#ofClients.get(clientCode) ?? 0) - 1;
    if (left > 0) this.#ofClients.set(clientCode, left);
    else this.#ofClients.delete(clientCode);
  }
}

const tooMany = (why: string): TaskError =>
  new TaskError("too_many_requests", `Cannot open another stream: ${why}`);
