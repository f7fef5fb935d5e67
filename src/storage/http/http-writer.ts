import { inBatches } from "../../lib/batches.ts";
import { type PublishedText, publishedName } from "../../manifest/write/published-names.ts";
import { type OutRequest, sendOut } from "../../net/egress.ts";
import { textContent } from "../content.ts";
import { quietly } from "../remote/send-set.ts";
import { nameSet } from "../set-names.ts";
import type { TargetWriter, WriteOptions } from "../storage.ts";
import type { HttpSetPlace } from "./http-address.ts";
import { OutgoingFile } from "./http-outgoing.ts";
import { type UploadOptions, upload } from "./http-upload.ts";

/** Segments on their way at once; each is held in memory until it has arrived. */
const PUTS_AT_ONCE = 4;
const DELETES_AT_ONCE = 8;
/** Taking away is a courtesy: it may not hold up the end of a task for long. */
const DISCARD_MS_MAX = 10_000;

/** Where a target's files go. */
export type WriterPlace = HttpSetPlace & {
  /** As the caller wrote it, for errors. */
  readonly shown: string;
};

/** How they are sent; `entry` and `isSet` of the target as of the port. */
export type WriterOptions = Omit<UploadOptions, "mayPublish"> & WriteOptions;

/**
 * Writes a target by PUT as its bytes are made.
 *
 * Of a file, the last byte leaves with `publish`: a server that keeps what was cut off shows half a file, which is taken away
 * again where there was none before. The segments of a set bear names of their own, and leave as they are whole.
 */
export class HttpTargetWriter implements TargetWriter {
  readonly #files = new Map<string, OutgoingFile>();
  readonly #sending = new Set<Promise<void>>();
  readonly #sent: string[] = [];
  readonly #given = new AbortController();
  readonly #options: UploadOptions;
  #failure: { readonly error: unknown } | undefined;
  #isPublishing = false;

  /** @param wasThere - whether something lies at the address that must not be taken away */
  constructor(
    private readonly place: WriterPlace,
    private readonly target: WriterOptions,
    private readonly wasThere: boolean,
  ) {
    const signal = AbortSignal.any([target.signal, this.#given.signal]);
    const { method, trusted, idleTimeoutMs, retries, mayPublish } = target;
    this.#options = { method, trusted, idleTimeoutMs, retries, signal, mayPublish };
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.#throwFailure();
    const file = this.#files.get(name) ?? this.#open(name);
    await file.write(bytes);
  }

  async close(name: string): Promise<void> {
    this.#throwFailure();
    const file = this.#files.get(name) ?? this.#open(name);
    // The last byte of the entry waits for `publish`.
    if (!this.target.isSet) return;
    this.#files.delete(name);
    const sending: Promise<void> = file.finish().then(
      () => void this.#sending.delete(sending),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#sending.delete(sending);
      },
    );
    this.#sending.add(sending);
    if (this.#sending.size >= PUTS_AT_ONCE) await Promise.race(this.#sending);
    this.#throwFailure();
  }

  async publish(texts: ReadonlyMap<string, string>): Promise<void> {
    await Promise.all(this.#sending);
    this.#throwFailure();
    const { entry, isSet, tag } = this.target;
    if (!isSet) {
      const file = this.#files.get(entry) ?? this.#open(entry);
      await file.finish();
      this.#files.delete(entry);
      return;
    }
    const inFolder = new Map([...texts].filter(([name]) => name !== entry));
    const own = {
      entry: { name: entry, text: texts.get(entry) ?? "" },
      files: [],
      texts: inFolder,
    };
    const set = nameSet(own, tag, this.place.folder);
    for (const text of set.playlists) await this.#sendText(text, this.#quietly);
    // From here on a reader may have the new set.
    this.#isPublishing = true;
    for (const text of set.fixed) await this.#sendText(text, this.#options);
    const content = textContent(entry, set.entry);
    await upload(content, this.place.entry, this.place.shown, this.#options);
  }

  async discard(): Promise<void> {
    this.#given.abort();
    await Promise.all(this.#sending);
    if (this.#isPublishing) return;
    const isEntryLeft = !this.target.isSet && this.#files.get(this.target.entry)?.hasBegun === true;
    const urls = [
      ...(isEntryLeft && !this.wasThere ? [this.place.entry] : []),
      ...this.#sent.map((name) => this.place.inFolder(name)),
    ];
    const signal = AbortSignal.timeout(DISCARD_MS_MAX);
    await inBatches(urls, DELETES_AT_ONCE, (url) => this.#remove(url, signal));
  }

  #open(name: string): OutgoingFile {
    const { isSet, tag } = this.target;
    const published = publishedName(name, tag);
    if (isSet) this.#sent.push(published);
    const url = isSet ? this.place.inFolder(published) : this.place.entry;
    const file = new OutgoingFile(
      name,
      url,
      this.place.shown,
      isSet ? this.#quietly : this.#options,
    );
    this.#files.set(name, file);
    return file;
  }

  /** For what is seen by nobody until the playlist names it. */
  get #quietly(): UploadOptions {
    return { ...this.#options, mayPublish: quietly };
  }

  async #sendText({ name, text }: PublishedText, options: UploadOptions): Promise<void> {
    this.#sent.push(name);
    await upload(textContent(name, text), this.place.inFolder(name), this.place.shown, options);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #remove(url: URL, signal: AbortSignal): Promise<void> {
    const { idleTimeoutMs, trusted } = this.#options;
    const request = { method: "DELETE", headers: {}, idleTimeoutMs, trusted, signal } as const;
    // What cannot be taken away stays: a server may know no DELETE.
    await sendOut(url, request).then(
      (answer) => answer.close(),
      () => {},
    );
  }
}

/** Whether something lies at an address; true where that cannot be found out. */
export async function isThere(
  url: URL,
  options: Pick<OutRequest, "idleTimeoutMs" | "trusted" | "signal">,
): Promise<boolean> {
  try {
    const answer = await sendOut(url, { method: "HEAD", headers: {}, ...options });
    answer.close();
    return answer.status !== 404 && answer.status !== 410;
  } catch {
    options.signal.throwIfAborted();
    return true;
  }
}
