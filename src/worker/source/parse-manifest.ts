import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Manifest, type ManifestKind, refuseManifest } from "../../manifest/manifest.ts";
import { parseDash } from "../../manifest/read/dash.ts";
import { type MasterPlaylist, type MediaPlaylist, parseHls } from "../../manifest/read/hls.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";

/** A manifest to be parsed. */
export type ManifestText = {
  readonly kind: ManifestKind;
  readonly text: string;
  /** Its absolute address. */
  readonly base: string;
  readonly nowMs: number;
};

/** What a manifest is parsed into: an HLS text is one of two kinds of playlists. */
type Parsed = Manifest | MediaPlaylist | MasterPlaylist;

/** What the thread answers. */
export type ManifestAnswer =
  | { readonly parsed: Parsed }
  | {
      readonly refused: {
        readonly code: ErrorCode;
        readonly message: string;
        /** Where it came from, for the log. */
        readonly stack?: string | undefined;
      };
    };

/** Shorter texts are parsed at once, in 20 ms at most: a thread takes longer to start. */
const AT_ONCE_CHARS_MAX = 131_072;
/** The longest text that is read takes 3 s. */
const THREAD_TIMEOUT_MS = 20_000;
const THREAD = new URL("./manifest-thread.ts", import.meta.url);

/** Parses a DASH manifest, a long one in a thread. @throws {TaskError} as `parseDash`; the signal's reason */
export async function parseDashText(
  text: string,
  base: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const nowMs = Date.now();
  if (text.length <= AT_ONCE_CHARS_MAX) return parseDash(text, base, nowMs);
  // The thread answers what it was asked for.
  return (await parseInThread({ kind: "dash", text, base, nowMs }, signal)) as Manifest;
}

/** Parses an HLS playlist, a long one in a thread. @throws {TaskError} as `parseHls`; the signal's reason */
export async function parseHlsText(
  text: string,
  base: string,
  signal: AbortSignal,
): Promise<MediaPlaylist | MasterPlaylist> {
  if (text.length <= AT_ONCE_CHARS_MAX) return parseHls(text, base);
  const asked = { kind: "hls", text, base, nowMs: 0 } as const;
  return (await parseInThread(asked, signal)) as MediaPlaylist | MasterPlaylist;
}

/**
 * Has a manifest parsed in a thread of its own, so that the service answers meanwhile; a thread that takes too long is ended.
 *
 * @param thread - other than `manifest-thread.ts` and its time only for tests
 */
export async function parseInThread(
  asked: ManifestText,
  signal: AbortSignal,
  { thread = THREAD, timeoutMs = THREAD_TIMEOUT_MS } = {},
): Promise<Parsed> {
  signal.throwIfAborted();
  const worker = new Worker(thread, { workerData: asked });
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const ended = AbortSignal.any([signal, late.signal]);
  // Also once nobody waits for its answer any more.
  worker.on("error", () => {});
  const silent = new Promise<never>((_, reject) => {
    worker.once("exit", () => reject(new Error("The thread that parses manifests went silent")));
  });
  silent.catch(() => {});
  try {
    const answered = once(worker, "message", { signal: ended });
    const [answer] = (await Promise.race([answered, silent])) as [ManifestAnswer];
    if ("parsed" in answer) return answer.parsed;
    const { code, message, stack: cause } = answer.refused;
    throw new TaskError(code, message, { cause });
  } catch (error) {
    signal.throwIfAborted();
    if (late.signal.aborted) throw refuseManifest("source_not_media", "takes too long to read");
    throw error;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
