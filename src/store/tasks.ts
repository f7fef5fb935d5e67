import type { Database } from "../db/database.ts";
import { EventLog } from "../db/event-log.ts";
import { Holdings } from "../db/holdings.ts";
import { TaskChanges } from "../db/task-changes.ts";
import type { SqliteTaskRow } from "../db/task-row.ts";
import { TaskError } from "../task/errors.ts";
import type { ChangeListener } from "../task/move.ts";
import { isTold } from "../task/notification.ts";
import { taskOf } from "../task/row.ts";
import { isFinal } from "../task/status.ts";
import { undelivered } from "../task/targets.ts";
import type {
  AttemptLog,
  Claim,
  EventQuery,
  LogText,
  Outcome,
  Progress,
  TargetResult,
  Task,
  TaskEvent,
  TaskPage,
  TaskQuery,
  TaskStatus,
} from "../task/task.ts";
import {
  cancelTask,
  createTask,
  finishTask,
  leaseLost,
  mayDelete,
  mayPublish,
  reportSource,
  reportTarget,
  retryTask,
  warnTask,
} from "../task/transitions.ts";
import type { Warning, WarningCode } from "../task/warnings.ts";
import type { WatchedFile } from "../task/watched-file.ts";
import { firstOf, IdempotencyKeys } from "./idempotency-keys.ts";
import { Nonces } from "./nonces.ts";
import { PendingLimit } from "./pending-limit.ts";
import { purge } from "./purge.ts";
import { Retention } from "./retention.ts";
import type { Admission, Idempotency, NewTask, TaskStore } from "./store.ts";
import { TaskIds } from "./task-id.ts";
import { TaskList } from "./task-list.ts";
import { TaskLogs } from "./task-logs.ts";
import { assignmentsText, noSuchTask, prepareTaskQueries } from "./task-queries.ts";
import { WatchedFiles } from "./watched/watched-files.ts";

/** The clock and the limits of a store of tasks, and who is told of its changes. */
export type TaskStoreOptions = {
  /** ms since the epoch */
  readonly now: () => number;
  /** How long ended tasks are kept; 0 or absent is for ever. */
  readonly retentionMs?: number;
  readonly onChange?: ChangeListener;
};

