import { INTEGER_MAX } from "../../../db/postgres/columns.ts";
import { EventLog } from "../../../db/postgres/event-log.ts";
import type { PostgresDatabase } from "../../../db/postgres/postgres.ts";
import type { PostgresTaskRow } from "../../../db/postgres/task-row.ts";
import type { Delivery, Telling, TellingResult } from "../../../task/delivery.ts";
import { wantedTypes } from "../../../task/notification.ts";
import type { EventQuery } from "../../../task/task.ts";
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
} from "../../notifications/telling.ts";
import type { NotificationStore } from "../../store.ts";
import { prepareNotificationQueries } from "./notification-queries.ts";

/**
 * What receivers are told of, in PostgreSQL, by whichever node takes it up first. It follows from the log, by a cursor for each task, whose
 * row is locked while it is decided on: who writes an event changes that row, too, and so waits for this.
 */
export class PostgresNotificationStore implements NotificationStore {
  readonly #database: PostgresDatabase;
  readonly #now: () => number;
  readonly #isKeeper: () => boolean;
  readonly #log: EventLog;
  readonly #queries;
  /** The client that was served last: the ones after it come first the next time. */
  #last = "";

  /** @param options - `now`: ms since the epoch; `isKeeper`: whether this node is one of those that look for who is to be told, by default it is */
  constructor(
    database: PostgresDatabase,
    {
      now,
      isKeeper = () => true,
    }: { readonly now: () => number; readonly isKeeper?: () => boolean },
  ) {
    this.#database = database;
    this.#now = now;
    this.#isKeeper = isKeeper;
    this.#log = new EventLog(database);
    this.#queries = prepareNotificationQueries(database);
  }

