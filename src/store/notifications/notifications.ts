import type { Database } from "../../db/database.ts";
import { EventLog } from "../../db/event-log.ts";
import type { notifications } from "../../db/schema.ts";
import type { SqliteTaskRow } from "../../db/task-row.ts";
import type { Delivery, Telling, TellingResult, ToldEvent } from "../../task/delivery.ts";
import { TaskError } from "../../task/errors.ts";
import { isWanted, type Notification, wantedTypes } from "../../task/notification.ts";
import type { EventQuery } from "../../task/task.ts";
import type { NotificationStore } from "../store.ts";
import { prepareNotificationQueries } from "./notification-queries.ts";

/** How long a service has for one try: far longer than it waits for a receiver. */
const LEASE_MS = 60_000;
/** A receiver that wants progress is told of it no more often. */
const PROGRESS_MS = 10_000;
/** How often one call looks for more of a client, where some had nothing to tell. */
const LOOKS_MAX = 10;

type Cursor = typeof notifications.$inferSelect;
type NotifiedRow = SqliteTaskRow & { readonly notification: Notification };
/** What is told next, and how far the cursor is then. */
type Next = Pick<Telling, "event" | "tries" | "sinceMs"> & { readonly cursor: number };

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
      if (one()?.sequence !== sequence)
        throw new TaskError(
          "no_such_resource",
          `Cannot replay notification ${sequence} of task "${id}": there is none`,
        );
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
    const first = all.findIndex((clientCode) => clientCode > this.#last);
    return first < 0 ? all : [...all.slice(first), ...all.slice(0, first)];
  }

  /** Leases what a receiver is told next, if it is anything. */
  #takeUp(cursor: Cursor, nowMs: number): Telling | undefined {
    const { taskSeq, clientCode } = cursor;
    const row = this.#rowOf(taskSeq);
    const next = row && this.#next(row, cursor, nowMs);
    if (!next) {
      this.#rest(cursor, nowMs);
      return undefined;
    }
    const untilMs = nowMs + LEASE_MS;
    this.#queries.cursor.lease.run({ taskSeq, sequence: next.cursor, untilMs });
    const { notification, traceParent } = row;
    const { cursor: _, ...told } = next;
    const traced = traceParent !== null && { traceParent };
    const fence = cursor.fence + 1;
    return { taskSeq, clientCode, notification, untilMs, fence, ...told, ...traced };
  }

  /** What is told next: what was begun or is repeated, then the log, then how far the task is. */
  #next(row: NotifiedRow, { sequence: cursor }: Cursor, nowMs: number): Next | undefined {
    const { notification, seq: taskSeq } = row;
    const begun = this.#queries.deliveries.head.get({ taskSeq });
    if (begun) return this.#nextOf(row, begun, cursor);
    const types = wantedTypes(notification);
    const event = this.#queries.log.nextWanted.get({
      taskSeq,
      sequence: cursor,
      types: json(types),
    });
    if (event) {
      const fresh = { sequence: event.sequence, sinceMs: event.timeMs, tries: 0 };
      this.#queries.deliveries.add.run({ taskSeq, ...fresh });
      return this.#nextOf(row, fresh, event.sequence);
    }
    if (!row.progress || !tellsProgress(row)) return undefined;
    const { id: taskId, status, attempt, progress, eventSequence: sequence } = row;
    const type = "progress";
    const state: ToldEvent = { taskId, sequence, timeMs: nowMs, type, status, attempt, progress };
    return { event: state, tries: 0, sinceMs: nowMs, cursor };
  }

  #nextOf(
    row: NotifiedRow,
    {
      sequence,
      tries,
      sinceMs,
    }: Pick<Telling, "tries" | "sinceMs"> & { readonly sequence: number },
    cursor: number,
  ): Next | undefined {
    const [event] = this.#log.read(row, { afterSequence: sequence - 1, limit: 1 });
    if (!event) return undefined;
    const targetUrl = event.target === undefined ? undefined : row.targets[event.target]?.url;
    const told = { ...event, ...(targetUrl !== undefined && { targetUrl }) };
    return { event: told, tries, sinceMs, cursor };
  }

  /** Lets a cursor wait until there is something to tell. */
  #rest(cursor: Cursor, nowMs: number): void {
    const { taskSeq, sequence } = cursor;
    const row = this.#rowOf(taskSeq);
    if (!row) {
      this.#wait(cursor, null);
      return;
    }
    const types = json(wantedTypes(row.notification));
    const more =
      this.#queries.deliveries.head.get({ taskSeq }) ??
      this.#queries.log.nextWanted.get({ taskSeq, sequence, types });
    // What was passed is not read again.
    const passed = more ? cursor : { ...cursor, sequence: row.eventSequence };
    const progressMs = tellsProgress(row) ? nowMs + PROGRESS_MS : null;
    this.#wait(passed, more ? nowMs : progressMs);
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
    throw new TaskError("no_such_task", `Cannot find task "${id}": there is none of yours`);
  }

  #list(row: SqliteTaskRow, { afterSequence: sequence, limit }: EventQuery): readonly Delivery[] {
    if (!isNotified(row)) return [];
    const types = json(wantedTypes(row.notification));
    return this.#queries.log.list
      .all({ taskSeq: row.seq, sequence, types, limit })
      .map(({ state, tries, lastMs, httpStatus, detail, ...event }) => ({
        taskId: row.id,
        ...event,
        state: state ?? "PENDING",
        tries: tries ?? 0,
        ...(lastMs !== null && { lastMs }),
        ...(httpStatus !== null && { httpStatus }),
        ...(detail !== null && { detail }),
      }));
  }
}

const isNotified = (row: SqliteTaskRow): row is NotifiedRow => row.notification !== null;

const tellsProgress = ({ status, notification }: NotifiedRow): boolean =>
  status === "RUNNING" && isWanted(notification, "progress");

const json = (types: readonly string[]): string => JSON.stringify(types);
