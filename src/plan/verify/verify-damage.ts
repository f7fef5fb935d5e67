import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo, PacketFacts, Stretch } from "../../probe/media.ts";
import type { Damage } from "../../task/damage.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import type { Warning } from "../../task/warnings.ts";
import type { PlannedOutput } from "../plan.ts";
import { heldBy } from "./held.ts";

/** Which part of a stream may be lost: one flaw is concealed, a broken file is refused. */
export const LOST_PART_MAX = 0.01;
/** How many packets of a short stream may be lost. */
const FAILURES_MAX = 2;
/** How many seconds may be without any packet, or missing at the end. */
export const LOST_SECONDS_MAX = 0.5;
/** If at least this part of the bytes that a hole's time would take was skipped, no pause of the recording made the hole. */
const UNREAD_PART_MIN = 0.5;
/**
 * Formats whose clock counts samples. They know no pause, so a hole means that something is missing, and there may be
 * many small ones.
 */
const UNPAUSED = ["flac"];

type Kind = "video" | "audio";

/** How much of a stream is lost. */
type Loss = {
  readonly kind: Kind;
  readonly part: number;
  readonly isTooMuch: boolean;
};

/**
 * Judges how much of a source was lost on the way into what was made of it: packets that could not be decoded, and
 * stretches without any, which an encode fills with still pictures and silence.
 *
 * @param damage - what the runs reported
 * @param source - probed with its packets counted
 * @returns a warning if a little was lost, or if only the times suggest a loss, as a recording may have been paused
 * @throws {TaskError} `source_damaged` if more was lost of what was encoded; a copy is as good as its source
 */
export function judgeDamage(
  damage: Damage,
  products: readonly Pick<PlannedOutput, "video" | "audio" | "expect">[],
  source: MediaInfo,
): readonly Warning[] {
  const clip = products[0]?.expect.clip;
  const kinds = (["video", "audio"] as const).filter(
    (kind) => source[kind] && isUsed(products, kind),
  );
  const hole = holeIn(source, clip);
  const isFlawed =
    isTorn(source, damage) || kinds.some((kind) => failuresOf(kind, damage, source, clip) > 0);
  const isBroken = hole.isLoss || (isFlawed && !isPaused(source));
  const losses = kinds.map((kind) =>
    lossOf(kind, damage, source, isBroken ? hole.seconds : 0, clip),
  );
  const worst = losses.find(
    ({ kind, isTooMuch }) => isTooMuch && products.some((one) => one[kind].action === "encode"),
  );
  if (worst)
    throw new TaskError(
      "source_damaged",
      `Cannot use the source: ${percent(worst.part)} of its ${worst.kind} is missing or cannot be decoded`,
    );
  const flaws = losses
    .filter(({ part }) => part > 0)
    .map(({ kind, part }) =>
      damageWarning(`${percent(part)} of the source's ${kind} is missing or cannot be decoded`),
    );
  // A copy keeps a pause as it is, so only what the runs reported makes a pause worth a warning.
  const isTold = damage.isTold || damage.isFilled;
  const all = isTold && !isBroken ? [...flaws, ...pauseOf(hole)] : flaws;
  if (all.length > 0) return all;
  if (source.isCut) return [damageWarning("The source is cut off or has broken packets")];
  return streamsOf(source).some(({ isDisordered }) => isDisordered)
    ? [damageWarning("The source's time stamps go back: they are broken, or begin anew")]
    : [];
}

const streamsOf = ({ video, audio }: MediaInfo): readonly PacketFacts[] =>
  [video, audio].flatMap((stream) => stream?.packets ?? []);

/** A part of a source that no stream has a packet in. */
type Hole = {
  readonly seconds: number;
  /** Something was there and is lost: it is no pause of the recording. */
  readonly isLoss: boolean;
};

const pauseOf = ({ seconds }: Hole): readonly Warning[] =>
  seconds > 0
    ? [
        damageWarning(
          `For ${roundedSeconds(seconds)} s nothing comes from the source: it was paused, or a part is missing`,
        ),
      ]
    : [];

/**
 * Whether it is known that packets of a source are missing. For MPEG-TS its counters alone do not tell: they break at
 * each pause of a recorder as well, and decoders complain of the first pictures if it begins within a GOP.
 */
function isTorn(source: MediaInfo, { isTold }: Damage): boolean {
  if (!source.isCut) return false;
  const hasHead = streamsOf(source).some((packets) => headCount(packets) > 0);
  return demuxerOf(source.format) !== "mpegts" || (isTold && !hasHead);
}

/** In these formats a loss seldom ends at a key frame, because their demuxers do not look for the next one. */
const READ_ON_ANYWHERE = ["mpegts", "mpeg"];

/** Whether the holes of a source are pauses of a recorder, whatever else is wrong with it: a key frame follows each. */
const isPaused = ({ format, video }: MediaInfo): boolean =>
  READ_ON_ANYWHERE.includes(demuxerOf(format)) && video?.packets?.beginsAnew === true;

