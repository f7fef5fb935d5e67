import { publishedName } from "../../manifest/write/published-names.ts";
import { nameSet } from "../set-names.ts";
import type { TargetWriter, WriteOptions } from "../storage.ts";
import { RemoteSender, type SendOptions, ungated } from "./remote-sender.ts";
import type { RemoteTarget } from "./remote-target.ts";
import { removeUnfinished } from "./remove-files.ts";
import { makeVisible, sendUnseen } from "./send-set.ts";
import { openStreamed, type StreamedFile } from "./streamed-file.ts";

/** Segments on their way at once; each is held in memory until it has arrived. */
const SENT_AT_ONCE = 4;

/** How a target is written. */
export type WriterOptions = WriteOptions &
  Pick<SendOptions, "retries" | "transfer"> & {
    /** Whether nothing lies at the target, so that half a file may be removed. */
    readonly isNew: boolean;
  };

/**
 * Writes a target as its bytes are made: a file appears whole with `publish`; the segments of a set bear names of their own,
 * and each is sent as soon as it is whole.
 */
export class RemoteWriter implements TargetWriter {
  readonly #files = new Map<string, StreamedFile>();
  readonly #sending = new Set<Promise<void>>();
  /** The published names of what was sent, or is about to be, before the set is visible. */
  readonly #sent: string[] = [];
  readonly #given = new AbortController();
  readonly #sender: RemoteSender;
  #failure: { readonly error: unknown } | undefined;
  #isPublishing = false;

  constructor(
    target: RemoteTarget,
    private readonly options: WriterOptions,
  ) {
    const signal = AbortSignal.any([options.signal, this.#given.signal]);
    this.#sender = new RemoteSender(target, { ...options, signal });
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.#throwFailure();
    await this.#fileOf(name).write(bytes);
  }

  async close(name: string): Promise<void> {
    this.#throwFailure();
    const file = this.#fileOf(name);
    // The entry waits for `publish`.
    if (!this.options.isSet) return;
    const sending: Promise<void> = file.finish().then(
      () => {
        this.#files.delete(name);
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
    const { entry, isSet } = this.options;
    if (isSet) return this.#publishSet(texts);
    await this.#fileOf(entry).finish();
    this.#files.delete(entry);
  }

  async discard(): Promise<void> {
    this.#given.abort();
    await Promise.all(this.#sending);
    await Promise.all([...this.#files.values()].map((file) => file.discard()));
    if (this.options.isSet && !this.#isPublishing)
      await removeUnfinished(this.#sender.target, this.options.tag, this.#sent);
  }

  async #publishSet(texts: ReadonlyMap<string, string>): Promise<void> {
    const { entry, tag } = this.options;
    const own = {
      entry: { name: entry, text: texts.get(entry) ?? "" },
      files: [],
      texts: new Map([...texts].filter(([name]) => name !== entry)),
    };
    const set = nameSet(own, tag, this.#sender.target.folder);
    this.#sent.push(...set.playlists.map(({ name }) => name));
    await sendUnseen(this.#sender, set);
    this.#isPublishing = true;
    await makeVisible(this.#sender, set, entry);
  }

  #fileOf(name: string): StreamedFile {
    const known = this.#files.get(name);
    if (known) return known;
    const { isSet, isNew, tag, mayPublish } = this.options;
    const at = isSet ? publishedName(name, tag) : undefined;
    if (at !== undefined) this.#sent.push(at);
    const gate = isSet ? ungated : mayPublish;
    const file = openStreamed({ sender: this.#sender, name, at, gate }, isNew);
    this.#files.set(name, file);
    return file;
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
