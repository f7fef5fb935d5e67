import { setImmediate as turn } from "node:timers/promises";
import { getLogger } from "@logtape/logtape";
import type { EventFeed, FeedEvent, Follower, LogPart, Scope } from "./events.ts";
import type { FeedReader, Found } from "./found.ts";
import { RunningProgress, type RunningTask } from "./running-progress.ts";

const log = getLogger(["pontus", "events"]);

/** Commits that come within so long are told together, at most, and where nearly nobody follows: a look costs about as much as to tell a few. */
const GATHER_MS = 200;
const GATHER_MS_MIN = 10;
/** So much longer they gather for each that follows. */
const GATHER_MS_EACH = 0.5;
/** How often what other processes wrote is looked for. */
const LOOK_MS = 500;
/** So many followers are told in one turn of the event loop, so that calls have theirs. */
const TOLD_A_TURN = 50;

/** One that follows the end of the log. */
type Follow = { readonly scope: Scope; readonly follower: Follower; place: number };

/** How a feed looks for news. */
export type FeedOptions = {
  /** Ms since the epoch. */
  readonly now: () => number;
  /** How often what nobody has told of is looked for. */
  readonly lookMs?: number;
};

/**
 * The log of a database, as its reader reads it. One read for all followers tells them of what is new; nothing is read while nobody
 * follows.
 *
 * A follower joins only if its last part ends where the others have been told to, or later, and what it is told is filtered by its
 * place: so nothing is left out or told twice, whatever is being told to the others meanwhile.
 */
export class LogFeed implements EventFeed {
  readonly #now: () => number;
  readonly #lookMs: number;
  readonly #reader: FeedReader;
  readonly #progress = new RunningProgress();
  readonly #follows = new Set<Follow>();
  /** What was read for the followers, up to here. */
  #place = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #next: NodeJS.Timeout | undefined;
  #nextMs = Number.POSITIVE_INFINITY;
  #isLooking = false;
  /** Whether something came while it looked. */
  #isWoken = false;
  #isClosed = false;
  #stopHearing: (() => void) | undefined;

  constructor(reader: FeedReader, { now, lookMs = LOOK_MS }: FeedOptions) {
    this.#now = now;
    this.#lookMs = lookMs;
    this.#reader = reader;
  }

  newest(): Promise<number> {
    return this.#reader.newest();
  }

  async follow(scope: Scope, place: number, follower: Follower): Promise<LogPart> {
    // Undefined while nobody follows: whoever does so first, perhaps during this read, has been told as far as it is then.
    const before = this.#follows.size > 0 ? this.#place : undefined;
    const part = await this.#reader.part(scope, place);
    const running = part.isEnd ? await this.#runningOf(scope) : [];
    // From here on nothing is awaited: what comes to others comes to this one, too.
    const isEnd = part.isEnd && this.#isReached(part, before);
    const progress = isEnd ? this.#progressOf(scope, running) : [];
    if (part.events.length + progress.length > 0) follower.onEvents([...part.events, ...progress]);
    if (!isEnd) return { place: part.place };
    if (this.#isClosed) follower.onClose();
    return { place: part.place, following: this.#join({ scope, follower, place: part.place }) };
  }

  /** Whether a part that ends at the end of the log ends where the others have been told to: they may have been told more during the read. */
  #isReached({ place }: Found, before: number | undefined): boolean {
    // The newest events may be deleted: the others have been told of a later place then, and not since.
    return this.#follows.size === 0 || place >= this.#place || before === this.#place;
  }

  close(): void {
    this.#isClosed = true;
    const follows = [...this.#follows];
    this.#follows.clear();
    this.#rest();
    for (const { follower } of follows) follower.onClose();
  }

  /** The tasks that run, if progress of any of this scope was told. */
  async #runningOf(scope: Scope): Promise<readonly RunningTask[]> {
    return this.#progress.of(scope).length === 0 ? [] : this.#reader.running();
  }

  /** What was told last of the tasks that still run: some may have ended since. */
  #progressOf(scope: Scope, running: readonly RunningTask[]): readonly FeedEvent[] {
    const runs = new Set(running.map(({ taskId, attempt }) => `${taskId} ${attempt}`));
    const told = this.#progress.of(scope);
    return told.filter(({ taskId, attempt }) => runs.has(`${taskId} ${attempt}`));
  }

