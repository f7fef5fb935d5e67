import { sendOut } from "../../net/egress.ts";
import { type Content, contentType } from "../content.ts";
import { targetEarly, targetFailure, targetStatus } from "../remote/remote-errors.ts";
import { type RetryLimits, withRetries } from "../remote/retries.ts";

/** How it is sent. */
export type UploadOptions = {
  readonly method: "PUT" | "POST";
  readonly trusted?: readonly string[] | undefined;
  readonly idleTimeoutMs: number;
  readonly retries: RetryLimits;
  readonly signal: AbortSignal;
  /** Called right before each request. */
  readonly mayPublish: () => Promise<void>;
};

/**
 * Sends a file by PUT or POST, again where that can help. Only an answer of success that comes after the whole body counts: servers
 * were seen to answer 507, or to hang up, when all had been sent.
 *
 * @param shown - the address as the caller wrote it, for errors
 * @throws {TaskError} `target_unwritable`, `target_full`, `target_unreachable`, `internal`; what `mayPublish` threw
 */
export async function upload(
  content: Content,
  url: URL,
  shown: string,
  { method, trusted, idleTimeoutMs, retries, signal, mayPublish }: UploadOptions,
): Promise<void> {
  const { name, sizeBytes, read } = content;
  const send = async (): Promise<void> => {
    await mayPublish();
    signal.throwIfAborted();
    try {
      const answer = await sendOut(url, {
        method,
        headers: { "content-type": contentType(name) },
        body: { sizeBytes, read },
        idleTimeoutMs,
        signal,
        trusted,
      });
      answer.close();
      if (answer.status < 200 || answer.status > 299) throw targetStatus(answer.status, shown);
      if (!answer.isAfterBody) throw targetEarly(shown);
    } catch (error) {
      throw targetFailure(error, shown);
    }
  };
  await withRetries(send, retries, signal);
}
