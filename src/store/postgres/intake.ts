import { appended } from "../../db/postgres/event-log.ts";
import { type Holdings, held } from "../../db/postgres/holdings.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import type { ChangeOptions, TaskChanges } from "../../db/postgres/task-changes.ts";
import { TaskError } from "../../task/errors.ts";
import { isTold } from "../../task/notification.ts";
import { createTask } from "../../task/transitions.ts";
import type { WatchedFile } from "../../task/watched-file.ts";
import { firstOf } from "../idempotency-keys.ts";
import { replayed } from "../nonces.ts";
import type { Admission, Idempotency, NewTask, Nonce } from "../store.ts";
import { TaskIds } from "../task-id.ts";
import { assignmentsText } from "../task-queries.ts";
import { PostgresIdempotencyKeys } from "./idempotency-keys.ts";
import { PostgresNonces } from "./nonces.ts";
import type { PostgresPendingLimit } from "./pending-limit.ts";
import { prepareCreate } from "./task-queries.ts";
import { PostgresWatchedFiles } from "./watched-files.ts";

/** The clock and the limits of a store of tasks, who says who works next, and who is told of changes. */
export type PostgresTaskStoreOptions = ChangeOptions & {
  /** ms since the epoch, by the database's clock, so that all nodes agree. */
  readonly now: () => number;
  /** How long ended tasks are kept; 0 or absent is for ever. */
  readonly retentionMs?: number;
  /** What a worker must be able to do to run a task; by default nothing. */
  readonly needsOf?: (task: NewTask) => string;
};

/** What new tasks share with those that are there. */
type Parts = {
  readonly changes: TaskChanges;
  readonly holdings: Holdings;
  readonly pendingLimit: PostgresPendingLimit;
};

/** Has the transaction of a create rolled back that is refused. */
class Refused extends Error {
  readonly refusal: TaskError;

  constructor(refusal: TaskError) {
    super("refused");
    this.refusal = refusal;
  }
}

/** The id of a task, and when it is made. */
type Made = { readonly id: string; readonly nowMs: number };

/** How tasks come in. */
export class PostgresIntake {
  readonly #database: PostgresDatabase;
  readonly #parts: Parts;
  readonly #options: Pick<PostgresTaskStoreOptions, "now" | "needsOf" | "entries">;
  readonly #ids = new TaskIds();
  readonly #nonces: PostgresNonces;
  readonly #idempotencyKeys: PostgresIdempotencyKeys;
  readonly #watched: PostgresWatchedFiles;
  readonly #queries;

  constructor(
    database: PostgresDatabase,
    parts: Parts,
    options: Pick<PostgresTaskStoreOptions, "now" | "needsOf" | "entries">,
  ) {
    this.#database = database;
    this.#parts = parts;
    this.#options = options;
    this.#nonces = new PostgresNonces(database);
    this.#idempotencyKeys = new PostgresIdempotencyKeys(database);
    this.#watched = new PostgresWatchedFiles(database);
    this.#queries = prepareCreate(database);
  }

  async create(task: NewTask, admission: Admission): Promise<string> {
    const made = this.#make();
    try {
      const first = await this.#database.write(() => this.#admit(task, admission, made));
      if (first instanceof TaskError) throw first;
      return first;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Nothing of the task is left; of the call its nonce is. Whoever used it before has the greater reason to be refused.
      const again = await this.#database.write(() => this.#nonces.use(admission.nonce));
      throw again ?? error.refusal;
    }
  }

  async createWatched(task: NewTask, file: WatchedFile, pendingMax: number): Promise<string> {
    const made = this.#make();
    const key = task.targets[0]?.key ?? "";
    return this.#database.write(async () => {
      const refusal =
        (await this.#watched.remember(file, key, made.id)) ??
        (await this.#take(task, pendingMax, made));
      if (refusal) throw refusal;
      return made.id;
    });
  }

  async findByIdempotency(
    clientCode: string,
    idempotency: Idempotency,
  ): Promise<string | undefined> {
    const found = await this.#database.read(() =>
      this.#idempotencyKeys.find(clientCode, idempotency.key, this.#options.now()),
    );
    const first = found && firstOf(found, idempotency);
    if (first instanceof TaskError) throw first;
    return first;
  }

  /** Deletes some of the nonces and keys that have expired, at most so many of each. @returns how many; call it inside `write` */
  async purge(nowMs: number, rowsMax: number): Promise<readonly number[]> {
    const nonces = await this.#nonces.purge(nowMs, rowsMax);
    return [nonces, await this.#idempotencyKeys.purge(nowMs, rowsMax)];
  }

  /** In the order of the calls, in which ids grow, whichever of them is written first. */
  #make(): Made {
    const nowMs = this.#options.now();
    return { id: this.#ids.next(nowMs), nowMs };
  }

  /** @returns the id; an error if it is refused and this transaction is to be kept. @throws {Refused} if it is not */
  async #admit(
    task: NewTask,
    { nonce, idempotency, pendingMax = 0 }: Admission,
    made: Made,
  ): Promise<string | TaskError> {
    const { clientCode } = task;
    const first =
      idempotency &&
      (await this.#idempotencyKeys.take(clientCode, idempotency, made.id, made.nowMs));
    if (first) return (await this.#nonces.use(nonce)) ?? firstOf(first, idempotency);
    const refusal = await this.#take(task, pendingMax, made, nonce);
    if (refusal) throw new Refused(refusal);
    return made.id;
  }

  /** @returns why the task cannot be made: this transaction must be rolled back then */
  async #take(
    task: NewTask,
    pendingMax: number,
    made: Made,
    nonce?: Nonce,
  ): Promise<TaskError | undefined> {
    const { clientCode, targets } = task;
    const { holdings, pendingLimit } = this.#parts;
    const tooMany = await pendingLimit.takePlace(clientCode, pendingMax);
    if (!tooMany) return this.#insert(task, made, nonce);
    return (await holdings.refusal("create task", clientCode, targets)) ?? tooMany;
  }

  async #insert(
    task: NewTask,
    { id, nowMs }: Made,
    nonce: Nonce | undefined,
  ): Promise<TaskError | undefined> {
    const { row, events } = createTask(task, id, nowMs);
    const needs = this.#options.needsOf?.(task) ?? "";
    const { notification } = row;
    const [written] = await this.#queries.create.execute({
      ...row,
      needs,
      assignments: assignmentsText(task.assignments),
      ...held(row, row.targets),
      ...appended(events),
      nonce: nonce?.nonce ?? null,
      nonceClient: nonce?.clientCode ?? null,
      expiresMs: nonce?.expiresMs ?? null,
      isNotified: notification !== null,
      toldMs: notification && isTold(notification, "created") ? nowMs : null,
    });
    if (!written) throw new RangeError("Cannot create task: the database gave it no number");
    const { seq, isNonceNew, got } = written;
    if (nonce && !isNonceNew) return replayed(nonce.nonce);
    const { changes, holdings } = this.#parts;
    const taken = await holdings.missed("create task", row.clientCode, row.targets, got);
    if (taken) return taken;
    await this.#options.entries.enqueue({ ...row, seq, needs });
    changes.tell(row, events);
    return undefined;
  }
}
