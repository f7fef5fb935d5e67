import { mayBeCropped, withContainerCrop } from "../probe/container-crop.ts";
import { firstFrameArgs, mayDiffer, withFirstFrame } from "../probe/first-frame.ts";
import { demuxerOf, SOURCE_FORMATS } from "../probe/formats.ts";
import { readSource } from "../probe/judge-source.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../probe/media.ts";
import { PROBE_ENTRIES, parseProbe } from "../probe/parse-probe.ts";
import {
  createTailReader,
  endArgs,
  splitEnd,
  type Tail,
  type TailPlace,
  tailArgs,
} from "../probe/tail.ts";
import { hasTurnMark, mayTurnItself } from "../probe/turn-marks.ts";
import { type ErrorCode, TaskError } from "../task/errors.ts";
import type { ProbeRequest, TailRequest } from "./engine.ts";
import { type OpenFile, pagesOf, readMediaHead } from "./header-reads.ts";
import { createPacketReader, PACKET_ENTRIES } from "./packet-facts.ts";
import type { Exit } from "./subprocess.ts";
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
    pieces?: readonly string[],
  ) => Promise<Exit>;
  /** A quicker way to what `headerArgs` ask for, of a source; at most so many characters and a few more are read. */
  readonly runAtOnce?: (charsMax: number, signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Opens the file of a source for us. */
  readonly open?: () => Promise<OpenFile>;
  /** It does not say what containers crop. */
  readonly areCropsRead?: boolean;
};

// ffprobe takes at most 1000 streams, of about 1 KB each in its JSON.
const JSON_CHARS_MAX = 4_000_000;
// The first show whether they are encrypted or hidden. So many, as of some films a second of pictures comes before the sound.
const PACKETS_SHOWN = "%+#64";
/** Of an output whose end is looked at, where they are decoded with it. */
const FIRST_PACKETS = 8;

/** Of the end of a file, from the key frame before. */
const LAST_SECONDS = 2;
/** An interval without an end is one of random length (9.0.1 reads what it has not set). */
const NEVER_SECONDS = 1e8;

/** Guards against what a source may do to us; as input options they also stand in front of a run's `-i`. */
export const sourceGuards = (maxPixels: number): readonly string[] => [
  "-max_pixels",
  String(maxPixels),
  "-protocol_whitelist",
  "file",
  "-format_whitelist",
  SOURCE_FORMATS.join(","),
];

/** Arguments that describe a file as JSON. */
const headerArgs = (): readonly string[] => [
  ...["-read_intervals", PACKETS_SHOWN, "-show_entries", PROBE_ENTRIES],
  ...["-print_format", "json"],
];

/** All arguments of a source's probe but its name: what a standing-by ffprobe is started with. */
export const standbyArgs = ({ maxPixels }: ProbeLimits): readonly string[] => [
  ...["-v", "error", ...sourceGuards(maxPixels)],
  ...headerArgs(),
];

const failure = (side: ProbeRequest["side"], code: ErrorCode, why: string): TaskError =>
  side === "source"
    ? new TaskError(code, `Cannot read the source: ${why}`)
    : new TaskError("output_wrong", `Cannot verify the output: ${why}`);

/** One probe, with all that its parts need. */
type Probing = {
  readonly ffprobe: Ffprobe;
  readonly limits: ProbeLimits;
  readonly request: Pick<ProbeRequest, "side" | "packets" | "pieces" | "tail">;
  readonly signal: AbortSignal;
};

