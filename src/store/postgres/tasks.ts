import { EventLog } from "../../db/postgres/event-log.ts";
import { Holdings } from "../../db/postgres/holdings.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { TaskChanges } from "../../db/postgres/task-changes.ts";
import type { PostgresTaskRow } from "../../db/postgres/task-row.ts";
import { taskOf } from "../../task/row.ts";
import { undelivered } from "../../task/targets.ts";
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
} from "../../task/task.ts";
import {
  cancelTask,
  finishTask,
  leaseLost,
  mayDelete,
  mayPublish,
  reportSource,
  reportTarget,
  retryTask,
  warnTask,
} from "../../task/transitions.ts";
import type { Warning, WarningCode } from "../../task/warnings.ts";
import type { WatchedFile } from "../../task/watched-file.ts";
import { purge } from "../purge.ts";
import type { Admission, Idempotency, NewTask, TaskStore } from "../store.ts";
import { noSuchTask } from "../task-queries.ts";
import { PostgresIntake, type PostgresTaskStoreOptions } from "./intake.ts";
import { PostgresPendingLimit } from "./pending-limit.ts";
import { PostgresRetention } from "./retention.ts";
import { PostgresTaskList } from "./task-list.ts";
import { PostgresTaskLogs } from "./task-logs.ts";
import { prepareTaskQueries } from "./task-queries.ts";

/** Tasks in PostgreSQL, shared by all nodes. */
export class PostgresTaskStore implements TaskStore {
  readonly #database: PostgresDatabase;
  readonly #now: () => number;
  readonly #intake: PostgresIntake;
  readonly #pendingLimit: PostgresPendingLimit;
  readonly #retention: PostgresRetention;
  readonly #holdings: Holdings;
  readonly #log: EventLog;
  readonly #changes: TaskChanges;
  readonly #list: PostgresTaskList;
  readonly #logs: PostgresTaskLogs;
  readonly #queries;

  constructor(database: PostgresDatabase, options: PostgresTaskStoreOptions) {
    this.#database = database;
    this.#now = options.now;
    this.#pendingLimit = new PostgresPendingLimit(database);
    this.#retention = new PostgresRetention(database, options.retentionMs ?? 0);
    this.#holdings = new Holdings(database);
    this.#log = new EventLog(database);
    this.#changes = new TaskChanges(database, options);
    this.#list = new PostgresTaskList(database);
    this.#logs = new PostgresTaskLogs(database);
    this.#queries = prepareTaskQueries(database);
    const parts = {
      changes: this.#changes,
      holdings: this.#holdings,
      pendingLimit: this.#pendingLimit,
    };
    this.#intake = new PostgresIntake(database, parts, options);
  }

  create(task: NewTask, admission: Admission): Promise<string> {
    return this.#intake.create(task, admission);
  }

  createWatched(task: NewTask, file: WatchedFile, pendingMax: number): Promise<string> {
    return this.#intake.createWatched(task, file, pendingMax);
  }

  findByIdempotency(clientCode: string, idempotency: Idempotency): Promise<string | undefined> {
    return this.#intake.findByIdempotency(clientCode, idempotency);
  }

  async get(clientCode: string, id: string): Promise<Task> {
    return this.#database.read(async () => taskOf(await this.#find(clientCode, id)));
  }

  async list(clientCode: string, query: TaskQuery): Promise<TaskPage> {
    return this.#database.read(() => this.#list.page(clientCode, query));
  }

  async events(clientCode: string, id: string, query: EventQuery): Promise<readonly TaskEvent[]> {
    return this.#database.read(async () => this.#log.read(await this.#find(clientCode, id), query));
  }

  async logs(clientCode: string, id: string): Promise<readonly AttemptLog[]> {
    return this.#database.read(async () => this.#logs.of((await this.#find(clientCode, id)).seq));
  }

  async cancel(clientCode: string, id: string): Promise<Task> {
    return this.#database.write(async () => {
      const row = await this.#find(clientCode, id, "toChange");
      return taskOf(await this.#changes.save(cancelTask(row, this.#now())));
    });
  }

  async retry(clientCode: string, id: string, pendingMax = 0): Promise<Task> {
    return this.#database.write(async () => {
      const row = await this.#find(clientCode, id, "toChange");
      const change = retryTask(row, this.#now());
      const refusal = await this.#pendingLimit.takePlaces(clientCode, pendingMax);
      if (refusal) throw refusal;
      const targets = undelivered(change.row.targets);
      const taken = await this.#holdings.take(`retry task "${id}"`, change.row, targets);
      if (taken) throw taken;
      return taskOf(await this.#changes.save(change));
    });
  }

  async remove(clientCode: string, id: string): Promise<void> {
    await this.#database.write(async () => {
      const row = await this.#find(clientCode, id, "toChange");
      mayDelete(row);
      await this.#retention.hide(row.seq, this.#now());
    });
  }

  async saveProgress(claim: Claim, progress: Progress): Promise<void> {
    await this.#database.alone(async () => {
      const { rowCount } = await this.#queries.saveProgress.execute({ ...claim, progress });
      if (rowCount === 0) throw leaseLost(claim);
    });
  }

  async saveWarnings(claim: Claim, more: readonly Warning[], gone?: WarningCode): Promise<void> {
    await this.#database.write(async () => {
      const { warnings } = warnTask(await this.#changes.held(claim), claim, more, gone);
      await this.#queries.saveWarnings.execute({ ...claim, warnings });
    });
  }

  async saveLog(claim: Claim, log: LogText): Promise<void> {
    if (!(await this.#logs.save(claim, log))) throw leaseLost(claim);
  }

  async saveTarget(claim: Claim, index: number, result: TargetResult): Promise<void> {
    await this.#changes.ofClaim(claim, (row) =>
      reportTarget(row, claim, index, result, this.#now()),
    );
  }

  async saveSource(claim: Claim, change: "source_lost" | "source_back"): Promise<void> {
    await this.#changes.ofClaim(claim, (row) => reportSource(row, claim, change, this.#now()));
  }

  async mayPublish(claim: Claim): Promise<void> {
    await this.#database.read(async () => {
      const [row] = await this.#queries.cancelRequested.execute(claim);
      mayPublish(row, claim);
    });
  }

  async finish(claim: Claim, outcome: Outcome): Promise<void> {
    await this.#changes.ofClaim(claim, (row) => finishTask(row, claim, outcome, this.#now()));
  }

  async ended(ids: readonly string[], but?: TaskStatus): Promise<readonly string[]> {
    const rows = await this.#database.read(() => this.#queries.ended.execute({ ids }));
    const ended = new Set(rows.filter(({ status }) => status !== but).map(({ id }) => id));
    return ids.filter((id) => ended.has(id));
  }

  purge(): Promise<number> {
    const nowMs = this.#now();
    const database = this.#database;
    return purge({
      ofCalls: (rows) => database.write(() => this.#intake.purge(nowMs, rows)),
      ofTasks: (rows) => database.write(() => this.#retention.purge(nowMs, rows)),
    });
  }

  /** @param how - whether nobody else may change it before this transaction has ended */
  async #find(
    clientCode: string,
    id: string,
    how: "byId" | "toChange" = "byId",
  ): Promise<PostgresTaskRow> {
    const [row] = await this.#queries[how].execute({ id });
    if (row?.clientCode === clientCode) return row;
    throw noSuchTask(id);
  }
}
