import type { Reach } from "../lib/reach.ts";
import type { Assignment, Profile } from "../profile/profile.ts";
import type { Delivery, Telling, TellingResult } from "../task/delivery.ts";
import type { Leftover } from "../task/leftovers.ts";
import type { Notification } from "../task/notification.ts";
import type { GivenTask } from "../task/row.ts";
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
import type { Warning, WarningCode } from "../task/warnings.ts";
import type { WatchedFile } from "../task/watched-file.ts";

/** A client of the API. */
export type Client = {
  readonly clientCode: string;
  readonly publicKey: string;
  readonly privateKey: string;
  /** Accepts the HMAC-SHA256 form of the checksum alone. */
  readonly strongOnly: boolean;
  readonly disabled: boolean;
  /** May make the calls of operators, which see and change what is of all clients. */
  readonly admin: boolean;
  /** Its share of the slots, beside the weights of the other clients. */
  readonly weight: number;
  /** How many of its tasks may be pending, how many may run, and how many calls it may make; 0 is any number, null what the config says. */
  readonly pendingMax: number | null;
  readonly runningMax: number | null;
  readonly requestsPerSecond: number | null;
  /** Another pair of keys that is valid beside the first one, while the client changes from one to the other. */
  readonly second: KeyPair | null;
  /** Who is told of its tasks that name nobody; null is nobody. */
  readonly notification: Notification | null;
  /** What notifications are signed with: one, or two while it changes from one to the other; null is none. */
  readonly webhookSecrets: readonly string[] | null;
  /** What it may read and write; null is everything. */
  readonly reach: Reach | null;
};

/** What a client signs its calls with. */
export type KeyPair = Pick<Client, "publicKey" | "privateKey">;

/** The nonce of one authenticated call; kept until `expiresMs` (since the epoch). */
export type Nonce = {
  readonly clientCode: string;
  readonly nonce: string;
  readonly expiresMs: number;
};

/** A task to be created; the store gives it its id. */
export type NewTask = GivenTask & { readonly assignments: readonly Assignment[] };

/** The caller's idempotency key and a digest of the request's body. */
export type Idempotency = { readonly key: string; readonly bodyDigest: string };

/** What is written together with a new task, and may refuse it. */
export type Admission = {
  readonly nonce: Nonce;
  readonly idempotency?: Idempotency;
  /** How many tasks of the client may be pending; 0 or absent is any number. */
  readonly pendingMax?: number;
};

/**
 * Port: durable storage of tasks. Every method that writes resolves after its commit; a change of state and its event are
 * one transaction. Every adapter passes the suite `test/contract/store.ts`.
 */
export interface TaskStore {
  /**
   * Creates a task with its first event, its nonce, its idempotency key and its claim on its targets, all or nothing;
   * if the creation is refused, only the nonce is kept.
   *
   * @returns the id; that of the first task if the idempotency key and the body were seen within 24 h
   * @throws {TaskError} `request_replayed`, `idempotency_conflict`, `too_many_requests`, `task_conflict`
   */
  create(task: NewTask, admission: Admission): Promise<string>;

  /**
   * Creates the task of a file of a watched folder, and notes in the same transaction that it has been made; no call makes it.
   *
   * @throws {TaskError} `too_many_requests`, `task_conflict` (also if the file has had its task)
   */
  createWatched(task: NewTask, file: WatchedFile, pendingMax: number): Promise<string>;

  /**
   * The task that an idempotency key and a body made within 24 h, if there is one, in whatever state it, its
   * source or its profiles are by now. Uses no nonce.
   *
   * @throws {TaskError} `idempotency_conflict` if the key came with another body
   */
  findByIdempotency(clientCode: string, idempotency: Idempotency): Promise<string | undefined>;

  /** @throws {TaskError} `no_such_task`, also for another client's task */
  get(clientCode: string, id: string): Promise<Task>;

  /** @throws {TaskError} `invalid_parameter` if the cursor is not valid */
  list(clientCode: string, query: TaskQuery): Promise<TaskPage>;

  /**
   * A part of a task's log, oldest first.
   *
   * @throws {TaskError} `no_such_task`, also for another client's task
   */
  events(clientCode: string, id: string, query: EventQuery): Promise<readonly TaskEvent[]>;

