import { join } from "node:path";
import type { Engine, ProbeRequest } from "../../engine/engine.ts";
import { playlistSeconds, segmentsOf } from "../../manifest/write/set-playlists.ts";
import type { Expectation } from "../../plan/plan.ts";
import {
  endOf,
  isDecoded,
  isSeen,
  judgeTail,
  LOOKS_SECONDS,
  tailOf,
  undecodedIn,
  unseenIn,
} from "../../plan/verify/verify-tail.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { StreamTail, Tail, TailPlace } from "../../probe/tail.ts";
import { refuseCut } from "./whole-file.ts";

/** An output whose end is decoded. */
type Ended = {
  /** Absolute path of the file, or of the playlist of a set. */
  readonly path: string;
  readonly expect: Expectation;
  /** Whether its packets are counted: those of a copy are compared. */
  readonly isCounted: boolean;
  /** How the files of a set are read; undefined for a single file. */
  readonly concat?: SetConcat;
};

/** How the many files of a set, or of one stream of it, are read as a few. */
export type SetConcat = {
  /** All files, in groups as large as may be open at once. */
  readonly groups: readonly (readonly string[])[];
  /** The last files. */
  readonly last: readonly string[];
  /** The duration of all files, by their playlist. */
  readonly seconds: number;
};

/** The highest number of files of a set that are open at once. */
const GROUP_FILES = 256;
/** How many files the end of a stream takes: the very last one may hold a single frame. */
const LAST_FILES = 2;

/** How the files that a playlist names are read; each group begins with the init segment, if there is one. */
export function concatOf(playlist: string): SetConcat {
  const all = segmentsOf(playlist);
  const init = all.filter((name) => name.endsWith(".mp4"));
  const media = all.filter((name) => !init.includes(name));
  const groups: string[][] = [];
  for (let at = 0; at < media.length; at += GROUP_FILES)
    groups.push([...init, ...media.slice(at, at + GROUP_FILES)]);
  const last = [...init, ...media.slice(-LAST_FILES)];
  return { groups, last, seconds: playlistSeconds(playlist) };
}

/** Refuses a set if one of its files is cut off. @param folder - that of its playlist. @throws {TaskError} `output_wrong` */
export async function refuseCutSegments({ groups }: SetConcat, folder: string): Promise<void> {
  for (const name of new Set(groups.flat())) await refuseCut(join(folder, name));
}

/**
 * The one look at an output that tells what it holds and how it ends; undefined where it takes several, or where nobody knows before where it
 * ends.
 */
export function oneLook({ path, expect, isCounted, concat }: Ended): ProbeRequest | undefined {
  const { durationSeconds, video } = expect;
  if (durationSeconds === undefined || isCounted || concat) return undefined;
  const tail = { ...tailOf(durationSeconds), keyFramesOnly: isCopied(expect) };
  const firstFrame = video?.colour && { firstFrame: true as const };
  return { path, side: "output", packets: false, tail, ...firstFrame };
}

/**
 * Probes an output and has the end of each of its streams decoded; both at once if its duration is expected to be known.
 *
 * @throws {TaskError} `output_wrong` if its end is missing or cannot be decoded; what probing threw
 */
export async function probeWithEnd(
  ended: Ended,
  engine: Pick<Engine, "probe" | "readTail">,
  signal: AbortSignal,
): Promise<MediaInfo> {
  const { path, expect, isCounted, concat } = ended;
  const groups = concat && { concat: concat.groups };
  const placeOf = (endSeconds: number, seconds?: number): TailPlace => ({
    ...tailOf(endSeconds, seconds),
    keyFramesOnly: isCopied(expect),
  });
  const probe = (packets: boolean) =>
    engine.probe(
      {
        ...{ path, side: "output", packets, ...groups },
        ...(expect.video?.colour && { firstFrame: true }),
      },
      signal,
    );
  const look: Look = (...place) =>
    engine.readTail({ path, ...placeOf(...place), ...(concat && { concat: concat.last }) }, signal);
  const expected = concat?.seconds ?? expect.durationSeconds;
  const one = oneLook(ended);
  const [made, beside] = one
    ? [await engine.probe(one, signal), undefined]
    : await together(probe(isCounted), expected === undefined ? undefined : look(expected));
  const atOnce = made.tail ?? beside;
  const end = endOf(made, expected);
  const seen = atOnce && end === expected ? atOnce : await look(end);
  const count = async () => (isCounted ? made : await probe(true));
  await judgeEnds({ expect, made, end, seen, look, count });
  return made;
}

