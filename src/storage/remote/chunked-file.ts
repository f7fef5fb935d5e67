import { LiveBody } from "../../net/live-body.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import { bytesContent } from "../content.ts";
import type { StreamOptions } from "./remote-sender.ts";
import { removeAll } from "./remove-files.ts";

/** Up to this size a file is sent when it is complete, with its length, and may be retried. */
const HELD_BYTES_MAX = 8 << 20;

/**
 * A file that is written bit by bit and sent by one request: a small one when it is complete, a large one while it grows,
 * without retries.
 *
 * The body of a large one ends with `finish`: a server that keeps an interrupted upload shows half a file, which `discard`
 * removes if there was none before.
 */
export class ChunkedFile {
  #sizeBytes = 0;
  #held: Uint8Array[] = [];
  #body: LiveBody | undefined;
  /** The request of a large file: resolves when the server has all of it. */
  #answer: Promise<void> = Promise.resolve();

  /** @param isNew - whether nothing is in its place, so that half a file may be removed */
  constructor(
    private readonly stream: StreamOptions,
    private readonly isNew: boolean,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    this.#sizeBytes += bytes.length;
    if (!this.#body) {
      this.#held.push(new Uint8Array(bytes));
      if (this.#sizeBytes > HELD_BYTES_MAX) await this.#begin();
      return;
    }
    await this.#body.push(bytes);
  }

  /** All has been written: resolves when the server has it. Until then a correct server shows nothing of it. */
  async finish(): Promise<void> {
    const { sender, name, at, gate } = this.stream;
    if (!this.#body)
      return await sender.send(bytesContent(name, Buffer.concat(this.#held)), at, gate);
    await gate();
    sender.options.signal.throwIfAborted();
    this.#body.end();
    await this.#answer;
  }

  /** Removes what was sent, unless a newer attempt may have put its file there. Never rejects. */
  async discard(): Promise<void> {
    const { sender, at } = this.stream;
    if (!this.#body || !this.isNew) return;
    await sender.options.mayTidy().then(
      () => removeAll(sender.target, [at]),
      () => {},
    );
  }

  async #begin(): Promise<void> {
    const body = new LiveBody();
    this.#body = body;
    this.#answer = this.#send(body);
    // A failure is thrown when the next bytes are written.
    this.#answer.catch((error: unknown) => body.fail(error));
    for (const bytes of this.#held.splice(0)) await body.push(bytes);
  }

  async #send(live: LiveBody): Promise<void> {
    const { sender, name, at } = this.stream;
    const { target, options } = sender;
    let isRead = false;
    const read = (): AsyncIterable<Uint8Array> => {
      if (isRead)
        throw new TaskError(
          "target_unwritable",
          `Cannot write the target ${quoteAddress(target.shown)}: it redirects, and what was sent is no longer here`,
        );
      isRead = true;
      return live.read();
    };
    try {
      await target.put(sender.counted({ name, read }), at, options);
    } catch (error) {
      throw target.failure(error);
    }
  }
}
