import { type EventRow, eventOf } from "../db/rows/event-row.ts";
import type { FeedEvent, Scope } from "./events.ts";
import type { RunningTask } from "./running-progress.ts";

/** How many events one read passes at most: a few milliseconds. */
export const PASSED_MAX = 500;
/** How many events come in one part. */
export const PART_MAX = 250;
/** About how much text one part holds, as it waits for a slow reader: addresses and sentences are up to some thousand characters. */
const PART_CHARS_MAX = 65_536;
/** The same of what is told to all followers together. */
export const NEWS_CHARS_MAX = 4 * PART_CHARS_MAX;
/** Of an event without an address and a sentence, as it is told. */
const EVENT_CHARS = 200;

/** What one read found. */
export type Found = {
  readonly events: readonly FeedEvent[];
  /** What was passed ends here. */
  readonly place: number;
  /** Whether that is the end of the log. */
  readonly isEnd: boolean;
};

/** What a feed reads its log by. What is read later never ends earlier, unless the newest events were deleted. */
export interface FeedReader {
  /** The place of the newest event; 0 if there is none. */
  newest(): Promise<number>;
  /** What is behind a place, of all clients. */
  all(place: number): Promise<Found>;
  /** What is behind a place of a client or one of its tasks. A place beyond the end is of another database: it is taken as the end. */
  part(scope: Scope, place: number): Promise<Found>;
  /** The tasks that run and have progress. */
  running(): Promise<readonly RunningTask[]>;
  /** Has something called when there may be news. @returns what ends this */
  onNews(wake: () => void): () => void;
}

/** An event as it was read, with what is told of its task. */
export type FoundRow = EventRow & {
  readonly taskId: string;
  readonly clientCode: string;
  readonly targetUrl: string | null;
};

/** What was found behind a place, cut where it is enough. @param limit - of the rows that were asked for */
export function foundIn(
  rows: readonly FoundRow[],
  place: number,
  limit: number,
  charsMax: number = PART_CHARS_MAX,
): Found {
  const taken = rows.slice(0, countWithin(rows, charsMax));
  const end = taken.at(-1)?.seq ?? place;
  const isEnd = taken.length === rows.length && rows.length < limit;
  return { events: taken.map(feedEvent), place: end, isEnd };
}

/** How many rows hold so many characters together; one at least. */
function countWithin(rows: readonly FoundRow[], charsMax: number): number {
  let chars = 0;
  const over = rows.findIndex(({ targetUrl, failure }) => {
    chars += EVENT_CHARS + (targetUrl?.length ?? 0) + (failure?.detail.length ?? 0);
    return chars > charsMax;
  });
  return over < 0 ? rows.length : Math.max(1, over);
}

const feedEvent = ({ taskId, clientCode, targetUrl, ...row }: FoundRow): FeedEvent => ({
  ...eventOf(row, taskId),
  place: row.seq,
  clientCode,
  ...(targetUrl !== null && { targetUrl }),
});
