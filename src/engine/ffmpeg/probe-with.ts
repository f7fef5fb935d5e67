import { hasTurnMark, mayTurnItself } from "../../probe/bytes/turn-marks.ts";
import { mayBeCropped, withContainerCrop } from "../../probe/container-crop.ts";
import { firstFrameArgs, mayDiffer, withFirstFrame } from "../../probe/first-frame.ts";
import { demuxerOf } from "../../probe/formats.ts";
import { readFurther, readSource } from "../../probe/judge-source.ts";
import { countUnseen, LONG_LOOK, longLook } from "../../probe/long-look.ts";
import type { MediaInfo, MediaStream } from "../../probe/media.ts";
import { PROBE_ENTRIES, parseProbe } from "../../probe/parse-probe.ts";
import {
  createTailReader,
  endArgs,
  NEVER_SECONDS,
  splitEnd,
  type Tail,
  type TailPlace,
  tailArgs,
} from "../../probe/tail.ts";
import { TaskError } from "../../task/errors.ts";
import type { TailRequest } from "../engine.ts";
import { readMediaHead } from "./header-reads.ts";
import { COUNTED_ENTRIES, createPacketReader } from "./packet-facts.ts";
import {
  type Ffprobe,
  failure,
  guarded,
  JSON_CHARS_MAX,
  limited,
  type ProbeLimits,
  type ProbeOutcome,
  type Probing,
  parseJson,
  readJson,
  readLimited,
  runAlong,
  sourceGuards,
  tooMany,
} from "./probing.ts";

// The first packets show whether they are encrypted or hidden. So many, as in some films a second of video comes before the audio.
const PACKETS_SHOWN = "%+#64";
/** How many of the first packets of an output are decoded together with its end. */
const FIRST_PACKETS = 8;

/** How much of the end of a file is decoded, from the key frame before. */
const LAST_SECONDS = 2;

/** Arguments that describe a file as JSON. */
const headerArgs = (): readonly string[] => [
  ...["-read_intervals", PACKETS_SHOWN, "-show_entries", PROBE_ENTRIES],
  ...["-print_format", "json"],
];

/** All arguments of a source's probe except its name, with which an ffprobe that stands by is started. */
export const standbyArgs = ({ maxPixels }: ProbeLimits): readonly string[] => [
  ...["-v", "error", ...sourceGuards(maxPixels)],
  ...headerArgs(),
];

/** All arguments of the probe of an output with its end, except its name. */
const endedArgs = (probing: Pick<Probing, "request" | "limits">, tail: TailPlace) =>
  guarded(probing, endArgs(tail, PROBE_ENTRIES, `%+#${FIRST_PACKETS}`));

/** Those with which an ffprobe stands by for the probe of an output; undefined if it takes more than one. */
export const expectedArgs = (
  limits: ProbeLimits,
  request: Probing["request"],
): readonly string[] | undefined =>
  request.side === "output" && request.tail
    ? endedArgs({ limits, request }, request.tail)
    : undefined;