/**
 * All holes in the part of a source that is used, together. Streams that are not used count too: if one of them goes on,
 * nothing is missing, and the other one pauses.
 */
function holeIn(source: MediaInfo, clip: Clip | undefined): Hole {
  const { unreadBytes = 0, sizeBytes = Number.POSITIVE_INFINITY, format } = source;
  const streams = streamsOf(source);
  const shown = streams.flatMap((packets) => packets.shown ?? []);
  if (shown.length === 0) return { seconds: 0, isLoss: false };
  const begin = Math.min(...shown.map(({ fromSeconds }) => fromSeconds));
  const whole = Math.max(...shown.map(({ toSeconds }) => toSeconds)) - begin;
  const unread = (unreadBytes / sizeBytes) * whole;
  const all = Math.min(...streams.map(({ holeSeconds }) => holeSeconds ?? 0));
  const part = clip && partOf(clip, begin);
  const seconds = part ? Math.min(...streams.map((packets) => holesIn(packets, part))) : all;
  if (!UNPAUSED.includes(demuxerOf(format)))
    return { seconds, isLoss: seconds > 0 && unread >= all * UNREAD_PART_MIN };
  // It is not known where in a file the unread bytes are.
  return part
    ? { seconds, isLoss: seconds > 0 }
    : { seconds: Math.max(seconds, unread), isLoss: seconds + unread > 0 };
}

/** The stretch of a source that a clip holds, if the source begins at `begin`. */
function partOf({ startSeconds, durationSeconds = Number.POSITIVE_INFINITY }: Clip, begin: number) {
  const fromSeconds = begin + startSeconds;
  return { fromSeconds, toSeconds: fromSeconds + durationSeconds };
}

const holesIn = ({ holes = [] }: PacketFacts, { fromSeconds, toSeconds }: Stretch): number =>
  holes.reduce(
    (sum, hole) =>
      sum +
      Math.max(0, Math.min(hole.toSeconds, toSeconds) - Math.max(hole.fromSeconds, fromSeconds)),
    0,
  );

/** A warning about a flaw of the source. */
export const damageWarning = (message: string): Warning => ({ code: "source_damage", message });

const isUsed = (products: readonly Pick<PlannedOutput, Kind>[], kind: Kind): boolean =>
  products.some((one) => one[kind].action !== "none");

function lossOf(
  kind: Kind,
  damage: Damage,
  source: MediaInfo,
  holeSeconds: number,
  clip: Clip | undefined,
): Loss {
  const packets = source[kind]?.packets;
  if (!packets) return { kind, part: 0, isTooMuch: false };
  const whole = secondsOf(kind, source, undefined);
  const used = clip ? secondsOf(kind, source, clip) : whole;
  const count = Math.max(1, packets.count * (whole > 0 ? used / whole : 1));
  const failed = failuresOf(kind, damage, source, clip);
  const holesPart = used > 0 ? holeSeconds / used : 0;
  return {
    kind,
    part: Math.min(1, failed / count + holesPart),
    isTooMuch:
      failed > Math.max(FAILURES_MAX, count * LOST_PART_MAX) ||
      holeSeconds > Math.max(LOST_SECONDS_MAX, used * LOST_PART_MAX),
  };
}

/** How many packets of a stream should have been decoded, and were not. */
function failuresOf(
  kind: Kind,
  { failures }: Damage,
  { [kind]: stream, startSeconds }: MediaInfo,
  clip: Clip | undefined,
): number {
  if (!stream?.packets) return 0;
  const { firstKey, shown } = stream.packets;
  const indexes = "rightIndex" in stream ? [stream.index, stream.rightIndex] : [stream.index];
  const failed = Math.max(...indexes.map((index) => failures[index ?? stream.index] ?? 0));
  const begin = startSeconds ?? shown?.fromSeconds ?? 0;
  const isBehindHead = clip && firstKey && begin + clip.startSeconds >= firstKey.seconds;
  return Math.max(0, failed - (isBehindHead ? 0 : headCount(stream.packets)));
}

/** How many packets come before the first key frame: they cannot be decoded, and are no loss. */
const headCount = ({ firstKey }: PacketFacts): number => firstKey?.headCount ?? 0;

const secondsOf = (kind: Kind, source: MediaInfo, clip: Clip | undefined): number =>
  heldBy(
    {
      durationToleranceSeconds: 0,
      [kind]: { codec: "", sameAsSource: false },
      ...(clip && { clip }),
    },
    source,
  )?.[kind]?.atMost ?? 0;

const roundedSeconds = (seconds: number): number => Math.max(0.1, Math.round(seconds * 10) / 10);

/** A part above 0, in percent. */
export const percent = (part: number): string =>
  part < 0.001 ? "less than 0.1 %" : `${Math.round(part * 1000) / 10} %`;
