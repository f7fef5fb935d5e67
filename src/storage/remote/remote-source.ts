import type { OutAnswer } from "../../net/egress.ts";
import type { OpenedSource } from "../storage.ts";

/** Port: one source on a server, by the verb of its protocol. */
export type RemoteSource = {
  /** The address as the caller wrote it, for errors. */
  readonly shown: string;
  /** As `Address.key`. */
  readonly key: string;
  /** Its path on the server: some formats are known by its extension alone. */
  readonly path: string;
  /** Asks for it, once. */
  readonly get: (
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<OutAnswer>;
  /** What makes a range hold only while the file is the same: the header that carries its version. */
  readonly sameHeader: "if-range" | "if-match";
  /** What an answer says of where the source was found, and of its type. */
  readonly foundIn: (answer: OutAnswer) => Pick<OpenedSource, "foundAt" | "mediaType">;
  /** What an answer means that brings no file. */
  readonly refusal: (answer: OutAnswer) => Promise<unknown>;
  /** What a failure to ask or to read means. */
  readonly failure: (error: unknown) => unknown;
};

/** Whatever names the version of a file: its ETag, also a weak one, or its day. */
export const versionOf = (answer: OutAnswer): string | undefined =>
  answer.header("etag") ?? answer.header("last-modified");

/**
 * Asks for a source, and hands on the answer, which is closed then.
 *
 * @throws what `RemoteSource.failure` makes of any failure
 */
export async function askSource(
  source: RemoteSource,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  take: (answer: OutAnswer) => Promise<void>,
): Promise<void> {
  try {
    const answer = await source.get(headers, signal);
    try {
      await take(answer);
    } finally {
      answer.close();
    }
  } catch (error) {
    throw source.failure(error);
  }
}