/** What ffprobe says at log level `warning` if a file ends within a packet, or before something that its index lists. */
const CUT = /Packet corrupt \(stream|File ended prematurely|partial file/;

/** Formats that are read by an index, in any order, and may contain data that belongs to none of their streams. */
const INDEXED = ["mov", "avi"];

function readHeaders(probing: Probing): Promise<ProbeOutcome> {
  const { runAtOnce } = probing.ffprobe;
  if (!runAtOnce || probing.request.side === "output") return readJson(probing, headerArgs());
  return limited(probing, async (limit) => {
    const outcome = await runAtOnce(JSON_CHARS_MAX, limit.signal);
    if (outcome.json.length > JSON_CHARS_MAX) throw tooMany(probing);
    return outcome;
  });
}

/**
 * What a file holds, also by its first frame if that may say something else. That takes another ffprobe, so it is not done for every
 * file. Among outputs, only copies can be rotated by their frames; others are looked at if that is asked for.
 */
async function withFrame(probing: Probing, media: MediaInfo, isMarked = false): Promise<MediaInfo> {
  const { video } = media;
  const { side, packets, firstFrame } = probing.request;
  if (!video || !(firstFrame || isMarked || mayDiffer(video))) return media;
  if (side === "output" && !(firstFrame || (packets && video.codec === "mjpeg"))) return media;
  const { json } = await readJson(probing, firstFrameArgs(video.index));
  return { ...media, video: withFirstFrame(video, parseJson(json)) };
}

/** What a source holds, including what only a few of its bytes show, which ffprobe does not report, or only by decoding. */
async function withBytes(probing: Probing, media: MediaInfo): Promise<MediaInfo> {
  const { open, areCropsRead } = probing.ffprobe;
  const isCropRead = areCropsRead === true && mayBeCropped(media);
  if (!open || !(isCropRead || mayTurnItself(media))) return withFrame(probing, media);
  // A file that cannot be opened here also fails in its run, which says why.
  const file = await open().catch(() => undefined);
  if (!file) return withFrame(probing, media);
  try {
    const isMarked =
      mayTurnItself(media) &&
      (await readLimited(probing, file, async (read) =>
        hasTurnMark(media, await readMediaHead(media, read)),
      ));
    const seen = await withFrame(probing, media, isMarked);
    return isCropRead
      ? await readLimited(probing, file, (read) => withContainerCrop(seen, read))
      : seen;
  } finally {
    await file.close();
  }
}

/** What ffprobe says of a file; it is run again if it has seen too little of a stream to know it. */
async function describe(probing: Probing) {
  const { json, exit } = await readHeaders(probing);
  const first = { json: parseJson(json), exit };
  const unseen = exit.code === 0 ? countUnseen(first.json) : 0;
  if (unseen === 0) return first;
  const again = await readJson(probing, [...LONG_LOOK, ...headerArgs()]);
  const second = { json: parseJson(again.json), exit: again.exit, beginsSlowly: true as const };
  const isBetter = again.exit.code === 0 && countUnseen(second.json) < unseen;
  return isBetter ? second : first;
}

async function probeHeaders(probing: Probing): Promise<MediaInfo> {
  const { request, limits } = probing;
  const ended = request.tail && (await probeEnded(probing, request.tail));
  if (ended) return request.firstFrame ? withFrame(probing, ended) : ended;
  const { json, exit, ...slowly } = await describe(probing);
  if (request.side === "source") {
    // A picture may say by itself how it is turned.
    if (request.as) return withFrame(probing, readFurther(json, exit.stderr), true);
    const media = readSource(json, exit.stderr, limits.maxPixels);
    return withBytes(probing, { ...media, ...slowly });
  }
  if (exit.code !== 0) throw failure(request.side, "output_wrong", "ffprobe cannot open it");
  return withFrame(probing, { ...describedOutput(json), ...slowly });
}

/** The headers and the end of an output by one ffprobe, as starting another takes longer than either. Undefined if it fails or sees too little. */
async function probeEnded(probing: Probing, tail: TailPlace): Promise<MediaInfo | undefined> {
  const { json, exit } = await readEnded(probing, tail);
  const ended = exit.code === 0 ? splitEnd(parseJson(json), FIRST_PACKETS) : undefined;
  if (!ended || countUnseen(ended.json) > 0) return undefined;
  return { ...describedOutput(ended.json), tail: ended.tail };
}

async function readEnded(probing: Probing, tail: TailPlace): Promise<ProbeOutcome> {
  const { runAtOnce } = probing.ffprobe;
  if (runAtOnce) return limited(probing, (limit) => runAtOnce(JSON_CHARS_MAX, limit.signal));
  let json = "";
  const { exit } = await runAlong(probing, endedArgs(probing, tail), (chunk) => {
    if (json.length < JSON_CHARS_MAX) json += chunk;
  });
  return { json, exit };
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
  const entries = ["-show_entries", COUNTED_ENTRIES, "-of", "csv=p=0"];
  const { startSeconds = 0, durationSeconds = 0 } = media;
  const lastFrom = Math.max(0, startSeconds + durationSeconds - LAST_SECONDS).toFixed(3);
  const last = ["-read_intervals", `${lastFrom}%${NEVER_SECONDS}`];
  let isCut = false;
  // A set may have more files than can be open at once.
  for (const concat of probing.request.concat ?? [undefined]) {
    const wanted = probing.request.packets === "last" ? [...last, ...entries] : entries;
    const args = guarded(probing, [...longLook(media), ...wanted], "warning");
    const { exit } = await runAlong(probing, args, reader.push, concat);
    if (exit.code !== 0)
      throw failure(probing.request.side, "source_damaged", "it cannot be read to its end");
    isCut ||= CUT.test(exit.stderr);
  }
  const withFacts = <T extends MediaStream>(stream: T): T => {
    if (stream.kind !== "video" && stream.kind !== "audio") return stream;
    const packets = reader.factsOf(stream.index);
    return packets ? { ...stream, packets } : stream;
  };
  return {
    ...media,
    streams: media.streams.map(withFacts),
    ...(media.video ? { video: withFacts(media.video) } : {}),
    ...(media.audio ? { audio: withFacts(media.audio) } : {}),
    ...(isCut && { isCut: true as const }),
    ...(!INDEXED.includes(demuxerOf(media.format)) && { unreadBytes: reader.unreadBytes() }),
  };
}

/** Probes with the ffprobe of any engine. It throws like `Engine.probe`. */
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

/** Decodes the end of an output with the ffprobe of any engine. It throws like `Engine.readTail`. */
export async function readTailWith(
  ffprobe: Ffprobe,
  limits: ProbeLimits,
  { concat, ...place }: TailRequest,
  signal: AbortSignal,
): Promise<Tail> {
  const probing = { ffprobe, limits, request: { side: "output" }, signal } as const;
  const reader = createTailReader();
  const { exit } = await runAlong(probing, guarded(probing, tailArgs(place)), reader.push, concat);
  if (exit.code !== 0) throw failure("output", "output_wrong", "its end cannot be read");
  return reader.tail();
}
