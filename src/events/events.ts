import type { TaskEvent } from "../task/task.ts";

/** What a follower hears of: an event of the log, or how far a running task is. */
export type FeedEvent = Omit<TaskEvent, "type"> & {
  /** `progress` is no event of the log but a state, of which only the newest is told. */
  readonly type: TaskEvent["type"] | "progress";
  /** Its place in the log of all tasks, never given twice; undefined for progress, whose `sequence` is that of the event before it. */
  readonly place?: number;
  readonly clientCode: string;
  /** Of an event about a target. */
  readonly targetUrl?: string;
};

/** A place in the log, as a follower writes it that comes back with it. */
export const PLACE = /^\d{1,15}\d?$/;

/** Whose events: of all tasks of a client, or of one of them. */
export type Scope = { readonly clientCode: string; readonly taskId?: string };

/** Hears what comes. It must be quick and throw nothing. */
export type Follower = {
  /** Events in order, all behind those that were told before. The array may be shared with other followers. */
  readonly onEvents: (events: readonly FeedEvent[]) => void;
  /** The feed is closed: nothing more is told. */
  readonly onClose: () => void;
};

/** What follows the end of the log. */
export type Following = {
  /** Everything of the scope up to this place was told. */
  readonly place: () => number;
  readonly stop: () => void;
};

/** Where a part of the log ends that a follower was told. */
export type LogPart = {
  /** Where the next part begins. */
  readonly place: number;
  /** Present if that is the end: the follower hears of everything from then on. */
  readonly following?: Following;
};

/**
 * Port: the log of all tasks, read from a place on and followed. Commits of this process are told at once, those of others over the
 * same data a little later. Every adapter passes the suite `test/contract/events.ts`.
 */
export interface EventFeed {
  /** The place of the newest event; 0 if there is none. */
  newest(): Promise<number>;
  /**
   * Tells a follower of the part of the log behind a place, of bounded size and work, before it resolves. To be called again with the
   * part's place, until there is `following`: so nothing is left out or told twice. The last part comes with the newest progress of
   * running tasks. A place beyond the end is taken as the end.
   */
  follow(scope: Scope, place: number, follower: Follower): Promise<LogPart>;
  /** Ends all that follow. */
  close(): void;
}