  #join(follow: Follow) {
    if (this.#isClosed) return { place: () => follow.place, stop: () => {} };
    if (this.#follows.size === 0) {
      this.#place = follow.place;
      this.#stopHearing = this.#reader.onNews(() => this.#plan(0));
      this.#plan(0);
    }
    this.#follows.add(follow);
    return {
      place: () => follow.place,
      stop: () => {
        if (this.#follows.delete(follow) && this.#follows.size === 0) this.#rest();
      },
    };
  }

  /** Nobody follows any more. */
  #rest(): void {
    this.#stopHearing?.();
    clearTimeout(this.#next);
    this.#nextMs = Number.POSITIVE_INFINITY;
    this.#progress.forget();
  }

  /** How long after the last look the next one comes. */
  get #gatherMs(): number {
    return Math.min(GATHER_MS, GATHER_MS_MIN + this.#follows.size * GATHER_MS_EACH);
  }

  /** Looks at the log in a while, and not too soon after the last time. */
  #plan(waitMs: number): void {
    this.#isWoken ||= waitMs === 0;
    if (this.#isLooking) return;
    const nowMs = performance.now();
    const atMs = Math.max(nowMs + waitMs, this.#lookedMs + this.#gatherMs);
    if (atMs >= this.#nextMs) return;
    clearTimeout(this.#next);
    this.#nextMs = atMs;
    this.#next = setTimeout(() => void this.#look(), atMs - nowMs);
    this.#next.unref();
  }

  async #look(): Promise<void> {
    this.#nextMs = Number.POSITIVE_INFINITY;
    this.#lookedMs = performance.now();
    this.#isWoken = false;
    this.#isLooking = true;
    try {
      await this.#tellNews();
    } catch (error) {
      log.debug("Cannot read the log of events now: {error}", { error });
    }
    this.#isLooking = false;
    if (this.#follows.size > 0) this.#plan(this.#isWoken ? 0 : this.#lookMs);
  }

  async #tellNews(): Promise<void> {
    const isProgressDue = this.#progress.isDue(performance.now());
    const { events, place, isEnd } = await this.#reader.all(this.#place);
    const running = isProgressDue ? await this.#reader.running() : undefined;
    this.#place = place;
    this.#isWoken ||= !isEnd;
    const progress = running ? this.#progress.look(running, this.#now(), performance.now()) : [];
    await this.#tell([...events, ...progress]);
  }

  async #tell(news: readonly FeedEvent[]): Promise<void> {
    const place = this.#place;
    const ofClients = Map.groupBy(news, ({ clientCode }) => clientCode);
    const ofTasks = Map.groupBy(news, ({ taskId }) => taskId);
    let told = 0;
    for (const follow of [...this.#follows]) {
      if (!this.#follows.has(follow)) continue;
      const { clientCode, taskId } = follow.scope;
      const own = taskId === undefined ? ofClients.get(clientCode) : ofTasks.get(taskId);
      // A task has one client: all of its events are told, or none.
      const isOwn = own?.[0]?.clientCode === clientCode;
      const events = isOwn ? behind(own, follow.place) : [];
      follow.place = Math.max(follow.place, place);
      if (events.length === 0) continue;
      follow.follower.onEvents(events);
      told += 1;
      if (told % TOLD_A_TURN === 0) await turn();
    }
  }
}

/** Those behind a place, and progress. The same array where these are all: what followers make of it is made once. */
const behind = (events: readonly FeedEvent[], place: number): readonly FeedEvent[] => {
  const isBehind = (event: FeedEvent) => event.place === undefined || event.place > place;
  return events.every(isBehind) ? events : events.filter(isBehind);
};
