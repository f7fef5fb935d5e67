import { extname, join } from "node:path";
import { sendOut } from "../../net/egress.ts";
import { fileContent, playlistContent } from "../content.ts";
import { download } from "../remote/download.ts";
import { openReader } from "../remote/ranged-reader.ts";
import type { Remote } from "../remote/remote.ts";
import { sourceFailure, sourceStatus } from "../remote/remote-errors.ts";
import type { RetryLimits } from "../remote/retries.ts";
import { quietly, sendSet } from "../remote/send-set.ts";
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
import { httpSetPlaceOf, keyOf, readHttpAddress, readHttpTarget } from "./http-address.ts";
import { upload } from "./http-upload.ts";
import { HttpTargetWriter, isThere } from "./http-writer.ts";

/** Waits 0.5, 1 and 2 s: a restart of a server. What lasts longer is for the task's own retries. */
const RETRIES: RetryLimits = { failuresMax: 4, firstWaitMs: 500 };

/** How long servers are waited for. */
export type HttpStorageOptions = {
  /** Nothing sent or taken for so long ends a request. */
  readonly idleTimeoutMs: number;
  /** PEM texts of what signs their certificates, in place of the runtime's own list. */
  readonly trusted?: readonly string[] | undefined;
  readonly retries?: RetryLimits;
};

/**
 * Files behind http and https addresses: a source is fetched into scratch by GET, a target is sent by PUT, or by
 * POST where its scheme is `http+post` or `https+post`.
 *
 * HTTP has no rename: the request itself is the visible step, and whether a reader may see half of it is the server's
 * matter. Nor is there a way to take things away that every server knows: the segments of a replaced set, and those of
 * a set that was not finished, stay, also when a growing one has ended. They bear names of their own, so that no playlist mixes two sets.
 */
export class HttpStorage implements Storage {
  readonly schemes = ["http", "https", "http+post", "https+post"];
  readonly #limits: Required<HttpStorageOptions>;

  constructor({ idleTimeoutMs, trusted, retries = RETRIES }: HttpStorageOptions) {
    this.#limits = { idleTimeoutMs, trusted, retries };
  }

  async source(url: string): Promise<Address> {
    return { url, key: keyOf(readHttpAddress(url, "source")) };
  }

  async target(url: string): Promise<Address> {
    return { url, key: keyOf(readHttpTarget(url).address) };
  }

  async open(
    url: string,
    { folder, signal, onProgress = () => {} }: OpenOptions,
  ): Promise<OpenedSource> {
    signal.throwIfAborted();
    const address = readHttpAddress(url, "source");
    const path = join(folder, `source${extensionOf(address)}`);
    const options = { path, retries: this.#limits.retries, signal, onProgress };
    return { path, ...(await download(this.#remote(address, url, signal), options)) };
  }

  /** Sends nothing: what a server makes of a PUT is known from a PUT alone, and that would be seen. */
  async prepare(url: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    readHttpTarget(url);
  }

  async deliver(
    { entry, segments }: FinishedFiles,
    url: string,
    { tag, mayPublish, signal }: DeliveryOptions,
  ): Promise<void> {
    signal.throwIfAborted();
    const { address, method } = readHttpTarget(url);
    const limits = { ...this.#limits, method, signal };
    if (segments === undefined)
      return upload(await fileContent(entry), address, url, { ...limits, mayPublish });

    const { folder, inFolder } = httpSetPlaceOf(address);
    await sendSet({ entry, segments }, folder, { tag, mayPublish }, (content, own, leave) => {
      const at = own === undefined ? address : inFolder(own);
      return upload(content, at, url, { ...limits, mayPublish: leave });
    });
  }

  async openLiveSet(url: string, { mayPublish, signal }: DeliveryOptions): Promise<LiveSetWriter> {
    signal.throwIfAborted();
    const { address, method } = readHttpTarget(url);
    const { inFolder } = httpSetPlaceOf(address);
    const limits = { ...this.#limits, method, signal };
    return {
      add: async (path, name) => {
        signal.throwIfAborted();
        const content = await fileContent(path);
        await upload(content, inFolder(name), url, { ...limits, mayPublish: quietly });
      },
      list: (text) => upload(playlistContent(text), address, url, { ...limits, mayPublish }),
    };
  }

  folderOf(url: string): string {
    return httpSetPlaceOf(readHttpTarget(url).address).folder;
  }

  async read(url: string, signal: AbortSignal): Promise<SourceReader> {
    signal.throwIfAborted();
    const address = readHttpAddress(url, "source");
    const { retries } = this.#limits;
    const options = { extension: extensionOf(address), retries, signal };
    return openReader((ending) => this.#remote(address, url, ending), options);
  }

  async write(url: string, options: WriteOptions): Promise<TargetWriter> {
    options.signal.throwIfAborted();
    const { address: entry, method } = readHttpTarget(url);
    const place = { shown: url, ...httpSetPlaceOf(entry) };
    const { idleTimeoutMs, trusted } = this.#limits;
    const { isSet, signal } = options;
    const wasThere = isSet || (await isThere(entry, { idleTimeoutMs, trusted, signal }));
    return new HttpTargetWriter(place, { ...this.#limits, method, ...options }, wasThere);
  }

  #remote(address: URL, shown: string, signal: AbortSignal): Remote {
    const { idleTimeoutMs, trusted } = this.#limits;
    return {
      shown,
      get: (headers) =>
        sendOut(address, { method: "GET", headers, idleTimeoutMs, trusted, signal }),
      sameHeader: "if-range",
      refusal: async ({ status }) => sourceStatus(status, shown),
      failure: (error) => sourceFailure(error, shown),
    };
  }
}

/** Some formats are known by their extension alone. */
const extensionOf = ({ pathname }: URL): string => /^\.\w{1,8}$/.exec(extname(pathname))?.[0] ?? "";
