import type { ReadAt } from "../../probe/crop.ts";
import { SOURCE_FORMATS } from "../../probe/formats.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";
import type { ProbeRequest } from "../engine.ts";
import type { Exit } from "../process/subprocess.ts";
import { type OpenFile, pagesOf } from "./header-reads.ts";
import { limitTime, type TimeLimit } from "./time-limit.ts";

/** What a probe may take, of any engine. */
export type ProbeLimits = {
  /** Of one picture of a source, width times height. */
  readonly maxPixels: number;
  /** For the headers; and between two signs of life while all packets are read. */
  readonly probeTimeoutMs: number;
};

/** What a probe wrote, and how it ended. */
export type ProbeOutcome = { readonly json: string; readonly exit: Exit };

/** An engine's ffprobe, with a file to read: the file's name is all that the arguments lack. */
export type Ffprobe = {
  readonly run: (
    args: readonly string[],
    onStdout: (chunk: string) => void,
    signal: AbortSignal,
    /** To be read as one file instead; named relative to the folder of the file. */
    concat?: readonly string[],
  ) => Promise<Exit>;
  /** A quicker way to what `headerArgs` ask for, of a source; at most so many characters and a few more are read. */
  readonly runAtOnce?: (charsMax: number, signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Opens the file of a source for us. */
  readonly open?: () => Promise<OpenFile>;
  /** It does not say what containers crop. */
  readonly areCropsRead?: boolean;
};

/** ffprobe takes at most 1000 streams, of about 1 KB each in its JSON. */
export const JSON_CHARS_MAX = 4_000_000;
/** Guards against what a source may do to us; as input options they also stand in front of a run's `-i`. */
export const sourceGuards = (maxPixels: number): readonly string[] => [
  "-max_pixels",
  String(maxPixels),
  "-protocol_whitelist",
  "file",
  "-format_whitelist",
  SOURCE_FORMATS.join(","),
];

/** What a probe throws of a source, and of an output. */
export const failure = (side: ProbeRequest["side"], code: ErrorCode, why: string): TaskError =>
  side === "source"
    ? new TaskError(code, `Cannot read the source: ${why}`)
    : new TaskError("output_wrong", `Cannot verify the output: ${why}`);

/** One probe, with all that its parts need. */
export type Probing = {
  readonly ffprobe: Ffprobe;
  readonly limits: ProbeLimits;
  readonly request: Pick<ProbeRequest, "side" | "packets" | "concat" | "tail">;
  readonly signal: AbortSignal;
};

/** Runs something of ffprobe within the time limit. */
export async function limited<T extends { readonly exit: Exit }>(
  { limits, request, signal }: Probing,
  run: (limit: TimeLimit) => Promise<T>,
): Promise<T> {
  const late = failure(request.side, "source_hangs", "it takes too long");
  const limit = limitTime(signal, limits.probeTimeoutMs, late);
  try {
    const outcome = await run(limit);
    const { signal: killer } = outcome.exit;
    if (killer) throw new TaskError("encoder_killed", `Cannot probe: ${killer} ended ffprobe`);
    return outcome;
  } finally {
    limit.end();
  }
}

/** Reads a few bytes of a source by ourselves, within the time limit for all of them together: they may come slowly, one by one. */
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

/** Arguments with what goes in front of them. */
export const guarded = (
  { request, limits }: Probing,
  args: readonly string[],
  level: "error" | "warning" = "error",
): readonly string[] => {
  const guards =
    request.side === "source"
      ? sourceGuards(limits.maxPixels)
      : ["-protocol_whitelist", "file,concat"];
  return ["-v", level, ...guards, ...args];
};

/** Nobody waits for all of what it says. */
export const tooMany = ({ request }: Probing): TaskError =>
  failure(request.side, "source_not_media", "it claims too many streams");

/** What ffprobe answers as JSON. */
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

/** Nothing where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut off, where ffprobe gave up in the middle: its stderr says why.
    return undefined;
  }
}

/** Runs ffprobe within a time limit that begins anew with all that it says. */
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