  /**
   * What the newest runs of a task said, the oldest first; a run that has said nothing yet has none.
   *
   * @throws {TaskError} `no_such_task`, also for another client's task
   */
  logs(clientCode: string, id: string): Promise<readonly AttemptLog[]>;

  /**
   * Cancels a pending task, or asks a running one to stop (`cancelRequested`).
   *
   * @throws {TaskError} `no_such_task`, `task_conflict` if it has ended
   */
  cancel(clientCode: string, id: string): Promise<Task>;

  /**
   * Makes a FAILED or CANCELLED task PENDING again; delivered targets stay delivered.
   *
   * @param pendingMax - how many tasks of the client may be pending; 0 or absent is any number
   * @throws {TaskError} `no_such_task`, `too_many_requests`, `task_conflict` (it has not ended, has succeeded, or another task now has
   *   one of its targets)
   */
  retry(clientCode: string, id: string, pendingMax?: number): Promise<Task>;

  /**
   * Deletes a task that has ended: nobody finds it any more, and its idempotency key makes a new task. Its rows are removed later,
   * by `purge`.
   *
   * @throws {TaskError} `no_such_task`, `task_conflict` unless it has ended
   */
  remove(clientCode: string, id: string): Promise<void>;

  /** Records how far a claimed task is. @throws {TaskError} `lease_lost` */
  saveProgress(claim: Claim, progress: Progress): Promise<void>;

  /**
   * Adds warnings to a claimed task, except those that it has already.
   *
   * @param gone - the code of those that it had, and that hold no longer
   * @throws {TaskError} `lease_lost`
   */
  saveWarnings(claim: Claim, warnings: readonly Warning[], gone?: WarningCode): Promise<void>;

  /** Keeps what the run of a claim has said so far, in the place of what was kept of it. @throws {TaskError} `lease_lost` */
  saveLog(claim: Claim, log: LogText): Promise<void>;

  /** Records the state of one target. @throws {TaskError} `lease_lost` */
  saveTarget(claim: Claim, index: number, result: TargetResult): Promise<void>;

  /** Records in the log of a claimed live task that its source went away, or is back. @throws {TaskError} `lease_lost` */
  saveSource(claim: Claim, change: "source_lost" | "source_back"): Promise<void>;

  /** Resolves if the claim still holds and no cancel was requested. @throws {TaskError} `lease_lost`, `cancelled` */
  mayPublish(claim: Claim): Promise<void>;

  /**
   * Ends a claimed task with this outcome, or as CANCELLED if a cancel was requested meanwhile. Targets that are not
   * final end with it.
   *
   * @throws {TaskError} `lease_lost`
   */
  finish(claim: Claim, outcome: Outcome): Promise<void>;

  /**
   * Which of these tasks, of any client, have ended. One that was deleted has, until it is purged; one that does not exist has not.
   *
   * @param but - tasks that ended so are left out
   */
  ended(ids: readonly string[], but?: TaskStatus): Promise<readonly string[]>;

  /**
   * Deletes nonces and idempotency keys that have expired, and tasks that were deleted or ended before the time for which they are
   * kept, with their events; gives space back to the disk. All in bounded batches, of which one call makes a bounded number. Call it
   * every minute.
   *
   * @returns how many rows were deleted
   */
  purge(): Promise<number>;
}

/** Port: what ended tasks have left at their targets. The list is written with the end of a task, and outlives restarts. */
export interface LeftoverStore {
  /** Those that are due and that no unfinished task writes to, the longest due first. */
  due(nowMs: number, limit: number): Promise<readonly Leftover[]>;
  /** Has a file that is put in by calls cleared up once it is due, as if a task with this id had been writing it. */
  add(
    left: Pick<Leftover, "taskId" | "url"> & { readonly key: string },
    notBeforeMs: number,
  ): Promise<Pick<Leftover, "seq">>;
  /** Resolves while no unfinished task writes to the target. @throws {TaskError} `task_conflict` */
  mayTidy(leftover: Leftover): Promise<void>;
  /** There is nothing left. */
  done(leftover: Pick<Leftover, "seq">): Promise<void>;
  /** It could not be cleared up, and is tried again. */
  later(leftover: Leftover, notBeforeMs: number): Promise<void>;
}

