import { setImmediate as turn } from "node:timers/promises";
import type { EventFeed, FeedEvent, Following, Scope } from "../../events/events.ts";
import { eventFrames, heartbeatFrame, openingFrame } from "./frames.ts";

/** How often a stream gives a sign of life, and how long it lives: then its client comes back with a new signature. */
type Pace = { readonly heartbeatMs: number; readonly lifeMs: number };

/** Connections on which nothing moves for 30 s are closed, by this service and by many proxies. */
const PACE: Pace = { heartbeatMs: 15_000, lifeMs: 3_600_000 };
/** What waits for a reader at most. */
const WAITING_BYTES_MAX = 65_536;

/** What a stream of events is about. */
export type EventStreamOptions = {
  readonly feed: Pick<EventFeed, "follow">;
  readonly scope: Scope;
  /** What is behind this place is told. */
  readonly place: number;
  /** Asked every now and then: whether the client may still read. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Called however it ends, perhaps more than once. */
  readonly onEnd: () => void;
};

/**
 * One stream of server-sent events. It reads the log no faster than its reader, until it has caught up; from then on it is told what
 * comes. What waits for a slow reader is bounded: beyond that it is dropped, and read again from the log when the reader is there.
 *
 * The stream of one task ends when the task has ended.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  /** All that was handed to the reader ends here. */
  #place: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #following: Following | undefined;
  /** The type of the newest event of the log that was told. */
  #lastType: FeedEvent["type"] | undefined;
  /** Has a reader look again that found nothing to read. */
  #wake: () => void = () => {};
  #isOver = false;

  constructor(options: EventStreamOptions, { heartbeatMs, lifeMs } = PACE) {
    this.#options = options;
    this.#place = options.place;
    this.#timers = [
      setInterval(() => void this.#beat(), heartbeatMs),
      setTimeout(() => this.#finish(), lifeMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /**
   * Reads what is there already.
   *
   * @returns the stream; undefined if nothing is there and nothing will come, as the task has ended
   */
  async open(hasTaskEnded: boolean): Promise<ReadableStream<Uint8Array> | undefined> {
    this.#wait(openingFrame(this.#place));
    await this.#readOn();
    if (hasTaskEnded && this.#following && this.#lastType === undefined) {
      this.close();
      return undefined;
    }
    return new ReadableStream(
      { pull: (controller) => this.#pull(controller), cancel: this.close },
      { highWaterMark: 0 },
    );
  }

  /** Ends it at once, whether or not all was read. */
  readonly close = (): void => {
    this.#isOver = true;
    this.#drop();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.onEnd();
    this.#wake();
  };

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (;;) {
      if (this.#waitingBytes > 0) return controller.enqueue(this.#handOver());
      if (this.#isOver) {
        this.close();
        return controller.close();
      }
      if (this.#following)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      else {
        // Its client comes back to where it was.
        await this.#readOn().catch(() => this.#finish());
        // Calls have their turn between two parts of a long log.
        await turn();
      }
    }
  }

  async #readOn(): Promise<void> {
    const { feed, scope } = this.#options;
    const part = await feed.follow(scope, this.#place, {
      onEvents: (events) => this.#take(events),
      onClose: () => this.#finish(),
    });
    this.#place = part.place;
    this.#following = part.following;
    if (this.#isOver) part.following?.stop();
    this.#endWithTask();
  }

  #take(events: readonly FeedEvent[]): void {
    this.#lastType = events.findLast(({ place }) => place !== undefined)?.type ?? this.#lastType;
    this.#wait(eventFrames(events));
    if (this.#following && this.#waitingBytes > WAITING_BYTES_MAX) this.#drop();
    this.#endWithTask();
    this.#wake();
  }

  #endWithTask(): void {
    const isAtEnd = this.#following !== undefined && this.#lastType === "ended";
    if (isAtEnd && this.#options.scope.taskId !== undefined) this.#finish();
  }

  #wait(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
  }

  #handOver(): Uint8Array {
    const [first, ...more] = this.#waiting;
    const bytes = first && more.length === 0 ? first : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#place = this.#following?.place() ?? this.#place;
    return bytes;
  }

  /** Drops what waits, and no longer follows: what comes next is read from the log. */
  #drop(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#following?.stop();
    this.#following = undefined;
  }

  /** Ends it when all that waits was read. */
  #finish(): void {
    this.#isOver = true;
    this.#wake();
  }

  async #beat(): Promise<void> {
    const mayGoOn = await this.#options.mayGoOn().catch(() => true);
    if (!mayGoOn) this.#finish();
    else if (this.#following && this.#waitingBytes === 0) {
      this.#wait(heartbeatFrame(this.#following.place()));
      this.#wake();
    }
  }
}
