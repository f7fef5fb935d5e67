import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { roomToFetch } from "../../disk/disk.ts";
import type { OutAnswer } from "../../net/egress.ts";
import type { TransferBudget } from "../../net/transfer-budget.ts";
import type { TaskError } from "../../task/errors.ts";
import type { Fetched, OpenedSource, OpenOptions } from "../storage.ts";
import {
  refuseEncoded,
  scratchFailure,
  scratchFull,
  sourceEndless,
  sourceUnreachable,
} from "./remote-errors.ts";
import { askSource, type RemoteSource, versionOf } from "./remote-source.ts";
import { type RetryLimits, withRetries } from "./retries.ts";

/** Bytes between two checks of the free space, well below the watermark of a disk so that a full one is noticed in time. */
const SPACE_CHECK_BYTES = 16 << 20;
/** So many bytes beyond the furthest point count as progress: without it, a server that cuts at once would be asked for ever. */
const PROGRESS_BYTES = 1 << 20;

/** How a source is fetched. */
export type DownloadOptions = {
  readonly path: string;
  readonly retries: RetryLimits;
  readonly budget: TransferBudget;
  readonly signal: AbortSignal;
  readonly roomToFetch?: OpenOptions["roomToFetch"];
  readonly onProgress: (fetched: Fetched) => void;
};

/** What was fetched: its size, and what the answer said of it. */
export type Downloaded = Omit<OpenedSource, "path">;

/**
 * Fetches a source into a file.
 *
 * A download that is cut off is continued by a range that is valid only while the file is the same (`If-Range`,
 * `If-Match`); if the server has no ranges or no versions, it starts again.
 *
 * @throws {TaskError} `source_missing`, `source_unreachable`, `source_hangs`, `source_slow`, `source_too_large`,
 *   `source_address_invalid`, `scratch_full`
 */
export async function download(
  remote: RemoteSource,
  options: DownloadOptions,
): Promise<Downloaded> {
  const handle = await open(options.path, "wx").catch((error: unknown) => {
    throw scratchFailure(error);
  });
  try {
    const fetch = new Download(remote, handle, options);
    await options.budget.waiting(() =>
      withRetries(
        () => fetch.pass(),
        options.retries,
        options.signal,
        () => fetch.hasProgressed(),
      ),
    );
    return { sizeBytes: fetch.doneBytes, ...fetch.found };
  } finally {
    await handle.close();
  }
}

class Download {
  doneBytes = 0;
  /** What the last answer that brought it from its beginning said. */
  found: Omit<Downloaded, "sizeBytes"> = { foundAt: "" };
  #totalBytes: number | undefined;
  /** Names this version of the file: a strong ETag or a day; @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
  #version: string | undefined;
  #mostBytes = 0;
  #knownBytes = 0;
  #uncheckedBytes = 0;
  /** In scratch, when the last answer began that brought it from its beginning. */
  #roomBytes = 0;

  constructor(
    private readonly remote: RemoteSource,
    private readonly handle: FileHandle,
    private readonly options: DownloadOptions,
  ) {}

  /** Fetches what is missing, over one connection. */
  async pass(): Promise<void> {
    if (this.#isWhole()) return;
    const headers: Record<string, string> =
      this.doneBytes > 0 && this.#version !== undefined
        ? { range: `bytes=${this.doneBytes}-`, [this.remote.sameHeader]: this.#version }
        : {};
    await askSource(this.remote, headers, this.options.signal, async (answer) => {
      await this.#begin(answer, "range" in headers);
      for await (const chunk of answer.chunks()) await this.#write(chunk);
    });
    if (this.#totalBytes !== undefined && !this.#isWhole())
      throw this.#unreachable(`it ended after ${this.doneBytes} of ${this.#totalBytes} bytes`);
  }

  /** Whether much more came than ever before. */
  hasProgressed(): boolean {
    if (this.#mostBytes < this.#knownBytes + PROGRESS_BYTES) return false;
    this.#knownBytes = this.#mostBytes;
    return true;
  }

  #isWhole(): boolean {
    return this.#totalBytes !== undefined && this.doneBytes === this.#totalBytes;
  }

  #unreachable(state: string): TaskError {
    return sourceUnreachable(this.remote.shown, state);
  }

  async #begin(answer: OutAnswer, isResumed: boolean): Promise<void> {
    const { status } = answer;
    if (isResumed && (status === 206 || status === 416)) {
      if (this.#isRest(answer)) return;
      this.#version = undefined;
      throw this.#unreachable("the server answered with another range than was asked for");
    }
    if (isResumed && status === 412) {
      this.#version = undefined;
      throw this.#unreachable("it was replaced while it was read");
    }
    if (status !== 200) throw await this.remote.refusal(answer);
    this.options.budget.again(this.doneBytes);
    this.doneBytes = 0;
    await this.#scratch(() => this.handle.truncate(0));
    refuseEncoded(answer, this.remote.shown);
    const length = answer.header("content-length");
    this.#totalBytes = length === undefined ? undefined : Number(length);
    this.options.budget.expect(this.#totalBytes ?? 0);
    this.#version = strongVersionOf(answer);
    const version = versionOf(answer);
    this.found = { ...this.remote.foundIn(answer), ...(version !== undefined && { version }) };
    await this.#refuseFull();
  }

  /** Whether an answer continues exactly at the end of the last one, in the same version. */
  #isRest(answer: OutAnswer): boolean {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header("content-range") ?? "");
    const version = strongVersionOf(answer);
    return (
      answer.status === 206 &&
      Number(range?.[1]) === this.doneBytes &&
      (this.#totalBytes === undefined || Number(range?.[2]) === this.#totalBytes) &&
      (version === undefined || version === this.#version)
    );
  }

  async #write(chunk: Uint8Array): Promise<void> {
    this.options.budget.took(chunk.byteLength);
    await this.options.budget.ourselves(() => this.#keep(chunk));
  }

  async #keep(chunk: Uint8Array): Promise<void> {
    await this.#scratch(async () => {
      for (let at = 0; at < chunk.byteLength; )
        at += (await this.handle.write(chunk, at, chunk.byteLength - at, this.doneBytes + at))
          .bytesWritten;
    });
    this.doneBytes += chunk.byteLength;
    this.#mostBytes = Math.max(this.#mostBytes, this.doneBytes);
    this.#uncheckedBytes += chunk.byteLength;
    if (this.#uncheckedBytes >= SPACE_CHECK_BYTES) await this.#refuseFull();
    const { doneBytes } = this;
    const totalBytes = this.#totalBytes;
    this.options.onProgress({ doneBytes, ...(totalBytes !== undefined && { totalBytes }) });
  }

  /** A disk that a source filled to the brim would stop the whole service. */
  async #refuseFull(): Promise<void> {
    this.#uncheckedBytes = 0;
    const missingBytes = Math.max(1, (this.#totalBytes ?? 0) - this.doneBytes);
    const { path, roomToFetch: room = roomToFetch } = this.options;
    const roomBytes = await room(dirname(path));
    if (this.doneBytes === 0) this.#roomBytes = roomBytes;
    if (roomBytes >= missingBytes) return;
    // It took most of the room that there was, and does not say how much more it takes: more room would not help.
    if (this.#totalBytes === undefined && this.doneBytes > this.#roomBytes / 2)
      throw sourceEndless(this.remote.shown);
    throw scratchFull();
  }

  async #scratch<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw scratchFailure(error);
    }
  }
}

/** The same, where a range can be asked for by it. */
function strongVersionOf(answer: OutAnswer): string | undefined {
  const etag = answer.header("etag");
  return etag?.startsWith('"') ? etag : answer.header("last-modified");
}
