import { createHash } from "node:crypto";
import type { OutAnswer, OutRequest } from "../../net/egress.ts";
import { contentType } from "../content.ts";
import { targetEarly } from "../remote/remote-errors.ts";
import { type RetryLimits, withRetries } from "../remote/retries.ts";
import type { S3Place } from "./s3-address.ts";
import { elementOf } from "./s3-answers.ts";
import { type S3Client, S3Refusal, type S3Request } from "./s3-client.ts";
import { s3TargetFailure } from "./s3-errors.ts";

/** What is larger goes in parts. The smallest that all stores take is 5 MiB. */
export const PART_BYTES = 8 << 20;
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

/** Bytes that can be sent, and sent again, with their number. */
type Body = NonNullable<OutRequest["body"]> & { readonly sizeBytes: number };

/** What is said of an object when it is written: its type, by its name, and the attempt. */
export const headersOf = (name: string, tag: string): Record<string, string> => ({
  "content-type": contentType(name),
  [TAG_HEADER]: tag,
});

/** Does something to a target, again where that can help. @throws {TaskError} as `uploadObject` */
export function persist<T>(
  { retries, signal, shown }: Pick<S3UploadOptions, "retries" | "signal" | "shown">,
  action: () => Promise<T>,
): Promise<T> {
  const told = async () => {
    try {
      return await action();
    } catch (error) {
      throw s3TargetFailure(error, shown);
    }
  };
  return withRetries(told, retries, signal);
}

/** Sends bytes by PUT; an answer that came before all of them were sent is none. */
export async function sendBody(
  client: S3Client,
  { body, ...request }: Omit<S3Request, "method" | "signal" | "body"> & { readonly body: Body },
  { signal, shown }: Pick<S3UploadOptions, "signal" | "shown">,
): Promise<OutAnswer> {
  const { sizeBytes } = body;
  const sent = { sizeBytes, read: () => body.read() };
  const answer = await client.ask({ method: "PUT", ...request, body: sent, signal });
  if (answer.isAfterBody) return answer;
  answer.close();
  throw targetEarly(shown);
}

/** Begins an upload in parts. @returns its id */
export async function beginUpload(
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

/** An upload in parts, that nobody sees before its last step. A part that was cut off is sent again alone. */
export class PartedUpload {
  readonly #etags = new Map<number, string>();
  #sizeBytes = 0;

  private constructor(
    private readonly client: S3Client,
    private readonly place: S3Place,
    private readonly options: S3UploadOptions,
    private readonly uploadId: string,
  ) {}

  /** @param name - its extension says what the object is */
  static async begin(
    client: S3Client,
    name: string,
    place: S3Place,
    options: S3UploadOptions,
  ): Promise<PartedUpload> {
    const headers = headersOf(name, options.tag);
    const uploadId = await persist(options, () =>
      beginUpload(client, place, headers, options.signal),
    );
    return new PartedUpload(client, place, options, uploadId);
  }

  /** Sends a part; the first has the number 1, and all but the last one size. */
  async send(number: number, body: Body): Promise<void> {
    const { client, place, options, uploadId } = this;
    const query = { partNumber: String(number), uploadId };
    const etag = await persist(options, async () => {
      const answer = await sendBody(client, { ...place, query, body }, options);
      const itsEtag = answer.header("etag");
      answer.close();
      if (itsEtag === undefined) throw new S3Refusal(500, "");
      return itsEtag;
    });
    this.#etags.set(number, etag);
    this.#sizeBytes += body.sizeBytes;
  }

  /** Makes an object of the parts. */
  async complete(): Promise<void> {
    const { client, place, options, uploadId } = this;
    const bytes = Buffer.from(this.#list());
    const read = async function* () {
      yield bytes;
    };
    let tries = 0;
    await persist(options, async () => {
      await options.mayPublish();
      try {
        await client.read({
          method: "POST",
          ...place,
          query: { uploadId },
          headers: { "x-amz-mp-object-size": String(this.#sizeBytes) },
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

  /** Takes the parts away again. Never rejects. */
  async abort(): Promise<void> {
    const { client, place, uploadId } = this;
    // Not with the signal of the upload, which may be what ended it.
    const signal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
    await client.tell({ method: "DELETE", ...place, query: { uploadId }, signal }).catch(() => {});
  }

  #list(): string {
    const parts = Array.from({ length: this.#etags.size }, (_, index) => {
      const etag = xmlText(this.#etags.get(index + 1) ?? "");
      return `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`;
    });
    const xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";
    return `<CompleteMultipartUpload xmlns="${xmlns}">${parts.join("")}</CompleteMultipartUpload>`;
  }

  /** Whether the object that stands there now is what was sent. */
  async #isThere(): Promise<boolean> {
    const { signal, tag } = this.options;
    const answer = await this.client.ask({ method: "HEAD", ...this.place, signal });
    answer.close();
    const sizeBytes = Number(answer.header("content-length"));
    return answer.header(TAG_HEADER) === tag && sizeBytes === this.#sizeBytes;
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof S3Refusal && error.code === "NoSuchUpload";

const xmlText = (text: string): string =>
  text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
