import { appended } from "../../db/postgres/event-log.ts";
import { type Holdings, held } from "../../db/postgres/holdings.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import type { ChangeOptions, TaskChanges } from "../../db/postgres/task-changes.ts";
import { listed } from "../../db/postgres/task-columns.ts";
import { Together } from "../../db/postgres/together.ts";
import { TaskError } from "../../task/errors.ts";
import { isTold } from "../../task/notification.ts";
import type { TaskRow } from "../../task/row.ts";
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
import { CREATED, prepareCreate } from "./task-queries.ts";
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
  readonly refusal: TaskError | undefined;

  constructor(refusal?: TaskError) {
    super("refused");
    this.refusal = refusal;
  }
}

/** The id of a task, and when it is made. */
type Made = { readonly id: string; readonly nowMs: number };

/** A new task; where a call makes it, with the call's nonce. */
type Creation = { readonly task: NewTask; readonly made: Made; readonly nonce?: Nonce };

/** A call that makes a task. */
type CreateCall = {
  readonly task: NewTask;
  readonly made: Made;
  readonly admission: Admission;
};

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
  readonly #creates: Together<CreateCall, string>;

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
    this.#creates = new Together<CreateCall, string>({
      together: (calls) => this.#createAll(calls),
      alone: (call) => this.#create(call),
    });
  }

  create(task: NewTask, admission: Admission): Promise<string> {
    return this.#creates.run({ task, admission, made: this.#make() });
  }

  async createWatched(task: NewTask, file: WatchedFile, pendingMax: number): Promise<string> {
    const made = this.#make();
    const key = task.targets[0]?.key ?? "";
    return this.#database.write(async () => {
      const refusal =
        (await this.#watched.remember(file, key, made.id)) ??
        (await this.#take({ task, made }, pendingMax));
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

  /** Makes the task of one call. @throws {TaskError} why it is refused; its nonce is kept then */
  async #create(call: CreateCall): Promise<string> {
    try {
      const first = await this.#database.write(() => this.#admit(call));
      if (first instanceof TaskError) throw first;
      return first;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Nothing of the task is left; of the call its nonce is. Whoever used it before has the greater reason to be refused.
      const again = await this.#database.write(() => this.#nonces.use(call.admission.nonce));
      throw again ?? error.refusal ?? error;
    }
  }

  /** Makes the tasks of several calls, all or none. @throws {Refused} if one is refused */
  async #createAll(calls: readonly CreateCall[]): Promise<readonly string[]> {
    return this.#database.write(async () => {
      if (!(await this.#areKeysNew(calls))) throw new Refused();
      for (const { clientCode, max, places } of placesOf(calls)) {
        const tooMany = await this.#parts.pendingLimit.takePlaces(clientCode, max, places);
        if (tooMany) throw new Refused(tooMany);
      }
      const refusal = await this.#insert(
        calls.map(({ task, made, admission: { nonce } }) => ({ task, made, nonce })),
      );
      if (refusal) throw new Refused(refusal);
      return calls.map(({ made }) => made.id);
    });
  }

  async #areKeysNew(calls: readonly CreateCall[]): Promise<boolean> {
    const keyed = calls.flatMap(({ task: { clientCode }, made, admission: { idempotency } }) =>
      idempotency ? [{ ...idempotency, clientCode, taskId: made.id, nowMs: made.nowMs }] : [],
    );
    return this.#idempotencyKeys.takeNew(keyed);
  }

  /** @returns the id; an error if it is refused and this transaction is to be kept. @throws {Refused} if it is not */
  async #admit({
    task,
    made,
    admission: { nonce, idempotency, pendingMax = 0 },
  }: CreateCall): Promise<string | TaskError> {
    const { clientCode } = task;
    const first =
      idempotency &&
      (await this.#idempotencyKeys.take(clientCode, idempotency, made.id, made.nowMs));
    if (first) return (await this.#nonces.use(nonce)) ?? firstOf(first, idempotency);
    const refusal = await this.#take({ task, made, nonce }, pendingMax);
    if (refusal) throw new Refused(refusal);
    return made.id;
  }

  /** @returns why the task cannot be made: this transaction must be rolled back then */
  async #take(creation: Creation, pendingMax: number): Promise<TaskError | undefined> {
    const { clientCode, targets } = creation.task;
    const { holdings, pendingLimit } = this.#parts;
    const tooMany = await pendingLimit.takePlaces(clientCode, pendingMax);
    if (!tooMany) return this.#insert([creation]);
    return (await holdings.refusal("create task", clientCode, targets)) ?? tooMany;
  }

  /** @returns why a task cannot be made: this transaction must be rolled back then. @throws {Refused} if that is one of several */
  async #insert(creations: readonly Creation[]): Promise<TaskError | undefined> {
    const tasks = creations.map(({ task, made }) => ({
      ...createTask(task, made.id, made.nowMs),
      needs: this.#options.needsOf?.(task) ?? "",
      assignments: assignmentsText(task.assignments),
    }));
    const rows = tasks.map(({ row, needs, assignments }) => ({ ...row, needs, assignments }));
    const nonces = creations.flatMap(({ nonce }) => nonce ?? []);
    const holds = held(rows);
    const [{ newNonces, got } = { newNonces: 0, got: [] }] = await this.#queries.create.execute({
      ...listed(rows, CREATED),
      ...holds,
      ...appended(tasks.flatMap(({ events }) => events)),
      ...usedNonces(nonces),
      ...told(rows),
    });
    const { changes, holdings } = this.#parts;
    if (newNonces < nonces.length || got.length < holds.keys.length) {
      const [row, second] = rows;
      // Which of several is to blame is asked of each alone.
      if (!row || second) throw new Refused();
      const [nonce] = newNonces < nonces.length ? nonces : [];
      const { clientCode, targets } = row;
      return nonce
        ? replayed(nonce.nonce)
        : holdings.missed("create task", clientCode, targets, got);
    }
    await this.#options.entries.enqueueAll(rows);
    for (const { row, events } of tasks) changes.tell(row, events);
    return undefined;
  }
}

/** How many places each client needs, in the order in which all transactions take them. */
function placesOf(calls: readonly CreateCall[]) {
  return [...Map.groupBy(calls, ({ task }) => task.clientCode)]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([clientCode, all]) => ({
      clientCode,
      max: all.at(-1)?.admission.pendingMax ?? 0,
      places: all.length,
    }));
}

const usedNonces = (nonces: readonly Nonce[]) => ({
  nonceClients: nonces.map(({ clientCode }) => clientCode),
  nonces: nonces.map(({ nonce }) => nonce),
  nonceExpires: nonces.map(({ expiresMs }) => expiresMs),
});

/** The receivers of new tasks, each with when there is something to tell it. */
function told(rows: readonly TaskRow[]) {
  const all = rows.filter(({ notification }) => notification !== null);
  return {
    toldTasks: all.map(({ id }) => id),
    toldClients: all.map(({ clientCode }) => clientCode),
    toldMs: all.map(({ notification, createMs }) =>
      notification && isTold(notification, "created") ? createMs : null,
    ),
  };
}
