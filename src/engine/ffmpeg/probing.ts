import type { ReadAt } from "../../probe/crop.ts";
import { SOURCE_FORMATS } from "../../probe/formats.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";
import type { ProbeRequest } from "../engine.ts";
import type { Exit } from "../process/subprocess.ts";
import { type OpenFile, pagesOf } from "./header-reads.ts";
import { limitTime, type TimeLimit } from "./time-limit.ts";

/** The limits of a probe, for any engine. */
export type ProbeLimits = {
  /** The largest frame of a source, width times height. */
  readonly maxPixels: number;
  /** The time limit for the headers, and between two signs of life while all packets are read. */
  readonly probeTimeoutMs: number;
};

/** What a probe wrote, and how it ended. */
export type ProbeOutcome = { readonly json: string; readonly exit: Exit };

/** An engine's ffprobe with a file to read; the arguments lack only the name of the file. */
export type Ffprobe = {
  readonly run: (
    args: readonly string[],
    onStdout: (chunk: string) => void,
    signal: AbortSignal,
    /** Files to read as one instead; names are relative to the folder of the file. */
    concat?: readonly string[],
  ) => Promise<Exit>;
  /** A faster way to get what `headerArgs` ask for, for a source; reads little more than so many characters. */
  readonly runAtOnce?: (charsMax: number, signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Opens the file of a source, to read bytes of it here. */
  readonly open?: () => Promise<OpenFile>;
  /** Whether it does not report the crop of containers. */
  readonly areCropsRead?: boolean;
};

/** ffprobe accepts at most 1000 streams, each about 1 KB in its JSON. */
export const JSON_CHARS_MAX = 4_000_000;
/**
 * Guards against hostile sources; as input options they are also put before the `-i` of a run.
 *
 * @param formats - the demuxers that may open it
 * @param protocols - what it may be read by
 */
export const sourceGuards = (
  maxPixels: number,
  formats: readonly string[] = SOURCE_FORMATS,
  protocols: "file" | "http,tcp" = "file",
): readonly string[] => [
  "-max_pixels",
  String(maxPixels),
  "-protocol_whitelist",
  protocols,
  "-format_whitelist",
  formats.join(","),
];

/** The error of a probe, for a source and for an output. */
export const failure = (side: ProbeRequest["side"], code: ErrorCode, why: string): TaskError =>
  side === "source"
    ? new TaskError(code, `Cannot read the source: ${why}`)
    : new TaskError("output_wrong", `Cannot verify the output: ${why}`);

/** The error of a probe that has reached a limit, named with its size. */
export const beyondLimit = (side: ProbeRequest["side"], hit: string): TaskError =>
  side === "source"
    ? new TaskError("source_too_costly", `Cannot read the source: ffprobe has reached its ${hit}`)
    : new TaskError("limit_reached", `Cannot verify the output: ffprobe has reached its ${hit}`);

/** One probe, with everything that its parts need. */
export type Probing = {
  readonly ffprobe: Ffprobe;
  readonly limits: ProbeLimits;
  readonly request: Pick<
    ProbeRequest,
    "side" | "packets" | "concat" | "tail" | "as" | "firstFrame"
  >;
  readonly signal: AbortSignal;
};

/** Runs an ffprobe within the time limit. */
export async function limited<T extends { readonly exit: Exit }>(
  { limits, request, signal }: Probing,
  run: (limit: TimeLimit) => Promise<T>,
): Promise<T> {
  const late = failure(request.side, "source_hangs", "it takes too long");
  const limit = limitTime(signal, limits.probeTimeoutMs, late);
  try {
    const outcome = await run(limit);
    const { signal: killer, hit } = outcome.exit;
    if (hit !== undefined) throw beyondLimit(request.side, hit);
    if (killer) throw new TaskError("encoder_killed", `Cannot probe: ${killer} ended ffprobe`);
    return outcome;
  } finally {
    limit.end();
  }
}

/** Reads a few bytes of a source without ffprobe, with one time limit for all of them, as they may come slowly, one by one. */
export async function readLimited<T>(
  { limits, request, signal }: Probing,
  file: OpenFile,
  look: (read: ReadAt) => Promise<T>,
): Promise<T> {
  const late = failure(request.side, "source_hangs", "it takes too long");
  const limit = limitTime(signal, limits.probeTimeoutMs, late);
  const pages = pagesOf(file);
  const read: ReadAt = (position, length) => {
    limit.signal.throwIfAborted();
    return pages(position, length);
  };
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(limit.signal.reason);
  limit.signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([look(read), ended]);
  } finally {
    limit.signal.removeEventListener("abort", onAbort);
    limit.end();
  }
}

/** A single format is not guessed: two may be alike, or known by the name of a file alone. */
const pinned = (formats: readonly string[] = []): readonly string[] => {
  const [format, ...others] = formats;
  return format === undefined || others.length > 0 ? [] : ["-f", format];
};

/** The arguments with those that go before them. */
export const guarded = (
  { request, limits }: Pick<Probing, "request" | "limits">,
  args: readonly string[],
  level: "error" | "warning" = "error",
): readonly string[] => {
  const guards =
    request.side === "source"
      ? [...sourceGuards(limits.maxPixels, request.as), ...pinned(request.as)]
      : ["-protocol_whitelist", "file,concat"];
  return ["-v", level, ...guards, ...args];
};

/** The error if ffprobe writes more than is read. */
export const tooMany = ({ request }: Probing): TaskError =>
  failure(request.side, "source_not_media", "it claims too many streams");

/** The JSON answer of ffprobe. */
export function readJson(probing: Probing, args: readonly string[]): Promise<ProbeOutcome> {
  return limited(probing, async (limit) => {
    let json = "";
    const onStdout = (chunk: string) => {
      if (json.length < JSON_CHARS_MAX) json += chunk;
      else limit.abort(tooMany(probing));
    };
    const exit = await probing.ffprobe.run(guarded(probing, args), onStdout, limit.signal);
    return { json, exit };
  });
}

/** The parsed JSON; undefined if it is not valid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut off, as ffprobe gave up in the middle; its stderr says why.
    return undefined;
  }
}

/** Runs ffprobe within a time limit that restarts with everything it writes. */
export function runAlong(
  probing: Probing,
  args: readonly string[],
  push: (chunk: string) => void,
  concat?: readonly string[],
): Promise<{ readonly exit: Exit }> {
  return limited(probing, async (limit) => {
    const onStdout = (chunk: string) => {
      limit.restart();
      push(chunk);
    };
    return { exit: await probing.ffprobe.run(args, onStdout, limit.signal, concat) };
  });
}