/**
 * Has the end of one of several sounds decoded, or of the video beside them.
 *
 * @param made - the probed output with this stream alone
 * @param stream - as ffprobe names it: `a:1`
 * @param isCounted - whether the packets of `made` are counted
 * @throws {TaskError} as `probeWithEnd`
 */
export async function judgeEndOf(
  stream: string,
  { path, expect, isCounted }: Ended,
  made: MediaInfo,
  engine: Pick<Engine, "probe" | "readTail">,
  signal: AbortSignal,
): Promise<void> {
  const look: Look = (endSeconds, seconds) => {
    const place = { ...tailOf(endSeconds, seconds), keyFramesOnly: isCopied(expect), stream };
    return engine.readTail({ path, ...place }, signal);
  };
  const end = endOf(made, expect.durationSeconds);
  const count = async () => {
    if (isCounted) return made;
    const { streams } = await engine.probe({ path, side: "output", packets: true }, signal);
    return onlyStream(made, streams);
  };
  await judgeEnds({ expect, made, end, seen: await look(end), look, count });
}

/** The view of an output with one stream, with what is known of that by now. */
function onlyStream(made: MediaInfo, streams: MediaInfo["streams"]): MediaInfo {
  const index = (made.video ?? made.audio)?.index;
  const known = streams.find((one) => one.index === index);
  return known?.kind === "video" || known?.kind === "audio"
    ? { ...made, [known.kind]: known }
    : made;
}

/** What the ends of an output are judged by. */
type Judging = {
  readonly expect: Expectation;
  readonly made: MediaInfo;
  readonly end: number;
  /** What the first look saw. */
  readonly seen: Tail;
  readonly look: Look;
  /** The output with its packets counted. */
  readonly count: () => Promise<MediaInfo>;
};

async function judgeEnds({ expect, made, end, seen, look, count }: Judging): Promise<void> {
  const unseen = unseenIn(expect, made, seen, tailOf(end).fromSeconds);
  const counted = unseen.length > 0 ? await count() : made;
  const ends: { [K in Kind]?: StreamTail } = { ...seen };
  for (const kind of new Set([...unseen, ...undecodedIn(expect, made, seen)])) {
    // A stream that ends before the other one is decoded before its own end.
    const last = unseen.includes(kind) ? counted[kind]?.packets?.lastSeconds : end;
    const isEnough = (own: StreamTail) => isDecoded(expect, made, kind, own);
    const found = unseen.includes(kind) ? undefined : seen[kind];
    const own =
      last === undefined ? undefined : await lookBack(kind, last, { look, isEnough, found });
    if (own) ends[kind] = own;
    else delete ends[kind];
  }
  judgeTail(expect, made, ends);
}

/** Decodes the seconds before an end: the default number of them, or as many as given. */
type Look = (endSeconds: number, seconds?: number) => Promise<Tail>;

/** How the end of one stream is searched. */
type Looking = {
  readonly look: Look;
  readonly isEnough: (own: StreamTail) => boolean;
  /** What the shortest look has already found. */
  readonly found: StreamTail | undefined;
};

/** Decodes the end of one stream, from ever further before it until that is enough. */
async function lookBack(
  kind: Kind,
  endSeconds: number,
  { look, isEnough, found: first }: Looking,
): Promise<StreamTail | undefined> {
  let found = first;
  let isAll = false;
  for (const [at, seconds] of LOOKS_SECONDS.entries()) {
    if (isAll || (found && isEnough(found))) break;
    const { fromSeconds } = tailOf(endSeconds, seconds);
    isAll = fromSeconds === 0;
    if (at === 0 && first) continue;
    const own = (await look(endSeconds, seconds))[kind];
    if (isSeen(own, fromSeconds)) found = own;
  }
  return found;
}

type Kind = keyof Tail;

/** Whether any stream of an output is a copy whose packets are compared with the source's. */
export const isComparedCopy = ({ video, audio }: Expectation): boolean =>
  video?.sameAsSource === true || audio?.sameAsSource === true;

const isCopied = ({ video }: Expectation): boolean => video?.isCopy === true;

/** Waits for both before it fails, so that nothing reads files while they are removed. */
async function together(
  probing: Promise<MediaInfo>,
  looking: Promise<Tail> | undefined,
): Promise<readonly [MediaInfo, Tail | undefined]> {
  const [probed, looked] = await Promise.allSettled([probing, looking]);
  if (probed.status === "rejected") throw probed.reason;
  if (looked.status === "rejected") throw looked.reason;
  return [probed.value, looked.value];
}
