import { TaskError } from "../task/errors.ts";

/** One client may fill this part of the room, so that what it sends leaves room for others. */
const SHARE_OF_ONE = 1 / 4;

/** Room for the body of one call. */
export type BodyRoom = {
  /** Takes more of it. @throws {TaskError} `service_unavailable` if there is no more */
  readonly take: (bytes: number) => void;
  /** Gives back all that was taken. */
  readonly free: () => void;
};

/** The room that the bodies of all calls share, from when they are read until their calls are answered. */
export class Bodies {
  readonly #bytesMax: number;
  readonly #shareMax: number;
  #bytes = 0;
  /** Only of clients that have a body here now. */
  readonly #byClient = new Map<string, number>();

  /**
   * @param bytesMax - of all bodies together; the first one always has room
   * @param bodyBytesMax - of one body: a client has room for one at least
   */
  constructor(bytesMax: number, bodyBytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#shareMax = Math.max(bytesMax * SHARE_OF_ONE, bodyBytesMax);
  }

  /** Room for the body of a call of a client. */
  roomFor(clientCode: string): BodyRoom {
    let taken = 0;
    return {
      take: (bytes) => {
        const ofClient = (this.#byClient.get(clientCode) ?? 0) + bytes;
        const isFirst = this.#bytes === taken;
        if (ofClient > this.#shareMax || (this.#bytes + bytes > this.#bytesMax && !isFirst))
          throw new TaskError(
            "service_unavailable",
            `Cannot read the body: ${this.#bytes} bytes of others are being read`,
          );
        taken += bytes;
        this.#bytes += bytes;
        this.#byClient.set(clientCode, ofClient);
      },
      free: () => {
        this.#bytes -= taken;
        const left = (this.#byClient.get(clientCode) ?? 0) - taken;
        taken = 0;
        if (left > 0) this.#byClient.set(clientCode, left);
        else this.#byClient.delete(clientCode);
      },
    };
  }
}