/** Runs something of ffprobe within the time limit. */
async function limited<T extends { readonly exit: Exit }>(
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

/** What ffprobe says at log level `warning` where a file ends within a packet, or within what its index names. */
const CUT = /Packet corrupt \(stream|File ended prematurely|partial file/;

/** Read by their index, in any order, and may hold what is none of their streams. */
const INDEXED = ["mov", "avi"];

const guarded = (
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

const tooMany = ({ request }: Probing): TaskError =>
  failure(request.side, "source_not_media", "it claims too many streams");

function readHeaders(probing: Probing): Promise<ProbeOutcome> {
  const { runAtOnce } = probing.ffprobe;
  if (!runAtOnce || probing.request.side === "output") return readJson(probing, headerArgs());
  return limited(probing, async (limit) => {
    const outcome = await runAtOnce(JSON_CHARS_MAX, limit.signal);
    if (outcome.json.length > JSON_CHARS_MAX) throw tooMany(probing);
    return outcome;
  });
}

function readJson(probing: Probing, args: readonly string[]): Promise<ProbeOutcome> {
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

/**
 * What a file holds, also by its first frame where that may say something else: another ffprobe, so not for every file. Of
 * outputs copies alone can be turned by their frames.
 */
async function withFrame(probing: Probing, media: MediaInfo, isMarked = false): Promise<MediaInfo> {
  const { video } = media;
  const { side, packets } = probing.request;
  if (!video || !(isMarked || mayDiffer(video))) return media;
  if (side === "output" && !(packets && video.codec === "mjpeg")) return media;
  const { json } = await readJson(probing, firstFrameArgs(video.index));
  return { ...media, video: withFirstFrame(video, parseJson(json)) };
}

/** What a source holds, also by what a few of its bytes say, of which ffprobe knows nothing, or by decoding alone. */
async function withBytes(probing: Probing, media: MediaInfo): Promise<MediaInfo> {
  const { open, areCropsRead } = probing.ffprobe;
  const isCropRead = areCropsRead === true && mayBeCropped(media);
  if (!open || !(isCropRead || mayTurnItself(media))) return withFrame(probing, media);
  // What cannot be opened here fails in its run, which tells why.
  const file = await open().catch(() => undefined);
  if (!file) return withFrame(probing, media);
  try {
    const read = pagesOf(file);
    const isMarked = mayTurnItself(media) && hasTurnMark(media, await readMediaHead(media, read));
    const seen = await withFrame(probing, media, isMarked);
    return isCropRead ? await withContainerCrop(seen, read) : seen;
  } finally {
    await file.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut off, where ffprobe gave up in the middle: its stderr says why.
    return undefined;
  }
}

async function probeHeaders(probing: Probing): Promise<MediaInfo> {
  const { request, limits } = probing;
  const ended = request.tail && (await probeEnded(probing, request.tail));
  if (ended) return ended;
  const { json, exit } = await readHeaders(probing);
  if (request.side === "source") {
    const media = readSource(parseJson(json), exit.stderr, limits.maxPixels);
    return withBytes(probing, media);
  }
  if (exit.code !== 0) throw failure(request.side, "output_wrong", "ffprobe cannot open it");
  return withFrame(probing, describedOutput(parseJson(json)));
}

/** Runs ffprobe within a time limit that begins anew with all that it says. */
function runAlong(
  probing: Probing,
  args: readonly string[],
  push: (chunk: string) => void,
  pieces?: readonly string[],
): Promise<{ readonly exit: Exit }> {
  return limited(probing, async (limit) => {
    const onStdout = (chunk: string) => {
      limit.restart();
      push(chunk);
    };
    return { exit: await probing.ffprobe.run(args, onStdout, limit.signal, pieces) };
  });
}

/** The headers of an output and its end at once: to start one more ffprobe takes longer than either. Nothing where that fails. */
async function probeEnded(probing: Probing, tail: TailPlace): Promise<MediaInfo | undefined> {
  const args = guarded(probing, endArgs(tail, PROBE_ENTRIES, `%+#${FIRST_PACKETS}`));
  let json = "";
  const { exit } = await runAlong(probing, args, (chunk) => {
    if (json.length < JSON_CHARS_MAX) json += chunk;
  });
  const ended = exit.code === 0 ? splitEnd(parseJson(json), FIRST_PACKETS) : undefined;
  return ended && { ...describedOutput(ended.json), tail: ended.tail };
}

function describedOutput(json: unknown): MediaInfo {
  try {
    return parseProbe(json);
  } catch (error) {
    throw new TaskError("output_wrong", "Cannot verify the output: ffprobe does not describe it", {
      cause: error,
    });
  }
}

async function countPackets(probing: Probing, media: MediaInfo): Promise<MediaInfo> {
  const reader = createPacketReader();
  const entries = ["-show_entries", PACKET_ENTRIES, "-of", "csv=p=0"];
  const { startSeconds = 0, durationSeconds = 0 } = media;
  const lastFrom = Math.max(0, startSeconds + durationSeconds - LAST_SECONDS).toFixed(3);
  const last = ["-read_intervals", `${lastFrom}%${NEVER_SECONDS}`];
  let isCut = false;
  // A set has more files than may be open at once.
  for (const pieces of probing.request.pieces ?? [undefined]) {
    const wanted = probing.request.packets === "last" ? [...last, ...entries] : entries;
    const args = guarded(probing, wanted, "warning");
    const { exit } = await runAlong(probing, args, reader.push, pieces);
    if (exit.code !== 0)
      throw failure(probing.request.side, "source_damaged", "it cannot be read to its end");
    isCut ||= CUT.test(exit.stderr);
  }
  const withFacts = <T extends VideoStream | AudioStream>(stream: T): T => {
    const packets = reader.factsOf(stream.index);
    return packets ? { ...stream, packets } : stream;
  };
  return {
    ...media,
    ...(media.video ? { video: withFacts(media.video) } : {}),
    ...(media.audio ? { audio: withFacts(media.audio) } : {}),
    ...(isCut && { isCut: true as const }),
    ...(!INDEXED.includes(demuxerOf(media.format)) && { unreadBytes: reader.unreadBytes() }),
  };
}

/** Probes with the ffprobe of any engine. Errors as in `Engine.probe`. */
export async function probeWith(
  ffprobe: Ffprobe,
  limits: ProbeLimits,
  request: Probing["request"],
  signal: AbortSignal,
): Promise<MediaInfo> {
  const probing = { ffprobe, limits, request, signal };
  const media = await probeHeaders(probing);
  return request.packets ? countPackets(probing, media) : media;
}

/** Decodes the end of an output with the ffprobe of any engine. Errors as in `Engine.readTail`. */
export async function readTailWith(
  ffprobe: Ffprobe,
  limits: ProbeLimits,
  { pieces, ...place }: TailRequest,
  signal: AbortSignal,
): Promise<Tail> {
  const probing = { ffprobe, limits, request: { side: "output" }, signal } as const;
  const reader = createTailReader();
  const { exit } = await runAlong(probing, guarded(probing, tailArgs(place)), reader.push, pieces);
  if (exit.code !== 0) throw failure("output", "output_wrong", "its end cannot be read");
  return reader.tail();
}
