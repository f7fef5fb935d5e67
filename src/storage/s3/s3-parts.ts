import { createHash } from "node:crypto";
import type { OutAnswer } from "../../net/egress.ts";
import { type Content, contentType } from "../content.ts";
import { targetEarly } from "../remote/remote-errors.ts";
import type { At, Attempt, Outgoing, PartedUpload, PartVerbs } from "../remote/remote-target.ts";
import type { TidyOptions } from "../storage.ts";
import type { S3Place } from "./s3-address.ts";
import { elementOf, elementsOf, keyIn } from "./s3-answers.ts";
import { type S3Client, S3Refusal, type S3Request } from "./s3-client.ts";

/** Says of an object which attempt wrote it. */
const TAG_HEADER = "x-amz-meta-pontus-tag";

/** What is said of an object when it is written: its type, by its name, and the attempt. */
export const headersOf = (name: string, tag: string): Record<string, string> => ({
  "content-type": contentType(name),
  [TAG_HEADER]: tag,
});

/** Sends bytes by PUT; an answer that comes before all of them were sent does not count. */
export async function sendBody(
  client: S3Client,
  request: Omit<S3Request, "method" | "body">,
  body: Omit<Outgoing, "name">,
  shown: string,
): Promise<OutAnswer> {
  const answer = await client.ask({ method: "PUT", ...request, body });
  if (answer.isAfterBody) return answer;
  answer.close();
  throw targetEarly(shown);
}

/** The verbs of uploads in parts to a target. */
export const s3Parts = (
  client: S3Client,
  placeOf: (at: At) => S3Place,
  shown: string,
): PartVerbs => ({
  begin: async (name, at, attempt) => {
    const place = placeOf(at);
    const headers = headersOf(name, attempt.tag);
    const uploadId = await beginUpload(client, place, headers, attempt.signal);
    return new S3Upload(client, { ...place, uploadId }, attempt, shown);
  },
  sweep: (options, start) => abortUploads(client, placeOf(start), options, start === undefined),
  tryOut: async (signal) => {
    const place = placeOf(undefined);
    const uploadId = await beginUpload(client, place, {}, signal);
    await client.tell({ method: "DELETE", ...place, query: { uploadId }, signal });
  },
});

async function beginUpload(
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

/**
 * Aborts unfinished uploads to a place. No two tasks write one place at once: such uploads are left by a crash, or by an
 * attempt that has lost its task. A store that does not list them keeps them.
 *
 * @param isWhole - whether the key is a whole one, rather than the beginning of some
 * @throws as `mayTidy`; the signal's reason
 */
async function abortUploads(
  client: S3Client,
  place: S3Place,
  { mayTidy, signal }: TidyOptions,
  isWhole: boolean,
): Promise<void> {
  const found = await uploadsTo(client, place, signal, isWhole).catch(() => []);
  signal.throwIfAborted();
  if (found.length === 0) return;
  await mayTidy();
  for (const { key, uploadId } of found) {
    const { bucket } = place;
    await client
      .tell({ method: "DELETE", bucket, key, query: { uploadId }, signal })
      .catch(() => signal.throwIfAborted());
  }
}

async function uploadsTo(
  client: S3Client,
  { bucket, key }: S3Place,
  signal: AbortSignal,
  isWhole: boolean,
): Promise<readonly { readonly key: string; readonly uploadId: string }[]> {
  // One page is enough: the key itself is the first of those that begin with it, and an attempt has few uploads at a time.
  const query = { uploads: "", prefix: key, "encoding-type": "url" };
  const list = await client.read({ method: "GET", bucket, query, signal });
  return elementsOf(list, "Upload").flatMap((upload) => {
    const found = keyIn(upload);
    const uploadId = elementOf(upload, "UploadId");
    const isMeant = isWhole ? found === key : found.startsWith(key);
    return isMeant && uploadId !== undefined ? [{ key: found, uploadId }] : [];
  });
}

class S3Upload implements PartedUpload {
  readonly #etags = new Map<number, string>();
  #sizeBytes = 0;
  #completions = 0;

  constructor(
    private readonly client: S3Client,
    private readonly place: S3Place & { readonly uploadId: string },
    private readonly attempt: Attempt,
    private readonly shown: string,
  ) {}

  async send(number: number, body: Pick<Content, "sizeBytes" | "read">): Promise<void> {
    const { bucket, key, uploadId } = this.place;
    const query = { partNumber: String(number), uploadId };
    const request = { bucket, key, query, signal: this.attempt.signal };
    const answer = await sendBody(this.client, request, body, this.shown);
    const etag = answer.header("etag");
    answer.close();
    if (etag === undefined) throw new S3Refusal(500, "");
    this.#etags.set(number, etag);
    this.#sizeBytes += body.sizeBytes;
  }

  async complete(): Promise<void> {
    const { bucket, key, uploadId } = this.place;
    const bytes = Buffer.from(this.#list());
    const read = async function* () {
      yield bytes;
    };
    this.#completions += 1;
    try {
      await this.client.read({
        method: "POST",
        bucket,
        key,
        query: { uploadId },
        headers: { "x-amz-mp-object-size": String(this.#sizeBytes) },
        body: { sizeBytes: bytes.byteLength, read },
        sha256: createHash("sha256").update(bytes).digest("hex"),
        signal: this.attempt.signal,
      });
    } catch (error) {
      // The try before may have succeeded, and only its answer was lost.
      if (this.#completions > 1 && isGone(error) && (await this.#isThere())) return;
      throw error;
    }
  }

  async abort(signal: AbortSignal): Promise<void> {
    const { bucket, key, uploadId } = this.place;
    await this.client.tell({ method: "DELETE", bucket, key, query: { uploadId }, signal });
  }

  #list(): string {
    const parts = Array.from({ length: this.#etags.size }, (_, index) => {
      const etag = xmlText(this.#etags.get(index + 1) ?? "");
      return `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`;
    });
    const xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";
    return `<CompleteMultipartUpload xmlns="${xmlns}">${parts.join("")}</CompleteMultipartUpload>`;
  }

  /** Whether the object that is there now is what was sent. */
  async #isThere(): Promise<boolean> {
    const { bucket, key } = this.place;
    const { tag, signal } = this.attempt;
    const answer = await this.client.ask({ method: "HEAD", bucket, key, signal });
    answer.close();
    const sizeBytes = Number(answer.header("content-length"));
    return answer.header(TAG_HEADER) === tag && sizeBytes === this.#sizeBytes;
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof S3Refusal && error.code === "NoSuchUpload";

const xmlText = (text: string): string =>
  text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
