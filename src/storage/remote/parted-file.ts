import { giveBack } from "../../lib/give-back.ts";
import { bytesContent, type Content } from "../content.ts";
import { PART_BYTES, type StreamOptions, takeBack } from "./remote-sender.ts";
import type { PartedUpload, PartVerbs } from "./remote-target.ts";

const NOTHING = new Uint8Array(0);

/** A file that is written bit by bit: one part is on its way while the next one is gathered. */
export class PartedFile {
  #part: Uint8Array | undefined;
  #partBytes = 0;
  #parts = 0;
  /** The buffer of the part before, once that has arrived. */
  #spare: Uint8Array | undefined;
  #upload: PartedUpload | undefined;
  #onItsWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly stream: StreamOptions,
    private readonly parts: PartVerbs,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#partBytes === PART_BYTES) await this.#sendPart();
      this.#part ??= new Uint8Array(PART_BYTES);
      const piece = bytes.subarray(at, at + PART_BYTES - this.#partBytes);
      this.#part.set(piece, this.#partBytes);
      this.#partBytes += piece.length;
      at += piece.length;
    }
  }

  /** All has been written: resolves when the server has it. */
  async finish(): Promise<void> {
    const { sender, at, gate } = this.stream;
    if (this.#upload) {
      const upload = this.#upload;
      await this.#sendPart();
      await this.#onItsWay;
      await sender.persist(() => upload.complete(), gate);
    } else await sender.send(this.#content(), at, gate);
    for (const part of [this.#part, this.#spare]) if (part) giveBack(part);
  }

  /** Removes what was sent. Never rejects. */
  async discard(): Promise<void> {
    await this.#onItsWay.catch(() => {});
    if (this.#upload) await takeBack(this.#upload);
  }

  async #sendPart(): Promise<void> {
    await this.#onItsWay;
    const { sender, name, at } = this.stream;
    const upload = this.#upload ?? (await sender.begin(this.parts, name, at));
    this.#upload = upload;
    this.#parts += 1;
    const [number, content] = [this.#parts, this.#content()];
    this.#onItsWay = sender.persist(() => upload.send(number, sender.counted(content)));
    // A failure is thrown when the next part is sent.
    this.#onItsWay.catch(() => {});
    [this.#part, this.#spare] = [this.#spare, this.#part];
    this.#partBytes = 0;
  }

  #content(): Content {
    return bytesContent(this.stream.name, (this.#part ?? NOTHING).subarray(0, this.#partBytes));
  }
}
