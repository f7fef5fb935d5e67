import type { ErrorCode } from "../task/errors.ts";
import type { Task, TaskStatus } from "../task/task.ts";

/** Which tasks of all clients to list, and where to start; what is absent filters nothing. Times in ms since the epoch. */
export type TasksQuery = {
  readonly statuses?: readonly TaskStatus[];
  /** Of the failure of a task. */
  readonly codes?: readonly ErrorCode[];
  readonly clientCode?: string;
  readonly profileName?: string;
  /** Exclusive, as the next. */
  readonly createdAfterMs?: number;
  readonly createdBeforeMs?: number;
  /** What the task's metadata hold, by their keys. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** 1..100 */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
};

/** A task of any client, and the instance that runs it. */
export type SeenTask = { readonly task: Task; readonly workerId?: string };

/**
 * A page of tasks, newest first. One that has a next page may be short, or empty: where hardly any task is wanted, each page looks at a
 * bounded number of them.
 */
export type TasksPage = { readonly tasks: readonly SeenTask[]; readonly nextCursor?: string };

/** How many tasks of a client wait and run, and when the oldest of each was created (ms since the epoch). */
export type ClientLoad = {
  readonly clientCode: string;
  readonly pending: number;
  readonly oldestPendingMs?: number;
  readonly running: number;
};

/** How the queue stands. */
export type QueueLoad = {
  readonly pending: number;
  /** Of the pending ones: those that wait for a later try. */
  readonly waiting: number;
  readonly running: number;
  /** When the oldest pending task was created, and the longest running attempt began (ms since the epoch). */
  readonly oldestPendingMs?: number;
  readonly oldestRunMs?: number;
  /** When the next of those that wait is due. */
  readonly nextDueMs?: number;
  /** The clients with pending or running tasks, most pending ones first. */
  readonly clients: readonly ClientLoad[];
};

/** An instance that holds tasks; its leases run out at `leaseUntilMs` unless it lives. */
export type Instance = {
  readonly workerId: string;
  readonly running: number;
  readonly live: number;
  readonly leaseUntilMs: number;
};

/**
 * Port: what operators see of all clients and instances. It changes nothing, and no call of a client waits for it. Every adapter passes the
 * suite `test/contract/overview.ts`.
 */
export interface Overview {
  /** @throws {TaskError} `invalid_parameter` if the cursor is not one */
  tasks(query: TasksQuery): Promise<TasksPage>;
  /** A task of any client. @throws {TaskError} `no_such_task` */
  task(id: string): Promise<SeenTask>;
  /** @param clientsMax - how many clients it names */
  queue(clientsMax: number): Promise<QueueLoad>;
  /** The instances that hold tasks now, on this database. */
  instances(): Promise<readonly Instance[]>;
}
