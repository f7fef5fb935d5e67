import { inBatches } from "../../lib/batches.ts";
import type { Content } from "../content.ts";
import type { S3Place } from "./s3-address.ts";
import { elementOf, elementsOf, keyIn } from "./s3-answers.ts";
import type { S3Client } from "./s3-client.ts";
import {
  beginUpload,
  headersOf,
  PART_BYTES,
  PartedUpload,
  persist,
  type S3UploadOptions,
  sendBody,
} from "./s3-parts.ts";

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html; some stores take no more than 1,000 */
const PARTS_MAX = 1_000;
/** Enough to hide the answers' travel. */
const PARTS_AT_ONCE = 3;

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
  await persist({ retries, signal, shown }, async () => {
    const uploadId = await beginUpload(client, place, {}, signal);
    await client.tell({ method: "DELETE", ...place, query: { uploadId }, signal });
  });
}

type Part = { readonly number: number; readonly fromByte: number; readonly sizeBytes: number };

class Upload {
  constructor(
    private readonly client: S3Client,
    private readonly content: Content,
    private readonly place: S3Place,
    private readonly options: S3UploadOptions,
  ) {}

  async whole(): Promise<void> {
    const { client, place, options, content } = this;
    const headers = headersOf(content.name, options.tag);
    await persist(options, async () => {
      await options.mayPublish();
      const answer = await sendBody(client, { ...place, headers, body: content }, options);
      answer.close();
    });
  }

  async inParts(): Promise<void> {
    const { client, place, options, content } = this;
    const upload = await PartedUpload.begin(client, content.name, place, options);
    try {
      await inBatches(this.#parts(), PARTS_AT_ONCE, ({ number, fromByte, sizeBytes }) =>
        upload.send(number, { sizeBytes, read: () => content.read(fromByte, sizeBytes) }),
      );
      await upload.complete();
    } catch (error) {
      await upload.abort();
      options.signal.throwIfAborted();
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
}
