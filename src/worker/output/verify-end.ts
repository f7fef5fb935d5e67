import { join } from "node:path";
import type { Engine } from "../../engine/engine.ts";
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

/** An output whose end is looked at. */
type Ended = {
  /** Absolute path of the file, or of the playlist of a set. */
  readonly path: string;
  readonly expect: Expectation;
  /** Its packets are counted, as a copy's are compared. */
  readonly isCounted: boolean;
  /** Of a set: how its files are read as few. */
  readonly concat?: SetConcat;
};

/** How the files of a set, or of one stream of it, are read as a few. */
export type SetConcat = {
  /** All of them, as many in a group as may be open at once. */
  readonly groups: readonly (readonly string[])[];
  /** The last of them. */
  readonly last: readonly string[];
  /** How long they last, as their playlist says. */
  readonly seconds: number;
};

/** No more files of a set are open at once. */
const GROUP_FILES = 256;
/** Of a stream: the very last one may be but a frame. */
const LAST_FILES = 2;

/** How the files that a playlist names are read; what stands before all of fragments, in front of each group. */
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

/** Refuses a set of which a file is cut off. @param folder - of its playlist; @throws {TaskError} `output_wrong` */
export async function refuseCutSegments({ groups }: SetConcat, folder: string): Promise<void> {
  for (const name of new Set(groups.flat())) await refuseCut(join(folder, name));
}

/**
 * Probes an output, and has the end of each of its streams decoded: both at once, as it is mostly known how long it is.
 *
 * @throws {TaskError} `output_wrong` where its end is missing or cannot be decoded, or what probing threw
 */
export async function probeWithEnd(
  { path, expect, isCounted, concat }: Ended,
  engine: Pick<Engine, "probe" | "readTail">,
  signal: AbortSignal,
): Promise<MediaInfo> {
  const groups = concat && { concat: concat.groups };
  const placeOf = (endSeconds: number, seconds?: number): TailPlace => ({
    ...tailOf(endSeconds, seconds),
    keyFramesOnly: isCopied(expect),
  });
  const probe = (packets: boolean, place?: TailPlace) =>
    engine.probe(
      { ...{ path, side: "output", packets }, ...groups, ...(place && { tail: place }) },
      signal,
    );
  const look: Look = (...place) =>
    engine.readTail({ path, ...placeOf(...place), ...(concat && { concat: concat.last }) }, signal);
  const expected = concat?.seconds ?? expect.durationSeconds;
  const isOneLook = expected !== undefined && !isCounted && !concat;
  const [made, beside] = isOneLook
    ? [await probe(false, placeOf(expected)), undefined]
    : await together(probe(isCounted), expected === undefined ? undefined : look(expected));
  const atOnce = made.tail ?? beside;
  const end = endOf(made, expected);
  const seen = atOnce && end === expected ? atOnce : await look(end);
  const unseen = unseenIn(expect, made, seen, tailOf(end).fromSeconds);
  const counted = unseen.length > 0 && !isCounted ? await probe(true) : made;
  const ends: { [K in Kind]?: StreamTail } = { ...seen };
  for (const kind of new Set([...unseen, ...undecodedIn(expect, made, seen)])) {
    // What ends before the other is looked at where it ends.
    const last = unseen.includes(kind) ? counted[kind]?.packets?.lastSeconds : end;
    const isEnough = (own: StreamTail) => isDecoded(expect, made, kind, own);
    const found = unseen.includes(kind) ? undefined : seen[kind];
    const own =
      last === undefined ? undefined : await lookBack(kind, last, { look, isEnough, found });
    if (own) ends[kind] = own;
    else delete ends[kind];
  }
  judgeTail(expect, made, ends);
  return made;
}

/** Looks at the last seconds before an end, or so many of them. */
type Look = (endSeconds: number, seconds?: number) => Promise<Tail>;

/** How one stream is looked back for. */
type Looking = {
  readonly look: Look;
  readonly isEnough: (own: StreamTail) => boolean;
  /** What the shortest look has shown already. */
  readonly found: StreamTail | undefined;
};

/** Looks at the end of one stream, from further and further before it until that is enough. */
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

const isCopied = ({ video }: Expectation): boolean => video?.isCopy === true;

/** Both have ended before either fails: nothing reads on in what is removed. */
async function together(
  probing: Promise<MediaInfo>,
  looking: Promise<Tail> | undefined,
): Promise<readonly [MediaInfo, Tail | undefined]> {
  const [probed, looked] = await Promise.allSettled([probing, looking]);
  if (probed.status === "rejected") throw probed.reason;
  if (looked.status === "rejected") throw looked.reason;
  return [probed.value, looked.value];
}
