import { sendOut } from "../../net/egress.ts";
import { LiveBody } from "../../net/live-body.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import { bytesContent, contentType } from "../content.ts";
import { targetEarly, targetFailure, targetStatus } from "../remote/remote-errors.ts";
import { type UploadOptions, upload } from "./http-upload.ts";

/** Up to this size a file is sent when it is whole, with its length, and again where that can help. */
const HELD_BYTES_MAX = 8 << 20;

/** A file that is written bit by bit and sent by one PUT: a small one when it is whole, a large one as it grows, once. */
export class OutgoingFile {
  sizeBytes = 0;
  #held: Uint8Array[] = [];
  #body: LiveBody | undefined;
  /** Of a PUT that has begun: rejects with what is wrong with it, resolves when the server has all. */
  #answer: Promise<void> = Promise.resolve();

  /** @param shown - the address as the caller wrote it, for errors */
  constructor(
    private readonly name: string,
    private readonly url: URL,
    private readonly shown: string,
    private readonly options: UploadOptions,
  ) {}

  /** Whether a part of it may have come to the server. */
  get hasBegun(): boolean {
    return this.#body !== undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.sizeBytes += bytes.length;
    if (!this.#body) {
      this.#held.push(new Uint8Array(bytes));
      if (this.sizeBytes > HELD_BYTES_MAX) await this.#begin();
      return;
    }
    await this.#body.push(bytes);
  }

  /** All has been written: resolves when the server has it. Until then a server that keeps its word shows nothing of it. */
  async finish(): Promise<void> {
    const { signal, mayPublish } = this.options;
    if (!this.#body) {
      const held = Buffer.concat(this.#held);
      const content = bytesContent(this.name, held);
      return await upload(content, this.url, this.shown, this.options);
    }
    await mayPublish();
    signal.throwIfAborted();
    this.#body.end();
    await this.#answer;
  }

  async #begin(): Promise<void> {
    const body = new LiveBody();
    this.#body = body;
    this.#answer = this.#send(body);
    // Told where the next bytes are written.
    this.#answer.then(
      () => body.fail(targetEarly(this.shown)),
      (error: unknown) => body.fail(error),
    );
    for (const bytes of this.#held.splice(0)) await body.push(bytes);
  }

  async #send(live: LiveBody): Promise<void> {
    const { method, trusted, idleTimeoutMs, signal } = this.options;
    let isRead = false;
    const read = (): AsyncIterable<Uint8Array> => {
      if (isRead)
        throw new TaskError(
          "target_unwritable",
          `Cannot write the target ${quoteAddress(this.shown)}: it redirects, and what was sent is no longer here`,
        );
      isRead = true;
      return live.read();
    };
    try {
      const headers = { "content-type": contentType(this.name) };
      const body = { read };
      const request = { method, trusted, headers, body, idleTimeoutMs, signal };
      const answer = await sendOut(this.url, request);
      answer.close();
      if (answer.status < 200 || answer.status > 299) throw targetStatus(answer.status, this.shown);
      if (!answer.isAfterBody) throw targetEarly(this.shown);
    } catch (error) {
      throw targetFailure(error, this.shown);
    }
  }
}
