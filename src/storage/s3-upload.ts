import { createHash } from "node:crypto";
import { inBatches } from "./batches.ts";
import { type Content, contentType } from "./content.ts";
import { targetEarly } from "./http-errors.ts";
import { type RetryLimits, withRetries } from "./retries.ts";
import type { S3Place } from "./s3-address.ts";
import { elementOf, elementsOf, keyIn } from "./s3-answers.ts";
import { type S3Client, S3Refusal, type S3Request } from "./s3-client.ts";
import { s3TargetFailure } from "./s3-errors.ts";

/** What is larger goes in parts. The smallest that all stores take is 5 MiB. */
const PART_BYTES = 8 << 20;
/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html; some stores take no more than 1,000 */
const PARTS_MAX = 1_000;
/** Enough to hide the answers' travel. */
const PARTS_AT_ONCE = 3;
/** How long what is left behind is tried to be taken away when an upload has failed, or was stopped. */
const ABORT_TIMEOUT_MS = 10_000;
/** Says of an object which attempt wrote it. */
const TAG_HEADER = "x-amz-meta-pontus-tag";

/** How objects are written. */
export type S3UploadOptions = {
  readonly retries: RetryLimits;
  readonly signal: AbortSignal;
  /** Of the attempt. */
  readonly tag: string;
  /** Called right before each step that can be seen. */
  readonly mayPublish: () => Promise<void>;
  /** The address as the caller wrote it, for errors. */
  readonly shown: string;
};

/**
 * Writes an object: a small one by one request, a larger one in parts that nobody sees before the last step. Where it
 * fails or is stopped, its parts are taken away again.
 *
 * A part that was cut off is sent again alone. The signature does not cover the bytes: TLS guards them on their way, and to
 * digest them would take as much of a core as to send them (measured: 1.2 GB/s).
 *
 * @throws {TaskError} `target_unwritable`, `target_full`, `target_unreachable`, `internal`; what `mayPublish` threw
 */
export async function uploadObject(
  client: S3Client,
  content: Content,
  place: S3Place,
  options: S3UploadOptions,
): Promise<void> {
  const upload = new Upload(client, content, place, options);
  return content.sizeBytes <= PART_BYTES ? upload.whole() : upload.inParts();
}

/**
 * Takes away the parts of unfinished uploads to a place. No two tasks write one place at once: they are what a crash
 * left, or of an attempt that has lost its task. A store that does not list them keeps them.
 */
export async function abortUploads(
  client: S3Client,
  { bucket, key }: S3Place,
  signal: AbortSignal,
): Promise<void> {
  try {
    // The key itself is the first of those that begin with it: one page is enough.
    const query = { uploads: "", prefix: key, "encoding-type": "url" };
    const list = await client.read({ method: "GET", bucket, query, signal });
    for (const upload of elementsOf(list, "Upload")) {
      const uploadId = elementOf(upload, "UploadId");
      if (keyIn(upload) !== key || uploadId === undefined) continue;
      await client.tell({ method: "DELETE", bucket, key, query: { uploadId }, signal });
    }
  } catch {
    signal.throwIfAborted();
  }
}

/** Finds out whether an object may be written, without anything that others could see. @throws as `uploadObject` */
export async function tryUpload(
  client: S3Client,
  place: S3Place,
  { retries, signal, shown }: Pick<S3UploadOptions, "retries" | "signal" | "shown">,
): Promise<void> {
  const attempt = async () => {
    try {
      const uploadId = await begin(client, place, {}, signal);
      await client.tell({ method: "DELETE", ...place, query: { uploadId }, signal });
    } catch (error) {
      throw s3TargetFailure(error, shown);
    }
  };
  await withRetries(attempt, retries, signal);
}

async function begin(
  client: S3Client,
  place: S3Place,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const query = { uploads: "" };
  const answer = await client.read({ method: "POST", ...place, query, headers, signal });
  const uploadId = elementOf(answer, "UploadId");
  if (uploadId === undefined) throw new S3Refusal(500, "");
  return uploadId;
}

type Span = { readonly fromByte: number; readonly sizeBytes: number };
type Part = Span & { readonly number: number };

