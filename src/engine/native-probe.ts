import { SOURCE_FORMATS } from "../probe/formats.ts";
import { readSource } from "../probe/judge-source.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../probe/media.ts";
import { PROBE_ENTRIES, parseProbe } from "../probe/parse-probe.ts";
import { type ErrorCode, TaskError } from "../task/errors.ts";
import type { ProbeRequest } from "./engine.ts";
import { createPacketReader } from "./packet-facts.ts";
import type { ProbeOutcome, StandbyProbe } from "./standby-probe.ts";
import { type Exit, runSubprocess } from "./subprocess.ts";
import { limitTime, type TimeLimit } from "./time-limit.ts";

/** How to probe. */
export type ProbeOptions = {
  readonly ffprobe: string;
  /** Of one picture of a source, width times height. */
  readonly maxPixels: number;
  /** For the headers; and between two signs of life while all packets are read. */
  readonly probeTimeoutMs: number;
  readonly graceMs: number;
};

// ffprobe takes at most 1000 streams, of about 1 KB each in its JSON.
const JSON_CHARS_MAX = 4_000_000;
// So many packets show whether they are encrypted, and are in what ffprobe has read anyway.
const PACKETS_SHOWN = "%+#8";

/** Guards against what a source may do to us; as input options they also stand in front of a run's `-i`. */
export const sourceGuards = (maxPixels: number): readonly string[] => [
  "-max_pixels",
  String(maxPixels),
  "-protocol_whitelist",
  "file",
  "-format_whitelist",
  SOURCE_FORMATS.join(","),
];

const TOO_LATE = "it takes too long";

const failure = (side: ProbeRequest["side"], code: ErrorCode, why: string): TaskError =>
  side === "source"
    ? new TaskError(code, `Cannot read the source: ${why}`)
    : new TaskError("output_wrong", `Cannot verify the output: ${why}`);

type Reading = {
  readonly args: readonly string[];
  readonly onStdout: (chunk: string, limit: TimeLimit) => void;
};

function refuseKilled({ signal }: Exit): void {
  if (signal) throw new TaskError("encoder_killed", `Cannot probe: ${signal} ended ffprobe`);
}

async function read(
  options: ProbeOptions,
  { path, side }: ProbeRequest,
  reading: Reading,
  signal: AbortSignal,
): Promise<Exit> {
  const late = failure(side, "source_hangs", TOO_LATE);
  const limit = limitTime(signal, options.probeTimeoutMs, late);
  const guards =
    side === "source" ? sourceGuards(options.maxPixels) : ["-protocol_whitelist", "file"];
  try {
    const exit = await runSubprocess(
      {
        command: options.ffprobe,
        args: ["-v", "error", ...guards, ...reading.args, "-i", `file:${path}`],
        graceMs: options.graceMs,
        onStdout: (chunk) => reading.onStdout(chunk, limit),
      },
      limit.signal,
    );
    refuseKilled(exit);
    return exit;
  } finally {
    limit.end();
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

/** Arguments that describe a file as JSON. */
const headerArgs = (): readonly string[] => [
  ...["-read_intervals", PACKETS_SHOWN, "-show_entries", PROBE_ENTRIES],
  ...["-print_format", "json"],
];

/** All arguments of a source's probe but its name: what a standing-by ffprobe is started with. */
export const standbyArgs = ({ maxPixels }: ProbeOptions): readonly string[] => [
  ...["-v", "error", ...sourceGuards(maxPixels)],
  ...headerArgs(),
];

async function readHeaders(
  options: ProbeOptions,
  request: ProbeRequest,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  let json = "";
  const onStdout = (chunk: string, limit: TimeLimit) => {
    if (json.length < JSON_CHARS_MAX) json += chunk;
    else limit.abort(failure(request.side, "source_not_media", "it claims too many streams"));
  };
  const exit = await read(options, request, { args: headerArgs(), onStdout }, signal);
  return { json, exit };
}

async function readHeadersAtOnce(
  standby: StandbyProbe,
  { probeTimeoutMs }: ProbeOptions,
  { path, side }: ProbeRequest,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const limit = limitTime(signal, probeTimeoutMs, failure(side, "source_hangs", TOO_LATE));
  try {
    const outcome = await standby.probe(path, JSON_CHARS_MAX, limit.signal);
    if (outcome.json.length > JSON_CHARS_MAX)
      throw failure(side, "source_not_media", "it claims too many streams");
    refuseKilled(outcome.exit);
    return outcome;
  } finally {
    limit.end();
  }
}

async function probeHeaders(
  options: ProbeOptions,
  request: ProbeRequest,
  signal: AbortSignal,
  standby: StandbyProbe | undefined,
): Promise<MediaInfo> {
  const { side } = request;
  const { json, exit } = standby
    ? await readHeadersAtOnce(standby, options, request, signal)
    : await readHeaders(options, request, signal);
  if (side === "source") return readSource(parseJson(json), exit.stderr, options.maxPixels);
  if (exit.code !== 0) throw failure(side, "output_wrong", "ffprobe cannot open it");
  try {
    return parseProbe(parseJson(json));
  } catch (error) {
    throw new TaskError("output_wrong", "Cannot verify the output: ffprobe does not describe it", {
      cause: error,
    });
  }
}

async function countPackets(
  options: ProbeOptions,
  request: ProbeRequest,
  media: MediaInfo,
  signal: AbortSignal,
): Promise<MediaInfo> {
  const reader = createPacketReader();
  const args = ["-show_entries", "packet=stream_index,pts_time,dts_time", "-of", "csv=p=0"];
  const onStdout = (chunk: string, limit: TimeLimit) => {
    limit.restart();
    reader.push(chunk);
  };
  const { code } = await read(options, request, { args, onStdout }, signal);
  if (code !== 0) throw failure(request.side, "source_damaged", "it cannot be read to its end");
  const withFacts = <T extends VideoStream | AudioStream>(stream: T): T => {
    const packets = reader.factsOf(stream.index);
    return packets ? { ...stream, packets } : stream;
  };
  return {
    ...media,
    ...(media.video ? { video: withFacts(media.video) } : {}),
    ...(media.audio ? { audio: withFacts(media.audio) } : {}),
  };
}

/**
 * Probes with ffprobe. Errors as in `Engine.probe`.
 *
 * @param standby - one that was started with `standbyArgs`, to be used up for the headers of a source
 */
export async function probeFile(
  options: ProbeOptions,
  request: ProbeRequest,
  signal: AbortSignal,
  standby?: StandbyProbe,
): Promise<MediaInfo> {
  const media = await probeHeaders(options, request, signal, standby);
  return request.packets ? countPackets(options, request, media, signal) : media;
}
