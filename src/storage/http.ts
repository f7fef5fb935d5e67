import { extname, join } from "node:path";
import { inBatches } from "./batches.ts";
import { fileContent, textContent } from "./content.ts";
import { keyOf, readHttpAddress, readHttpTarget } from "./http-address.ts";
import { download } from "./http-download.ts";
import { openReader } from "./http-reader.ts";
import { upload } from "./http-upload.ts";
import { HttpTargetWriter, isThere } from "./http-writer.ts";
import type { RetryLimits } from "./retries.ts";
import { type PublishedText, readSet, segmentFolderOf } from "./set-names.ts";
import type {
  Address,
  DeliveryOptions,
  OpenedSource,
  OpenOptions,
  Parcel,
  SourceReader,
  Storage,
  TargetWriter,
  WriteOptions,
} from "./storage.ts";

/** Segments on their way at once: enough to hide the answers' travel, few enough for any server. */
const PUTS_AT_ONCE = 4;
/** Waits 0.5, 1 and 2 s: a restart of a server. What lasts longer is for the task's own retries. */
const RETRIES: RetryLimits = { failuresMax: 4, firstWaitMs: 500 };

/** How long servers are waited for. */
export type HttpStorageOptions = {
  /** Nothing sent or taken for so long ends a request. */
  readonly idleTimeoutMs: number;
  readonly retries?: RetryLimits;
};

/**
 * Files behind http and https addresses: a source is fetched into scratch by GET, a target is sent by PUT.
 *
 * HTTP has no rename: the PUT itself is the visible step, and whether a reader may see half of it is the server's
 * matter. Nor is there a way to take things away that every server knows: the segments of a replaced set, and those of
 * a set that was not finished, stay. They bear names of their own, so that no playlist mixes two sets.
 */
export class HttpStorage implements Storage {
  readonly schemes = ["http", "https"];
  readonly #limits: { readonly idleTimeoutMs: number; readonly retries: RetryLimits };

  constructor({ idleTimeoutMs, retries = RETRIES }: HttpStorageOptions) {
    this.#limits = { idleTimeoutMs, retries };
  }

  async source(url: string): Promise<Address> {
    return { url, key: keyOf(readHttpAddress(url, "source")) };
  }

  async target(url: string): Promise<Address> {
    return { url, key: keyOf(readHttpTarget(url)) };
  }

  async open(
    url: string,
    { folder, signal, onProgress = () => {} }: OpenOptions,
  ): Promise<OpenedSource> {
    signal.throwIfAborted();
    const address = readHttpAddress(url, "source");
    const path = join(folder, `source${extensionOf(address)}`);
    const options = { ...this.#limits, path, signal, onProgress };
    return { path, sizeBytes: await download(address, url, options) };
  }

  /** Sends nothing: what a server makes of a PUT is known from a PUT alone, and that would be seen. */
  async prepare(url: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    readHttpTarget(url);
  }

  async deliver(
    { entry, segments }: Parcel,
    url: string,
    { tag, mayPublish, signal }: DeliveryOptions,
  ): Promise<void> {
    signal.throwIfAborted();
    const address = readHttpTarget(url);
    const options = { ...this.#limits, signal, mayPublish };
    if (segments === undefined) return upload(await fileContent(entry), address, url, options);

    const folder = segmentFolderOf(address.pathname);
    const name = decoded(folder.slice(folder.lastIndexOf("/") + 1));
    const set = await readSet({ entry, segments }, tag, name);
    // All looked at first, so that nothing is sent of a set that is not whole.
    const contents = await Promise.all(
      set.segments.map(async (segment) => ({
        content: await fileContent(join(segments, segment.own)),
        url: beside(address, `${folder}/${encodeURIComponent(segment.name)}`),
      })),
    );
    await mayPublish();
    // A segment is seen by nobody until the playlist names it: one leave is enough for all.
    const quietly = { ...options, mayPublish: async () => {} };
    await inBatches(contents, PUTS_AT_ONCE, (each) => upload(each.content, each.url, url, quietly));
    const put = ({ name, text }: PublishedText, how: typeof options) =>
      upload(
        textContent(name, text),
        beside(address, `${folder}/${encodeURIComponent(name)}`),
        url,
        how,
      );
    for (const playlist of set.playlists) await put(playlist, quietly);
    for (const fixed of set.fixed) await put(fixed, options);
    await upload(textContent(entry, set.entry), address, url, options);
  }

  async read(url: string, signal: AbortSignal): Promise<SourceReader> {
    signal.throwIfAborted();
    const address = readHttpAddress(url, "source");
    const options = { ...this.#limits, extension: extensionOf(address), signal };
    return await openReader(address, url, options);
  }

  async write(url: string, options: WriteOptions): Promise<TargetWriter> {
    options.signal.throwIfAborted();
    const entry = readHttpTarget(url);
    const path = segmentFolderOf(entry.pathname);
    const place = {
      shown: url,
      entry,
      folder: decoded(path.slice(path.lastIndexOf("/") + 1)),
      inFolder: (name: string) => beside(entry, `${path}/${encodeURIComponent(name)}`),
    };
    const { idleTimeoutMs } = this.#limits;
    const wasThere = options.isSet || (await isThere(entry, { idleTimeoutMs, ...options }));
    return new HttpTargetWriter(place, { ...this.#limits, ...options }, wasThere);
  }
}

/** Some formats are known by their extension alone. */
const extensionOf = ({ pathname }: URL): string => /^\.\w{1,8}$/.exec(extname(pathname))?.[0] ?? "";

/** The address with another path; what it carries besides (user info, query) stays. */
function beside(address: URL, path: string): URL {
  const url = new URL(address);
  url.pathname = path;
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