  async isDue(): Promise<boolean> {
    if (!this.#isKeeper()) return false;
    const nowMs = this.#now();
    const clients = () => this.#queries.cursor.dueClients.execute({ nowMs });
    return (await this.#database.read(clients)).length > 0;
  }

  async take(limit: number, roomOf: (clientCode: string) => number): Promise<readonly Telling[]> {
    const nowMs = this.#now();
    // Most looks find nothing: they begin no transaction.
    if (limit <= 0 || !(await this.isDue())) return [];
    const taken = await this.#database.write(() => this.#takeAll(nowMs, limit, roomOf));
    this.#last = taken.at(-1)?.clientCode ?? this.#last;
    return taken;
  }

  async settle({ taskSeq, fence, event }: Telling, result?: TellingResult): Promise<boolean> {
    const nowMs = this.#now();
    return this.#database.write(async () => {
      const [cursor] = await this.#queries.cursor.find.execute({ taskSeq });
      if (cursor?.hold !== "lease" || cursor.fence !== fence) return false;
      if (result && event.type !== "progress")
        await this.#queries.deliveries.tried.execute({
          ...{ taskSeq, nowMs, sequence: event.sequence, state: result.state },
          ...{ httpStatus: result.httpStatus ?? null, detail: textOf(result.detail) },
        });
      const { sequence } = cursor;
      if (result && result.againMs === undefined) await this.#rest(cursor, nowMs);
      else {
        const hold = result ? "pause" : null;
        const dueMs = result?.againMs ?? nowMs;
        await this.#queries.cursor.wait.execute({ taskSeq, sequence, dueMs, hold });
      }
      return true;
    });
  }

  async list(clientCode: string, id: string, query: EventQuery): Promise<readonly Delivery[]> {
    return this.#database.read(async () => this.#list(await this.#find(clientCode, id), query));
  }

  async replay(clientCode: string, id: string, sequence: number): Promise<Delivery> {
    const nowMs = this.#now();
    return this.#database.write(async () => {
      const row = await this.#find(clientCode, id);
      const one = async () => (await this.#list(row, { afterSequence: sequence - 1, limit: 1 }))[0];
      // Before what it tells is changed, as everywhere.
      await this.#queries.cursor.find.execute({ taskSeq: row.seq });
      if ((await one())?.sequence !== sequence) throw noSuchNotification(id, sequence);
      // One without a row has not had its turn yet.
      await this.#queries.deliveries.again.execute({ taskSeq: row.seq, sequence, nowMs });
      await this.#queries.cursor.stir.execute({ taskSeq: row.seq, nowMs });
      return (await one()) as Delivery;
    });
  }

  async #takeAll(
    nowMs: number,
    limit: number,
    roomOf: (clientCode: string) => number,
  ): Promise<Telling[]> {
    const taken: Telling[] = [];
    const due = await this.#queries.cursor.dueClients.execute({ nowMs });
    const codes = due.map(({ clientCode }) => clientCode);
    for (const clientCode of clientsAfter(this.#last, codes)) {
      let room = Math.min(roomOf(clientCode), limit - taken.length);
      for (let looks = 0; room > 0 && looks < LOOKS_MAX; looks++) {
        const cursors = await this.#queries.cursor.due.execute({ clientCode, nowMs, limit: room });
        const before = taken.length;
        for (const cursor of cursors) {
          const telling = await this.#takeUp(cursor, nowMs);
          if (telling) taken.push(telling);
        }
        const told = taken.length - before;
        room -= told;
        // The others had nothing to tell, and are due later, if at all.
        if (told === cursors.length) break;
      }
    }
    return taken;
  }

  /** Leases what a receiver is told next, if it is anything. */
  async #takeUp(cursor: Cursor, nowMs: number): Promise<Telling | undefined> {
    const { taskSeq } = cursor;
    const row = await this.#rowOf(taskSeq);
    const next = row && (await this.#next(row, cursor, nowMs));
    if (!next) {
      await this.#rest(cursor, nowMs);
      return undefined;
    }
    const telling = tellingOf(row, cursor, next, nowMs);
    const { untilMs } = telling;
    await this.#queries.cursor.lease.execute({ taskSeq, sequence: next.cursor, untilMs });
    return telling;
  }

  /** What is told next: what was begun or is repeated, then the log, then how far the task is. */
  async #next(
    row: NotifiedRow,
    { sequence: cursor }: Cursor,
    nowMs: number,
  ): Promise<Next | undefined> {
    const { notification, seq: taskSeq } = row;
    const [begun] = await this.#queries.deliveries.head.execute({ taskSeq });
    if (begun) return this.#nextOf(row, begun, cursor);
    const types = wantedTypes(notification);
    const [event] = await this.#queries.log.nextWanted.execute({
      ...{ taskSeq, sequence: cursor, types },
    });
    if (!event) return progressNext(row, cursor, nowMs);
    const fresh = { sequence: event.sequence, sinceMs: event.timeMs, tries: 0 };
    await this.#queries.deliveries.add.execute({ taskSeq, ...fresh });
    return this.#nextOf(row, fresh, event.sequence);
  }

  async #nextOf(row: NotifiedRow, begun: Begun, cursor: number): Promise<Next | undefined> {
    const [event] = await this.#log.read(row, { afterSequence: begun.sequence - 1, limit: 1 });
    return eventNext(row, event, begun, cursor);
  }

  /** Lets a cursor wait until there is something to tell. */
  async #rest(cursor: Cursor, nowMs: number): Promise<void> {
    const { taskSeq, sequence } = cursor;
    // Before the events: what is written after it has a later sequence than it says.
    const row = await this.#rowOf(taskSeq);
    const hasMore = row !== undefined && (await this.#hasMore(row, sequence));
    await this.#queries.cursor.wait.execute(rested(cursor, row, hasMore, nowMs));
  }

  async #hasMore({ seq: taskSeq, notification }: NotifiedRow, sequence: number): Promise<boolean> {
    if ((await this.#queries.deliveries.head.execute({ taskSeq })).length > 0) return true;
    const types = wantedTypes(notification);
    return (await this.#queries.log.nextWanted.execute({ taskSeq, sequence, types })).length > 0;
  }

  async #rowOf(taskSeq: number): Promise<NotifiedRow | undefined> {
    const [row] = await this.#queries.tasks.bySeq.execute({ taskSeq });
    return row && isNotified(row) ? row : undefined;
  }

  async #find(clientCode: string, id: string): Promise<PostgresTaskRow> {
    const [row] = await this.#queries.tasks.byId.execute({ id });
    if (row?.clientCode === clientCode) return row;
    throw noSuchTask(id);
  }

  async #list(
    row: PostgresTaskRow,
    { afterSequence, limit }: EventQuery,
  ): Promise<readonly Delivery[]> {
    if (!isNotified(row)) return [];
    const types = wantedTypes(row.notification);
    const sequence = Math.min(afterSequence, INTEGER_MAX);
    const listed = await this.#queries.log.list.execute({
      ...{ taskSeq: row.seq, sequence, types, limit },
    });
    return listed.map((one) => deliveryOf(row.id, one));
  }
}

/** What a receiver answered may be told in it: as PostgreSQL can hold it. */
const textOf = (detail: string | undefined): string | null =>
  detail === undefined ? null : detail.replaceAll("\0", "\u{fffd}");
