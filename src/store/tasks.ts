import type { Database } from "../db/database.ts";
import { EventLog } from "../db/event-log.ts";
import { Holdings } from "../db/holdings.ts";
import { reopenTargets } from "../db/targets.ts";
import { leaseLost, TaskChanges, targetFacts } from "../db/task-changes.ts";
import { type TaskRow, taskOf } from "../db/task-row.ts";
import { maskCredentials } from "../lib/mask.ts";
import { TaskError } from "../task/errors.ts";
import { canMove, isFinal } from "../task/status.ts";
import type { Claim, Progress, Task } from "../task/task.ts";
import { addWarnings, type Warning } from "../task/warnings.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";
import { Nonces } from "./nonces.ts";
import type {
  Admission,
  Idempotency,
  NewTask,
  Outcome,
  TargetResult,
  TaskPage,
  TaskQuery,
  TaskStore,
} from "./store.ts";
import { TaskIds } from "./task-id.ts";
import { TaskList } from "./task-list.ts";
import { prepareTaskQueries } from "./task-queries.ts";

/** So many expired rows of a table go in one transaction: a fraction of a millisecond. */
const PURGE_ROWS_MAX = 1000;

/** Tasks in SQLite. */
export class SqliteTaskStore implements TaskStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #ids = new TaskIds();
  readonly #nonces: Nonces;
  readonly #idempotencyKeys: IdempotencyKeys;
  readonly #holdings: Holdings;
  readonly #log: EventLog;
  readonly #changes: TaskChanges;
  readonly #list: TaskList;
  readonly #queries;

  /** @param options - `now`: ms since the epoch */
  constructor(database: Database, options: { readonly now: () => number }) {
    this.#database = database;
    this.#now = options.now;
    this.#nonces = new Nonces(database);
    this.#idempotencyKeys = new IdempotencyKeys(database);
    this.#holdings = new Holdings(database);
    this.#log = new EventLog(database);
    this.#changes = new TaskChanges(database, options.now);
    this.#list = new TaskList(database);
    this.#queries = prepareTaskQueries(database);
  }

  async create(task: NewTask, admission: Admission): Promise<string> {
    const answer = await this.#database.write(() => this.#admit(task, admission));
    if (answer instanceof TaskError) throw answer;
    return answer;
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

  async cancel(clientCode: string, id: string): Promise<Task> {
    return this.#database.write(() => {
      const row = this.#find(clientCode, id);
      if (isFinal(row.status))
        throw new TaskError("task_conflict", `Cannot cancel task "${id}": it is ${row.status}`);
      if (row.status === "PENDING") return taskOf(this.#changes.end(row, { status: "CANCELLED" }));
      if (row.cancelRequested) return taskOf(row);
      const change = { cancelRequested: true };
      return taskOf(this.#changes.save(row, change, { type: "cancel_requested" }));
    });
  }

  async retry(clientCode: string, id: string): Promise<Task> {
    return this.#database.write(() => {
      const row = this.#find(clientCode, id);
      if (!isFinal(row.status) || !canMove(row.status, "PENDING"))
        throw new TaskError("task_conflict", `Cannot retry task "${id}": it is ${row.status}`);
      const targets = reopenTargets(row.targets);
      const undelivered = targets.filter(({ status }) => status !== "SUCCESS");
      const taken = this.#holdings.taken(undelivered);
      if (taken) throw targetTaken(`retry task "${id}"`, taken);
      this.#holdings.take(row, undelivered);
      const change = {
        status: "PENDING",
        startMs: null,
        endMs: null,
        failures: 0,
        cancelRequested: false,
        engine: null,
        failure: null,
        progress: null,
        targets,
      } as const;
      return taskOf(this.#changes.save(row, change, { type: "retried" }));
    });
  }

  async saveProgress(claim: Claim, progress: Progress): Promise<void> {
    await this.#database.write(() => {
      const { changes } = this.#queries.saveProgress.run({ ...claim, progress });
      if (Number(changes) === 0) throw leaseLost(claim);
    });
  }

  async saveWarnings(claim: Claim, warnings: readonly Warning[]): Promise<void> {
    await this.#database.write(() => {
      const known = this.#changes.held(claim).warnings ?? [];
      this.#queries.saveWarnings.run({ ...claim, warnings: addWarnings(known, warnings) });
    });
  }

  async saveTarget(claim: Claim, index: number, result: TargetResult): Promise<void> {
    await this.#database.write(() => {
      const row = this.#changes.held(claim);
      const target = row.targets[index];
      if (!target) throw new RangeError(`Cannot save target ${index}: the task has no such target`);
      const detail = "failure" in result ? result.failure.detail : undefined;
      const isMoved = target.status !== result.status;
      if (!isMoved && target.failure?.detail === detail) return;
      const { failure: _, output: __, ...rest } = target;
      const targets = row.targets.with(index, { ...rest, ...result });
      // That the same state has another reason is no event.
      this.#changes.save(row, { targets }, ...(isMoved ? [targetFacts(targets, index)] : []));
    });
  }

  async saveSource(claim: Claim, change: "source_lost" | "source_back"): Promise<void> {
    await this.#database.write(() => {
      this.#changes.save(this.#changes.held(claim), {}, { type: change });
    });
  }

  async mayPublish(claim: Claim): Promise<void> {
    await this.#database.read(() => {
      const row = this.#queries.cancelRequested.get(claim);
      if (!row) throw leaseLost(claim);
      if (row.cancelRequested)
        throw new TaskError(
          "cancelled",
          `Cannot publish for task "${claim.taskId}": it was cancelled`,
        );
    });
  }

  async finish(claim: Claim, outcome: Outcome): Promise<void> {
    await this.#database.write(() => {
      const row = this.#changes.held(claim);
      this.#changes.end(row, row.cancelRequested ? { status: "CANCELLED" } : outcome);
    });
  }

  async ended(ids: readonly string[]): Promise<readonly string[]> {
    return this.#database.read(() =>
      ids.filter((id) => {
        const row = this.#queries.byId.get({ id });
        return row !== undefined && isFinal(row.status);
      }),
    );
  }

  async purge(): Promise<number> {
    const nowMs = this.#now();
    const purgeBatch = () => [
      this.#nonces.purge(nowMs, PURGE_ROWS_MAX),
      this.#idempotencyKeys.purge(nowMs, PURGE_ROWS_MAX),
    ];
    let total = 0;
    let purged: readonly number[];
    do {
      purged = await this.#database.write(purgeBatch);
      total += purged.reduce((sum, rows) => sum + rows, 0);
    } while (purged.includes(PURGE_ROWS_MAX));
    return total;
  }

  #find(clientCode: string, id: string): TaskRow {
    const row = this.#queries.byId.get({ id });
    if (row?.clientCode === clientCode) return row;
    throw new TaskError("no_such_task", `Cannot find task "${id}": there is none of yours`);
  }

  /** The new task's id, or why there is none: returned, not thrown, so that the nonce is kept. */
  #admit(task: NewTask, { nonce, idempotency }: Admission): string | TaskError {
    const refusal = this.#nonces.use(nonce);
    if (refusal) return refusal;
    const nowMs = this.#now();
    const { clientCode } = task;
    const first = idempotency && this.#findFirst(clientCode, idempotency, nowMs);
    if (first) return first;
    const taken = this.#holdings.taken(task.targets);
    if (taken) return targetTaken("create task", taken);
    const id = this.#insert(task, nowMs);
    if (idempotency) this.#idempotencyKeys.remember(clientCode, idempotency, id, nowMs);
    return id;
  }

  /** The task that a key and its body stand for, or why they cannot go together. */
  #findFirst(
    clientCode: string,
    { key, bodyDigest }: Idempotency,
    nowMs: number,
  ): string | TaskError | undefined {
    const first = this.#idempotencyKeys.find(clientCode, key, nowMs);
    if (!first || first.bodyDigest === bodyDigest) return first?.taskId;
    return new TaskError(
      "idempotency_conflict",
      `Cannot create task: the idempotency key "${key}" came with another body`,
    );
  }

  #insert(task: NewTask, nowMs: number): string {
    const id = this.#ids.next(nowMs);
    const { lastInsertRowid } = this.#queries.insert.run({
      id,
      createMs: nowMs,
      ...task,
      targets: task.targets.map((target) => ({ ...target, status: "PENDING" })),
      timeoutSeconds: task.timeoutSeconds ?? null,
      metadata: task.metadata ?? null,
      clip: task.clip ?? null,
    });
    const seq = Number(lastInsertRowid);
    this.#holdings.take({ ...task, seq }, task.targets);
    const state = { seq, eventSequence: 1, status: "PENDING", attempt: 0 } as const;
    this.#log.append(state, nowMs, { type: "created" });
    return id;
  }
}

/** Why a task may not have a target. */
const targetTaken = (verb: string, { url }: { readonly url: string }): TaskError =>
  new TaskError(
    "task_conflict",
    `Cannot ${verb}: the target "${maskCredentials(url)}" is one of an unfinished task`,
  );