class Upload {
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    private readonly client: S3Client,
    private readonly content: Content,
    private readonly place: S3Place,
    private readonly options: S3UploadOptions,
  ) {
    this.#headers = { "content-type": contentType(content.name), [TAG_HEADER]: options.tag };
  }

  async whole(): Promise<void> {
    await this.#persist(async () => {
      await this.options.mayPublish();
      const span = { fromByte: 0, sizeBytes: this.content.sizeBytes };
      const answer = await this.#send(span, { headers: this.#headers });
      answer.close();
    });
  }

  async inParts(): Promise<void> {
    const { client, place, options } = this;
    const { signal } = options;
    const uploadId = await this.#persist(() =>
      begin(client, place, { ...this.#headers }, options.signal),
    );
    try {
      const etags = new Map<number, string>();
      await inBatches(this.#parts(), PARTS_AT_ONCE, async (part) => {
        const query = { partNumber: String(part.number), uploadId };
        etags.set(part.number, await this.#persist(() => this.#sendPart(part, query)));
      });
      await this.#complete(uploadId, etags);
    } catch (error) {
      // Not with the signal of the upload, which may be what ended it.
      const last = AbortSignal.timeout(ABORT_TIMEOUT_MS);
      const query = { uploadId };
      await client.tell({ method: "DELETE", ...place, query, signal: last }).catch(() => {});
      signal.throwIfAborted();
      throw error;
    }
  }

  #parts(): readonly Part[] {
    const { sizeBytes } = this.content;
    const each = Math.max(PART_BYTES, Math.ceil(sizeBytes / PARTS_MAX));
    return Array.from({ length: Math.ceil(sizeBytes / each) }, (_, index) => ({
      number: index + 1,
      fromByte: index * each,
      sizeBytes: Math.min(each, sizeBytes - index * each),
    }));
  }

  async #sendPart(part: Part, query: Record<string, string>): Promise<string> {
    const answer = await this.#send(part, { query });
    const etag = answer.header("etag");
    answer.close();
    if (etag === undefined) throw new S3Refusal(500, "");
    return etag;
  }

  /** Sends the content, or so much of it. */
  async #send({ fromByte, sizeBytes }: Span, request: Pick<S3Request, "query" | "headers">) {
    const { client, content, place, options } = this;
    const answer = await client.ask({
      method: "PUT",
      ...place,
      ...request,
      body: { sizeBytes, read: () => content.read(fromByte, sizeBytes) },
      signal: options.signal,
    });
    if (answer.isAfterBody) return answer;
    answer.close();
    throw targetEarly(options.shown);
  }

  async #complete(uploadId: string, etags: ReadonlyMap<number, string>): Promise<void> {
    const { client, place, options, content } = this;
    const list = Array.from(
      { length: etags.size },
      (_, index) =>
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${xmlText(etags.get(index + 1) ?? "")}</ETag></Part>`,
    );
    const xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";
    const bytes = Buffer.from(
      `<CompleteMultipartUpload xmlns="${xmlns}">${list.join("")}</CompleteMultipartUpload>`,
    );
    const read = async function* () {
      yield bytes;
    };
    let tries = 0;
    await this.#persist(async () => {
      await options.mayPublish();
      try {
        await client.read({
          method: "POST",
          ...place,
          query: { uploadId },
          headers: { "x-amz-mp-object-size": String(content.sizeBytes) },
          body: { sizeBytes: bytes.byteLength, read },
          sha256: createHash("sha256").update(bytes).digest("hex"),
          signal: options.signal,
        });
      } catch (error) {
        // The answer to the try before may have been lost, not the try.
        if (tries++ > 0 && isGone(error) && (await this.#isThere())) return;
        throw error;
      }
    });
  }

  /** Whether the object that stands there now is what was sent. */
  async #isThere(): Promise<boolean> {
    const { signal, tag } = this.options;
    const answer = await this.client.ask({ method: "HEAD", ...this.place, signal });
    answer.close();
    const sizeBytes = Number(answer.header("content-length"));
    return answer.header(TAG_HEADER) === tag && sizeBytes === this.content.sizeBytes;
  }

  #persist<T>(action: () => Promise<T>): Promise<T> {
    const { retries, signal, shown } = this.options;
    const told = async () => {
      try {
        return await action();
      } catch (error) {
        throw s3TargetFailure(error, shown);
      }
    };
    return withRetries(told, retries, signal);
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof S3Refusal && error.code === "NoSuchUpload";

const xmlText = (text: string): string =>
  text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