/** Port: which files of watched folders have had their task. `TaskStore.createWatched` writes it. */
export interface WatchedStore {
  /** Those of some files that have had their task. */
  taken(files: readonly WatchedFile[]): Promise<readonly WatchedFile[]>;
  /** The files whose tasks have had a target. */
  ofTarget(targetKey: string): Promise<readonly Pick<WatchedFile, "watch" | "path">[]>;
  /** Forgets files of a watch that have been gone for 30 days. @param versionOf - of the file that is at a path now, if one is */
  tidy(
    watch: string,
    versionOf: (path: string) => string | undefined,
    nowMs: number,
  ): Promise<void>;
}

/** Port: the profiles that clients registered. */
export interface ProfileStore {
  /** @throws {TaskError} `profile_exists` */
  create(clientCode: string, profile: Profile): Promise<StoredProfile>;
  get(clientCode: string, name: string): Promise<StoredProfile | undefined>;
  list(clientCode: string): Promise<readonly StoredProfile[]>;
  /** @throws {TaskError} `no_such_profile`, `profile_not_empty` while unfinished tasks use it */
  remove(clientCode: string, name: string): Promise<void>;
}

/** A client's own profile and when it was made (ms since the epoch). */
export type StoredProfile = { readonly profile: Profile; readonly createMs: number };

/** Port: clients of the API and the nonces they used. */
export interface ClientStore {
  /** The client that has this key as its first or its second one. */
  byPublicKey(publicKey: string): Promise<Client | undefined>;
  byCode(clientCode: string): Promise<Client | undefined>;
  /**
   * Adds the clients that the config names. Of one that is there already, what the config has changed since it was last seeded is taken
   * over, field by field: what was changed by calls meanwhile stays.
   */
  seed(clients: readonly Client[]): Promise<void>;
  /** Adds a client. @throws {TaskError} `client_exists` if its code or a public key of it is taken */
  add(client: Client): Promise<void>;
  /**
   * Changes a client.
   *
   * @param change - synchronous, and free of side effects: it may be called twice
   * @throws {TaskError} `no_such_client`; what `change` throws
   */
  change(clientCode: string, change: (client: Client) => Client): Promise<Client>;
  /** Clients by their codes, in bytewise order. @param after - exclusive; an empty text is before all */
  list(after: string, limit: number): Promise<readonly Client[]>;
  count(): Promise<number>;
  /** Resolves if a nonce was not used. It may be used by another call right after this. @throws {TaskError} `request_replayed` */
  checkNonce(nonce: Nonce): Promise<void>;
  /** Stores a nonce durably. @throws {TaskError} `request_replayed` the second time */
  useNonce(nonce: Nonce): Promise<void>;
}

/** Port: what receivers are to be told of tasks, and what became of it. It follows from the log of events, and outlives restarts. */
export interface NotificationStore {
  /** Whether anything is to be told now. */
  isDue(): Promise<boolean>;
  /**
   * Takes up what is due: of each task one event, the oldest first. Nobody else takes up more of that task before it is settled, or
   * the lease has run out.
   *
   * @param roomOf - how many more tasks of a client may be taken up
   * @param limit - of all clients, which take turns
   */
  take(limit: number, roomOf: (clientCode: string) => number): Promise<readonly Telling[]>;
  /** Records what became of it; without a result it was not tried. @returns false, and nothing is recorded, if the lease has been lost */
  settle(telling: Telling, result?: TellingResult): Promise<boolean>;
  /** What a task's receiver was told and is to be told, oldest first; nothing where there is none. @throws {TaskError} `no_such_task` */
  list(clientCode: string, id: string, query: EventQuery): Promise<readonly Delivery[]>;
  /** Has a receiver told of an event (again), at once. @throws {TaskError} `no_such_task`, `no_such_resource` */
  replay(clientCode: string, id: string, sequence: number): Promise<Delivery>;
}

/** The keys that segments are encrypted with. None is stored in the clear, and those that are made are not stored at all. */
export interface MediaKeys {
  /** The made key of a task with a number, 16 bytes: the same each time it is asked for. */
  made(taskId: string, key: number): Uint8Array;
  /** What players know that key by, 32 hex digits: no secret. */
  idOf(taskId: string, key: number): string;
  /** Encrypts a key that a client gives. @param hex - 32 digits */
  close(hex: string, clientCode: string): string;
  /** The key that `close` encrypted; undefined if the service's secret key, or the client, is another. */
  open(sealed: string, clientCode: string): Uint8Array | undefined;
}
