import { inBatches } from "../../lib/batches.ts";
import { TransferBudget, type TransferLimits } from "../../net/transfer-budget.ts";
import type { Content } from "../content.ts";
import type { DeliveryOptions } from "../storage.ts";
import type { At, Outgoing, PartedUpload, PartVerbs, RemoteTarget } from "./remote-target.ts";
import { type RetryLimits, withRetries } from "./retries.ts";

/** What is larger goes in parts. The smallest that all stores take is 5 MiB. */
export const PART_BYTES = 8 << 20;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html; some stores take no more than 1,000 */
const PARTS_MAX = 1_000;
/** Enough to hide the latency of the answers. */
const PARTS_AT_ONCE = 3;
/** How long a failed or stopped upload may take to remove its parts. */
const ABORT_TIMEOUT_MS = 10_000;

/** The publish gate: rejects if the attempt may not publish. Called right before each try of a visible step. */
export type Gate = () => Promise<void>;

/** The gate for a file that nobody sees before a playlist names it. */
export const ungated: Gate = async () => {};

/** How files are sent to a target. */
export type SendOptions = DeliveryOptions & {
  readonly retries: RetryLimits;
  readonly transfer: TransferLimits;
  /** The target takes files for as long as a live stream lasts: each has a budget of its own. */
  readonly isLive?: true;
};

/** Sends files to one target, with retries. */
export class RemoteSender {
  readonly #budget: TransferBudget;

  constructor(
    readonly target: RemoteTarget,
    readonly options: SendOptions,
  ) {
    this.#budget = new TransferBudget(options.transfer, "takes");
  }

  /**
   * Sends a file: a small one by one request, a larger one in parts if the server takes them, which nobody sees before the
   * last step. If it fails or is stopped, its parts are removed.
   *
   * @throws {TaskError} `target_unwritable`, `target_full`, `target_unreachable`, `internal`; what `gate` threw
   */
  async send(content: Content, at: At, gate: Gate): Promise<void> {
    const { parts } = this.target;
    const budget = this.options.isLive
      ? new TransferBudget(this.options.transfer, "takes")
      : this.#budget;
    if (!parts || content.sizeBytes <= PART_BYTES) {
      const counted = { ...content, read: () => budget.counting(content.read()) };
      return this.persist(() => this.target.put(counted, at, this.options), gate);
    }
    const upload = await this.begin(parts, content.name, at);
    try {
      await inBatches(partsOf(content.sizeBytes), PARTS_AT_ONCE, (part) => {
        const { number, fromByte, sizeBytes } = part;
        const read = () => budget.counting(content.read(fromByte, sizeBytes));
        return this.persist(() => upload.send(number, { sizeBytes, read }));
      });
      await this.persist(() => upload.complete(), gate);
    } catch (error) {
      await takeBack(upload);
      this.options.signal.throwIfAborted();
      throw error;
    }
  }

  /** A body that is sent in another way than by `send`: what the server takes of it counts as well. */
  counted<Body extends Pick<Outgoing, "read">>(body: Body): Body {
    return { ...body, read: () => this.#budget.counting(body.read()) };
  }

  /** Begins an upload in parts. @throws {TaskError} as `send` */
  begin(parts: PartVerbs, name: string, at: At): Promise<PartedUpload> {
    return this.persist(() => parts.begin(name, at, this.options));
  }

  /** Does something to the target, with retries. @throws {TaskError} as `send` */
  persist<T>(action: () => Promise<T>, gate: Gate = ungated): Promise<T> {
    const { retries, signal } = this.options;
    const told = async () => {
      await gate();
      signal.throwIfAborted();
      try {
        return await action();
      } catch (error) {
        throw this.target.failure(error);
      }
    };
    return withRetries(told, retries, signal);
  }
}

/** How a file is sent while it is written; the extension of its name says what it is. */
export type StreamOptions = {
  readonly sender: RemoteSender;
  readonly name: string;
  readonly at: At;
  readonly gate: Gate;
};

/** Removes the parts of an upload. Never rejects. */
export async function takeBack(upload: PartedUpload): Promise<void> {
  // Not with the signal of the upload, which may be what ended it.
  await upload.abort(AbortSignal.timeout(ABORT_TIMEOUT_MS)).catch(() => {});
}

type Part = { readonly number: number; readonly fromByte: number; readonly sizeBytes: number };

function partsOf(sizeBytes: number): readonly Part[] {
  const each = Math.max(PART_BYTES, Math.ceil(sizeBytes / PARTS_MAX));
  return Array.from({ length: Math.ceil(sizeBytes / each) }, (_, index) => ({
    number: index + 1,
    fromByte: index * each,
    sizeBytes: Math.min(each, sizeBytes - index * each),
  }));
}
