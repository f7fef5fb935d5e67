import { extname, join } from "node:path";
import {
  ANY_TRANSFER,
  sourceTooLarge,
  TransferBudget,
  type TransferLimits,
} from "../../net/transfer-budget.ts";
import type {
  Address,
  DeliveryOptions,
  DisklessStorage,
  FinishedFiles,
  Left,
  LiveSetWriter,
  OpenedSource,
  OpenOptions,
  PrepareOptions,
  SourceReader,
  TargetWriter,
  TidyOptions,
  WriteOptions,
} from "../storage.ts";
import type { RemoteSender, SendOptions } from "./remote-sender.ts";
import type { RemoteSource } from "./remote-source.ts";
import type { RemoteTarget } from "./remote-target.ts";
import type { RetryLimits } from "./retries.ts";

/** Waits 0.5, 1 and 2 s: a restart of a server. Longer outages are left to the retries of the task. */
const RETRIES: RetryLimits = { failuresMax: 4, firstWaitMs: 500 };

/** What a protocol says of itself. */
export type Protocol = {
  /** As `Storage.schemes`. */
  readonly schemes: readonly string[];
  /** Judges an address as a source; touches nothing. @throws {TaskError} as `Storage.source` */
  source(url: string): RemoteSource;
  /** Judges an address as a target; touches nothing. @throws {TaskError} as `Storage.target` */
  target(url: string): RemoteTarget;
};

/** How servers are waited for. */
export type RemoteLimits = {
  /** Nothing sent or taken for so long ends a request. */
  readonly idleTimeoutMs: number;
  /** PEM texts of what signs their certificates, in place of the runtime's own list. */
  readonly trusted?: readonly string[] | undefined;
  readonly retries?: RetryLimits | undefined;
  readonly transfer?: TransferLimits | undefined;
};

/**
 * Files on servers: a source is fetched into scratch or read in place, a target is sent. What does that is loaded when it is first done:
 * to judge addresses takes nothing of it.
 */
export class RemoteStorage implements DisklessStorage {
  readonly schemes: readonly string[];
  private readonly retries: RetryLimits;
  private readonly transfer: TransferLimits;

  constructor(
    private readonly protocol: Protocol,
    { retries = RETRIES, transfer = ANY_TRANSFER }: Pick<RemoteLimits, "retries" | "transfer">,
  ) {
    this.retries = retries;
    this.transfer = transfer;
    this.schemes = protocol.schemes;
  }

  async source(url: string): Promise<Address> {
    return { url, key: this.protocol.source(url).key };
  }

  async target(url: string): Promise<Address> {
    const { key, set } = this.protocol.target(url);
    return { url, key, ...(set && { set }) };
  }

  async open(
    url: string,
    { folder, signal, roomToFetch, budget = this.budget(), onProgress = () => {} }: OpenOptions,
  ): Promise<OpenedSource> {
    signal.throwIfAborted();
    const source = this.protocol.source(url);
    const path = join(folder, `source${extensionOf(source)}`);
    const room = roomToFetch && { roomToFetch };
    const { retries } = this;
    const options = { path, retries, signal, onProgress, budget, ...room };
    const { download } = await import("./download.ts");
    return { path, ...(await download(source, options)) };
  }

  async read(url: string, signal: AbortSignal): Promise<SourceReader> {
    signal.throwIfAborted();
    const source = this.protocol.source(url);
    const { retries, transfer } = this;
    // Its bytes are read again and again.
    const budget = new TransferBudget({ ...transfer, bytesMax: Number.POSITIVE_INFINITY }, "sends");
    const options = { extension: extensionOf(source), retries, signal, budget };
    const { openReader } = await import("./ranged-reader.ts");
    const reader = await openReader(source, options);
    if (reader.sizeBytes <= transfer.bytesMax) return reader;
    reader.close();
    throw sourceTooLarge(transfer.bytesMax);
  }

  budget(most = Number.POSITIVE_INFINITY): TransferBudget {
    const bytesMax = Math.min(most, this.transfer.bytesMax);
    const isForLess = bytesMax < this.transfer.bytesMax;
    return new TransferBudget({ ...this.transfer, bytesMax, isForLess }, "sends");
  }

  /** Asks only servers that take parts: others show what they make of a file only when it is sent, which would be visible. */
  async prepare(url: string, options: PrepareOptions): Promise<void> {
    const { signal } = options;
    signal.throwIfAborted();
    const target = this.protocol.target(url);
    const { parts } = target;
    if (!parts) return;
    await parts.sweep(options);
    const { ungated } = await import("./remote-sender.ts");
    const sender = await this.#senderTo(target, { ...options, mayPublish: ungated });
    await sender.persist(() => parts.tryOut(signal));
  }

  async deliver(finished: FinishedFiles, url: string, options: DeliveryOptions): Promise<void> {
    options.signal.throwIfAborted();
    const sender = await this.#senderTo(this.protocol.target(url), options);
    const { deliverFiles } = await import("./send-set.ts");
    await deliverFiles(sender, finished);
  }

  async openLiveSet(url: string, options: DeliveryOptions): Promise<LiveSetWriter> {
    options.signal.throwIfAborted();
    const target = this.protocol.target(url);
    await target.parts?.sweep(options);
    const sender = await this.#senderTo(target, options, { isLive: true });
    const { RemoteLiveSet } = await import("./remote-live-set.ts");
    return new RemoteLiveSet(sender);
  }

  async sweep(url: string, left: Left, options: TidyOptions): Promise<void> {
    options.signal.throwIfAborted();
    const { sweepLeft } = await import("./remove-files.ts");
    await sweepLeft(this.protocol.target(url), left, options);
  }

  async remove(url: string, signal: AbortSignal): Promise<void> {
    const { withRetries } = await import("./retries.ts");
    const target = this.protocol.target(url);
    const removed = async () => {
      try {
        await target.remove(undefined, signal);
      } catch (error) {
        throw target.failure(error);
      }
    };
    await withRetries(removed, this.retries, signal);
  }

  folderOf(url: string): string {
    return this.protocol.target(url).folder;
  }

  async write(url: string, options: WriteOptions): Promise<TargetWriter> {
    options.signal.throwIfAborted();
    const target = this.protocol.target(url);
    const isNew = !options.isSet && (await target.exists?.(options.signal)) === false;
    const { RemoteWriter } = await import("./remote-writer.ts");
    return new RemoteWriter(target, { ...options, ...this.#limits, isNew });
  }

  get #limits(): Pick<SendOptions, "retries" | "transfer"> {
    return { retries: this.retries, transfer: this.transfer };
  }

  async #senderTo(
    target: RemoteTarget,
    options: DeliveryOptions,
    more: Pick<SendOptions, "isLive"> = {},
  ): Promise<RemoteSender> {
    const { RemoteSender } = await import("./remote-sender.ts");
    return new RemoteSender(target, { ...options, ...this.#limits, ...more });
  }
}

const extensionOf = ({ path }: RemoteSource): string =>
  /^\.\w{1,8}$/.exec(extname(path))?.[0] ?? "";