/** Tasks in SQLite. */
export class SqliteTaskStore implements TaskStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #ids = new TaskIds();
  readonly #nonces: Nonces;
  readonly #idempotencyKeys: IdempotencyKeys;
  readonly #pendingLimit: PendingLimit;
  readonly #retention: Retention;
  readonly #holdings: Holdings;
  readonly #watched: WatchedFiles;
  readonly #log: EventLog;
  readonly #changes: TaskChanges;
  readonly #list: TaskList;
  readonly #logs: TaskLogs;
  readonly #queries;

  constructor(database: Database, options: TaskStoreOptions) {
    this.#database = database;
    this.#now = options.now;
    this.#nonces = new Nonces(database);
    this.#idempotencyKeys = new IdempotencyKeys(database);
    this.#pendingLimit = new PendingLimit(database);
    this.#retention = new Retention(database, options.retentionMs ?? 0);
    this.#holdings = new Holdings(database);
    this.#watched = new WatchedFiles(database);
    this.#log = new EventLog(database);
    this.#changes = new TaskChanges(database, options.onChange);
    this.#list = new TaskList(database);
    this.#logs = new TaskLogs(database);
    this.#queries = prepareTaskQueries(database);
  }

  async create(task: NewTask, admission: Admission): Promise<string> {
    const answer = await this.#database.write(() => this.#admit(task, admission));
    if (answer instanceof TaskError) throw answer;
    return answer;
  }

  async createWatched(task: NewTask, file: WatchedFile, pendingMax: number): Promise<string> {
    const id = await this.#database.write(() => this.#admitWatched(task, file, pendingMax));
    if (id instanceof TaskError) throw id;
    return id;
  }

  async findByIdempotency(
    clientCode: string,
    idempotency: Idempotency,
  ): Promise<string | undefined> {
    const found = await this.#database.read(() =>
      this.#findFirst(clientCode, idempotency, this.#now()),
    );
    if (found instanceof TaskError) throw found;
    return found;
  }

  async get(clientCode: string, id: string): Promise<Task> {
    return this.#database.read(() => taskOf(this.#find(clientCode, id)));
  }

  async list(clientCode: string, query: TaskQuery): Promise<TaskPage> {
    return this.#database.read(() => this.#list.page(clientCode, query));
  }

  async events(clientCode: string, id: string, query: EventQuery): Promise<readonly TaskEvent[]> {
    return this.#database.read(() => this.#log.read(this.#find(clientCode, id), query));
  }

  async logs(clientCode: string, id: string): Promise<readonly AttemptLog[]> {
    return this.#database.read(() => this.#logs.of(this.#find(clientCode, id).seq));
  }

  async cancel(clientCode: string, id: string): Promise<Task> {
    return this.#database.write(() => {
      const change = cancelTask(this.#find(clientCode, id), this.#now());
      return taskOf(this.#changes.save(change));
    });
  }

  async retry(clientCode: string, id: string, pendingMax = 0): Promise<Task> {
    return this.#database.write(() => {
      const change = retryTask(this.#find(clientCode, id), this.#now());
      const refusal = this.#pendingLimit.takePlace(clientCode, pendingMax);
      if (refusal) throw refusal;
      const targets = undelivered(change.row.targets);
      const taken = this.#holdings.refusal(`retry task "${id}"`, clientCode, targets);
      if (taken) throw taken;
      this.#holdings.take(change.row, targets);
      return taskOf(this.#changes.save(change));
    });
  }

  async remove(clientCode: string, id: string): Promise<void> {
    await this.#database.write(() => {
      const row = this.#find(clientCode, id);
      mayDelete(row);
      this.#retention.hide(row.seq, this.#now());
    });
  }

  async saveProgress(claim: Claim, progress: Progress): Promise<void> {
    await this.#database.write(() => {
      const { changes } = this.#queries.saveProgress.run({ ...claim, progress });
      if (Number(changes) === 0) throw leaseLost(claim);
    });
  }

  async saveWarnings(claim: Claim, more: readonly Warning[], gone?: WarningCode): Promise<void> {
    await this.#database.write(() => {
      const { warnings } = warnTask(this.#changes.held(claim), claim, more, gone);
      this.#queries.saveWarnings.run({ ...claim, warnings });
    });
  }

  async saveLog(claim: Claim, log: LogText): Promise<void> {
    await this.#database.write(() => {
      const row = this.#changes.held(claim);
      if (!row) throw leaseLost(claim);
      this.#logs.save(row.seq, claim.attempt, log);
    });
  }

  async saveTarget(claim: Claim, index: number, result: TargetResult): Promise<void> {
    await this.#database.write(() => {
      const row = this.#changes.held(claim);
      this.#changes.save(reportTarget(row, claim, index, result, this.#now()));
    });
  }

  async saveSource(claim: Claim, change: "source_lost" | "source_back"): Promise<void> {
    await this.#database.write(() => {
      this.#changes.save(reportSource(this.#changes.held(claim), claim, change, this.#now()));
    });
  }

  async mayPublish(claim: Claim): Promise<void> {
    await this.#database.read(() => mayPublish(this.#queries.cancelRequested.get(claim), claim));
  }

  async finish(claim: Claim, outcome: Outcome): Promise<void> {
    await this.#database.write(() => {
      this.#changes.save(finishTask(this.#changes.held(claim), claim, outcome, this.#now()));
    });
  }

  async ended(ids: readonly string[], but?: TaskStatus): Promise<readonly string[]> {
    return this.#database.read(() =>
      ids.filter((id) => {
        const row = this.#queries.byId.get({ id });
        return row !== undefined && isFinal(row.status) && row.status !== but;
      }),
    );
  }

  purge(): Promise<number> {
    const nowMs = this.#now();
    const database = this.#database;
    return purge({
      ofCalls: (rows) =>
        database.write(() => [
          this.#nonces.purge(nowMs, rows),
          this.#idempotencyKeys.purge(nowMs, rows),
        ]),
      ofTasks: (rows) => database.write(() => this.#retention.purge(nowMs, rows)),
      giveSpaceBack: () => database.giveSpaceBack(),
    });
  }

  #find(clientCode: string, id: string): SqliteTaskRow {
    const row = this.#queries.byId.get({ id });
    if (row?.clientCode === clientCode) return row;
    throw noSuchTask(id);
  }

  /** The new task's id, or why it is refused: returned and not thrown, so that the nonce is kept. */
  #admit(task: NewTask, { nonce, idempotency, pendingMax = 0 }: Admission): string | TaskError {
    const refusal = this.#nonces.use(nonce);
    if (refusal) return refusal;
    const nowMs = this.#now();
    const { clientCode } = task;
    const first = idempotency && this.#findFirst(clientCode, idempotency, nowMs);
    if (first) return first;
    const id = this.#take(task, pendingMax, nowMs);
    if (idempotency && typeof id === "string")
      this.#idempotencyKeys.remember(clientCode, idempotency, id, nowMs);
    return id;
  }

  /** The same of a file that no call asks for. */
  #admitWatched(task: NewTask, file: WatchedFile, pendingMax: number): string | TaskError {
    const refusal = this.#watched.refusal(file);
    if (refusal) return refusal;
    const id = this.#take(task, pendingMax, this.#now());
    if (typeof id === "string") this.#watched.remember(file, task.targets[0]?.key ?? "", id);
    return id;
  }

  #take(task: NewTask, pendingMax: number, nowMs: number): string | TaskError {
    const { clientCode, targets } = task;
    const taken = this.#holdings.refusal("create task", clientCode, targets);
    return (
      taken ?? this.#pendingLimit.takePlace(clientCode, pendingMax) ?? this.#insert(task, nowMs)
    );
  }

  /** The task that a key made with this body; an error if the key came with another body. */
  #findFirst(
    clientCode: string,
    idempotency: Idempotency,
    nowMs: number,
  ): string | TaskError | undefined {
    const first = this.#idempotencyKeys.find(clientCode, idempotency.key, nowMs);
    // The task may have been deleted, which frees its key.
    if (!first || this.#queries.byId.get({ id: first.taskId })?.clientCode !== clientCode)
      return undefined;
    return firstOf(first, idempotency);
  }

  #insert(task: NewTask, nowMs: number): string {
    const { row, events } = createTask(task, this.#ids.next(nowMs), nowMs);
    const assignments = assignmentsText(task.assignments);
    const { lastInsertRowid } = this.#queries.insert.run({ ...row, assignments });
    const seq = Number(lastInsertRowid);
    const { clientCode, customProfiles } = row;
    this.#holdings.take({ seq, clientCode, customProfiles }, row.targets);
    for (const event of events) this.#log.append(seq, event);
    this.#changes.tell(row, events);
    if (row.notification) {
      const dueMs = isTold(row.notification, "created") ? nowMs : null;
      this.#queries.notify.run({ ...row, seq, dueMs });
    }
    return row.id;
  }
}
