import type { Database } from "../../db/database.ts";
import { EventLog } from "../../db/event-log.ts";
import type { SqliteTaskRow } from "../../db/task-row.ts";
import type { Delivery, Telling, TellingResult } from "../../task/delivery.ts";
import { wantedTypes } from "../../task/notification.ts";
import type { EventQuery } from "../../task/task.ts";
import type { NotificationStore } from "../store.ts";
import { prepareNotificationQueries } from "./notification-queries.ts";
import {
  type Begun,
  type Cursor,
  clientsAfter,
  deliveryOf,
  eventNext,
  isNotified,
  LOOKS_MAX,
  type Next,
  type NotifiedRow,
  noSuchNotification,
  noSuchTask,
  progressNext,
  rested,
  tellingOf,
} from "./telling.ts";

/** What receivers are told of, in SQLite: it follows from the log, by a cursor for each task. */
export class SqliteNotificationStore implements NotificationStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #log: EventLog;
  readonly #queries;
  /** The client that was served last: the ones after it come first the next time. */
  #last = "";

  /** @param options - `now`: ms since the epoch */
  constructor(database: Database, { now }: { readonly now: () => number }) {
    this.#database = database;
    this.#now = now;
    this.#log = new EventLog(database);
    this.#queries = prepareNotificationQueries(database);
  }

  async isDue(): Promise<boolean> {
    const nowMs = this.#now();
    return this.#database.read(() => this.#queries.cursor.anyDue.get({ nowMs }) !== undefined);
  }

  async take(limit: number, roomOf: (clientCode: string) => number): Promise<readonly Telling[]> {
    const nowMs = this.#now();
    if (limit <= 0) return [];
    const taken = await this.#database.write(() => this.#takeAll(nowMs, limit, roomOf));
    this.#last = taken.at(-1)?.clientCode ?? this.#last;
    return taken;
  }

  async settle({ taskSeq, fence, event }: Telling, result?: TellingResult): Promise<boolean> {
    const nowMs = this.#now();
    return this.#database.write(() => {
      const cursor = this.#queries.cursor.find.get({ taskSeq });
      if (cursor?.hold !== "lease" || cursor.fence !== fence) return false;
      if (result && event.type !== "progress")
        this.#queries.deliveries.tried.run({
          ...{ taskSeq, nowMs, sequence: event.sequence, state: result.state },
          ...{ httpStatus: result.httpStatus ?? null, detail: result.detail ?? null },
        });
      if (result?.againMs !== undefined) this.#wait(cursor, result.againMs, "pause");
      else if (result) this.#rest(cursor, nowMs);
      else this.#wait(cursor, nowMs);
      return true;
    });
  }

  async list(clientCode: string, id: string, query: EventQuery): Promise<readonly Delivery[]> {
    return this.#database.read(() => this.#list(this.#find(clientCode, id), query));
  }

  async replay(clientCode: string, id: string, sequence: number): Promise<Delivery> {
    const nowMs = this.#now();
    return this.#database.write(() => {
      const row = this.#find(clientCode, id);
      const one = () => this.#list(row, { afterSequence: sequence - 1, limit: 1 })[0];
      if (one()?.sequence !== sequence) throw noSuchNotification(id, sequence);
      // One without a row has not had its turn yet.
      this.#queries.deliveries.again.run({ taskSeq: row.seq, sequence, nowMs });
      this.#queries.cursor.stir.run({ taskSeq: row.seq, nowMs });
      return one() as Delivery;
    });
  }

  #takeAll(nowMs: number, limit: number, roomOf: (clientCode: string) => number): Telling[] {
    const taken: Telling[] = [];
    for (const clientCode of this.#clients()) {
      let room = Math.min(roomOf(clientCode), limit - taken.length);
      for (let looks = 0; room > 0 && looks < LOOKS_MAX; looks++) {
        const due = this.#queries.cursor.due.all({ clientCode, nowMs, limit: room });
        const told = due.flatMap((cursor) => this.#takeUp(cursor, nowMs) ?? []);
        taken.push(...told);
        room -= told.length;
        // The others had nothing to tell, and are due later, if at all.
        if (told.length === due.length) break;
      }
    }
    return taken;
  }

  /** Clients with receivers that are told something some time, the one after the last one first. */
  #clients(): readonly string[] {
    const all: string[] = [];
    for (let at: string | null = ""; at !== null; ) {
      at = this.#queries.cursor.nextClient.get({ clientCode: at })?.clientCode ?? null;
      if (at !== null) all.push(at);
    }
    return clientsAfter(this.#last, all);
  }

  /** Leases what a receiver is told next, if it is anything. */
  #takeUp(cursor: Cursor, nowMs: number): Telling | undefined {
    const { taskSeq } = cursor;
    const row = this.#rowOf(taskSeq);
    const next = row && this.#next(row, cursor, nowMs);
    if (!next) {
      this.#rest(cursor, nowMs);
      return undefined;
    }
    const telling = tellingOf(row, cursor, next, nowMs);
    const { untilMs } = telling;
    this.#queries.cursor.lease.run({ taskSeq, sequence: next.cursor, untilMs });
    return telling;
  }

  /** What is told next: what was begun or is repeated, then the log, then how far the task is. */
  #next(row: NotifiedRow, { sequence: cursor }: Cursor, nowMs: number): Next | undefined {
    const { notification, seq: taskSeq } = row;
    const begun = this.#queries.deliveries.head.get({ taskSeq });
    if (begun) return this.#nextOf(row, begun, cursor);
    const types = json(wantedTypes(notification));
    const event = this.#queries.log.nextWanted.get({ taskSeq, sequence: cursor, types });
    if (!event) return progressNext(row, cursor, nowMs);
    const fresh = { sequence: event.sequence, sinceMs: event.timeMs, tries: 0 };
    this.#queries.deliveries.add.run({ taskSeq, ...fresh });
    return this.#nextOf(row, fresh, event.sequence);
  }

  #nextOf(row: NotifiedRow, begun: Begun, cursor: number): Next | undefined {
    const [event] = this.#log.read(row, { afterSequence: begun.sequence - 1, limit: 1 });
    return eventNext(row, event, begun, cursor);
  }

  /** Lets a cursor wait until there is something to tell. */
  #rest(cursor: Cursor, nowMs: number): void {
    const { taskSeq, sequence } = cursor;
    const row = this.#rowOf(taskSeq);
    const types = row && json(wantedTypes(row.notification));
    const more =
      types !== undefined &&
      (this.#queries.deliveries.head.get({ taskSeq }) ??
        this.#queries.log.nextWanted.get({ taskSeq, sequence, types }));
    this.#queries.cursor.wait.run(rested(cursor, row, Boolean(more), nowMs));
  }

  #wait({ taskSeq, sequence }: Cursor, dueMs: number | null, hold: Cursor["hold"] = null): void {
    this.#queries.cursor.wait.run({ taskSeq, sequence, dueMs, hold });
  }

  #rowOf(taskSeq: number): NotifiedRow | undefined {
    const row = this.#queries.cursor.task.get({ taskSeq });
    return row && isNotified(row) ? row : undefined;
  }

  #find(clientCode: string, id: string): SqliteTaskRow {
    const row = this.#queries.cursor.taskById.get({ id });
    if (row?.clientCode === clientCode) return row;
    throw noSuchTask(id);
  }

  #list(row: SqliteTaskRow, { afterSequence: sequence, limit }: EventQuery): readonly Delivery[] {
    if (!isNotified(row)) return [];
    const types = json(wantedTypes(row.notification));
    return this.#queries.log.list
      .all({ taskSeq: row.seq, sequence, types, limit })
      .map((listed) => deliveryOf(row.id, listed));
  }
}

const json = (types: readonly string[]): string => JSON.stringify(types);
