import { giveBack } from "../../lib/give-back.ts";
import { publishedName } from "../../manifest/write/published-names.ts";
import { bytesContent, type Content, textContent } from "../content.ts";
import { quietly } from "../remote/send-set.ts";
import { nameSet, publishedIn } from "../set-names.ts";
import type { TargetWriter, WriteOptions } from "../storage.ts";
import { type S3Place, s3SetPlaceOf } from "./s3-address.ts";
import type { S3Client } from "./s3-client.ts";
import { PART_BYTES, PartedUpload, type S3UploadOptions } from "./s3-parts.ts";
import { removeReplaced, removeUnfinished } from "./s3-sets.ts";
import { uploadObject } from "./s3-upload.ts";

/** Segments on their way at once; each is held in memory until it has arrived. */
const SENT_AT_ONCE = 4;

/** How a target is written. */
export type S3WriterOptions = S3UploadOptions & WriteOptions;

/**
 * Writes a target as its bytes are made: a file of more than a part goes in parts, and appears whole with `publish`. The
 * segments of a set bear names of their own, and leave as they are whole.
 */
export class S3TargetWriter implements TargetWriter {
  readonly #objects = new Map<string, OutgoingObject>();
  readonly #sending = new Set<Promise<void>>();
  readonly #given = new AbortController();
  readonly #options: S3UploadOptions;
  #failure: { readonly error: unknown } | undefined;
  #isPublishing = false;

  constructor(
    private readonly client: S3Client,
    private readonly place: S3Place,
    private readonly target: S3WriterOptions,
  ) {
    const { retries, tag, mayPublish, shown } = target;
    const signal = AbortSignal.any([target.signal, this.#given.signal]);
    this.#options = { retries, tag, mayPublish, shown, signal };
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.#throwFailure();
    await this.#objectOf(name).write(bytes);
  }

  async close(name: string): Promise<void> {
    this.#throwFailure();
    const object = this.#objectOf(name);
    // The entry waits for `publish`.
    if (!this.target.isSet) return;
    const sending: Promise<void> = object.finish().then(
      () => {
        this.#objects.delete(name);
        this.#sending.delete(sending);
      },
      (error: unknown) => {
        this.#failure ??= { error };
        this.#sending.delete(sending);
      },
    );
    this.#sending.add(sending);
    if (this.#sending.size >= SENT_AT_ONCE) await Promise.race(this.#sending);
    this.#throwFailure();
  }

  async publish(texts: ReadonlyMap<string, string>): Promise<void> {
    await Promise.all(this.#sending);
    this.#throwFailure();
    const { entry, isSet } = this.target;
    if (isSet) return this.#publishSet(texts);
    await this.#objectOf(entry).finish();
    this.#objects.delete(entry);
  }

  async discard(): Promise<void> {
    this.#given.abort();
    await Promise.all(this.#sending);
    await Promise.all([...this.#objects.values()].map((object) => object.discard()));
    if (this.target.isSet && !this.#isPublishing)
      await removeUnfinished(this.client, this.place, this.target.tag);
  }

  async #publishSet(texts: ReadonlyMap<string, string>): Promise<void> {
    const { client, place } = this;
    const { entry, tag } = this.target;
    const inFolder = new Map([...texts].filter(([name]) => name !== entry));
    const own = {
      entry: { name: entry, text: texts.get(entry) ?? "" },
      files: [],
      texts: inFolder,
    };
    const set = nameSet(own, tag, s3SetPlaceOf(place).folder);
    const send = (name: string, text: string, at: S3Place, options: S3UploadOptions) =>
      uploadObject(client, textContent(name, text), at, options);
    for (const { name, text } of set.playlists)
      await send(name, text, this.#inFolder(name), this.#quietly);
    // From here on a reader may have the new set.
    this.#isPublishing = true;
    for (const { name, text } of set.fixed)
      await send(name, text, this.#inFolder(name), this.#options);
    await send(entry, set.entry, place, this.#options);
    await removeReplaced(client, place, publishedIn(set, tag), this.#options.signal);
  }

  #objectOf(name: string): OutgoingObject {
    const { isSet, tag } = this.target;
    const known = this.#objects.get(name);
    if (known) return known;
    const object = isSet
      ? new OutgoingObject(
          this.client,
          name,
          this.#inFolder(publishedName(name, tag)),
          this.#quietly,
        )
      : new OutgoingObject(this.client, name, this.place, this.#options);
    this.#objects.set(name, object);
    return object;
  }

  #inFolder(name: string): S3Place {
    return s3SetPlaceOf(this.place).inFolder(name);
  }

  /** For what is seen by nobody until the playlist names it. */
  get #quietly(): S3UploadOptions {
    return { ...this.#options, mayPublish: quietly };
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

/** An object that is written bit by bit: one part is on its way while the next one is gathered. */
class OutgoingObject {
  #part: Uint8Array | undefined;
  #partBytes = 0;
  #parts = 0;
  /** Of the part before, once it has arrived. */
  #spare: Uint8Array | undefined;
  #upload: PartedUpload | undefined;
  #onItsWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: S3Client,
    private readonly name: string,
    private readonly place: S3Place,
    private readonly options: S3UploadOptions,
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

  /** All has been written: resolves when the store has it. */
  async finish(): Promise<void> {
    const { client, place, options } = this;
    if (this.#upload) {
      await this.#sendPart();
      await this.#onItsWay;
      await this.#upload.complete();
    } else await uploadObject(client, this.#content(), place, options);
    for (const part of [this.#part, this.#spare]) if (part) giveBack(part);
  }

  /** Takes away what was sent. Never rejects. */
  async discard(): Promise<void> {
    await this.#onItsWay.catch(() => {});
    await this.#upload?.abort();
  }

  async #sendPart(): Promise<void> {
    await this.#onItsWay;
    const { client, name, place, options } = this;
    const upload = this.#upload ?? (await PartedUpload.begin(client, name, place, options));
    this.#upload = upload;
    this.#parts += 1;
    this.#onItsWay = upload.send(this.#parts, this.#content());
    // Told where the next part is sent.
    this.#onItsWay.catch(() => {});
    [this.#part, this.#spare] = [this.#spare, this.#part];
    this.#partBytes = 0;
  }

  #content(): Content {
    return bytesContent(this.name, (this.#part ?? NOTHING).subarray(0, this.#partBytes));
  }
}

const NOTHING = new Uint8Array(0);
