import { extname, join } from "node:path";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { fileContent, playlistContent } from "../content.ts";
import { download } from "../remote/download.ts";
import { openReader } from "../remote/ranged-reader.ts";
import type { Remote } from "../remote/remote.ts";
import type { RetryLimits } from "../remote/retries.ts";
import { quietly, sendSet } from "../remote/send-set.ts";
import { mentionedIn, type PublishedSet, publishedIn } from "../set-names.ts";
import type {
  Address,
  DeliveryOptions,
  FinishedFiles,
  LiveSetWriter,
  OpenedSource,
  OpenOptions,
  SourceReader,
  Storage,
  TargetWriter,
  WriteOptions,
} from "../storage.ts";
import { readS3Address, type S3Place, s3SetPlaceOf } from "./s3-address.ts";
import { refusalOf, type S3Access, S3Client } from "./s3-client.ts";
import { s3SourceFailure } from "./s3-errors.ts";
import type { S3UploadOptions } from "./s3-parts.ts";
import { removeReplaced, removeUnfinished } from "./s3-sets.ts";
import { abortUploads, tryUpload, uploadObject } from "./s3-upload.ts";
import { S3TargetWriter } from "./s3-writer.ts";

/** Waits 0.5, 1 and 2 s: a restart of a server. What lasts longer is for the task's own retries. */
const RETRIES: RetryLimits = { failuresMax: 4, firstWaitMs: 500 };

/** Which object store, and how long it is waited for. */
export type S3StorageOptions = {
  readonly access: S3Access;
  /** Nothing sent or taken for so long ends a request. */
  readonly idleTimeoutMs: number;
  /** PEM texts of what signs its certificate, in place of the runtime's own list. */
  readonly trusted?: readonly string[] | undefined;
  readonly retries?: RetryLimits;
};

/**
 * Objects of one S3 store: a source is fetched into scratch, a target is written in parts and appears whole.
 *
 * A set's segments are objects below the playlist's name; those of the set it replaces are removed after it.
 */
export class S3Storage implements Storage {
  readonly schemes = ["s3"];
  readonly #client: S3Client;
  readonly #retries: RetryLimits;

  constructor({ access, idleTimeoutMs, trusted, retries = RETRIES }: S3StorageOptions) {
    this.#client = new S3Client(access, { idleTimeoutMs, trusted });
    this.#retries = retries;
  }

  async source(url: string): Promise<Address> {
    return { url, key: keyOf(readS3Address(url, "source")) };
  }

  async target(url: string): Promise<Address> {
    return { url, key: keyOf(readS3Address(url, "target")) };
  }

  async open(
    url: string,
    { folder, signal, onProgress = () => {} }: OpenOptions,
  ): Promise<OpenedSource> {
    signal.throwIfAborted();
    const place = readS3Address(url, "source");
    const path = join(folder, `source${extensionOf(place)}`);
    const options = { path, retries: this.#retries, signal, onProgress };
    const { sizeBytes } = await download(this.#remote(place, url, signal), options);
    // The type is left out: whoever put the object there chose it.
    return { path, sizeBytes, foundAt: url };
  }

  async read(url: string, signal: AbortSignal): Promise<SourceReader> {
    signal.throwIfAborted();
    const place = readS3Address(url, "source");
    const options = { extension: extensionOf(place), retries: this.#retries, signal };
    return openReader((ending) => this.#remote(place, url, ending), options);
  }

  #remote(place: S3Place, shown: string, signal: AbortSignal): Remote {
    return {
      shown,
      get: (headers) => this.#client.send({ method: "GET", ...place, headers, signal }),
      sameHeader: "if-match",
      refusal: async (answer) => s3SourceFailure(await refusalOf(answer), shown),
      failure: (error) => s3SourceFailure(error, shown),
    };
  }

  /** Begins an upload and takes it back: the leave to write is found out, and nobody sees it. */
  async prepare(url: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const place = readS3Address(url, "target");
    await abortUploads(this.#client, place, signal);
    await tryUpload(this.#client, place, { retries: this.#retries, signal, shown: url });
  }

  async deliver(
    { entry, segments }: FinishedFiles,
    url: string,
    { tag, mayPublish, signal }: DeliveryOptions,
  ): Promise<void> {
    signal.throwIfAborted();
    const place = readS3Address(url, "target");
    const options = { retries: this.#retries, signal, tag, mayPublish, shown: url };
    await abortUploads(this.#client, place, signal);
    if (segments === undefined)
      return uploadObject(this.#client, await fileContent(entry), place, options);
    await this.#deliverSet({ entry, segments }, place, options);
  }

  async #deliverSet(
    { entry, segments }: Required<FinishedFiles>,
    place: S3Place,
    options: S3UploadOptions,
  ): Promise<void> {
    const { folder, inFolder } = s3SetPlaceOf(place);
    const { tag, signal } = options;
    let set: PublishedSet;
    try {
      set = await sendSet({ entry, segments }, folder, options, (content, own, mayPublish) => {
        const at = own === undefined ? place : inFolder(own);
        return uploadObject(this.#client, content, at, { ...options, mayPublish });
      });
    } catch (error) {
      await removeUnfinished(this.#client, place, tag);
      throw error;
    }
    await removeReplaced(this.#client, place, publishedIn(set, tag), signal);
  }

  async openLiveSet(
    url: string,
    { tag, mayPublish, signal }: DeliveryOptions,
  ): Promise<LiveSetWriter> {
    signal.throwIfAborted();
    const client = this.#client;
    const place = readS3Address(url, "target");
    const { inFolder } = s3SetPlaceOf(place);
    const options = { retries: this.#retries, signal, tag, mayPublish, shown: url };
    await abortUploads(client, place, signal);
    // Those with names of their own: no playlist need name them.
    const fixed = new Set<string>();
    return {
      add: async (path, name) => {
        signal.throwIfAborted();
        if (FIXED_NAMES.includes(name)) fixed.add(name);
        const content = await fileContent(path);
        await uploadObject(client, content, inFolder(name), { ...options, mayPublish: quietly });
      },
      list: async (text, isLast) => {
        signal.throwIfAborted();
        await uploadObject(client, playlistContent(text), place, options);
        if (!isLast) return;
        const isNamed = mentionedIn(text);
        await removeReplaced(client, place, (name) => isNamed(name) || fixed.has(name), signal);
      },
    };
  }

  folderOf(url: string): string {
    return s3SetPlaceOf(readS3Address(url, "target")).folder;
  }

  async write(url: string, options: WriteOptions): Promise<TargetWriter> {
    options.signal.throwIfAborted();
    const place = readS3Address(url, "target");
    return new S3TargetWriter(this.#client, place, {
      ...options,
      retries: this.#retries,
      shown: url,
    });
  }
}

/** Some formats are known by their extension alone. */
const extensionOf = ({ key }: S3Place): string => /^\.\w{1,8}$/.exec(extname(key))?.[0] ?? "";

const keyOf = ({ bucket, key }: S3Place): string => `s3://${bucket}/${key}`;
