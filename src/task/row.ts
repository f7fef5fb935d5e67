import type { Notification } from "./notification.ts";
import type {
  Attempt,
  Clip,
  EngineName,
  Extras,
  Failure,
  Origin,
  Progress,
  Target,
  Task,
  TaskStatus,
} from "./task.ts";
import type { Warning } from "./warnings.ts";

/** A target as its task's row holds it. No two unfinished tasks may share one of its keys. */
export type StoredTarget = Target & { readonly key: string; readonly folderKey?: string };

/** What a caller gives when a task is created, without the profiles that it comes down to. */
export type GivenTask = {
  readonly clientCode: string;
  readonly sourceUrl: string;
  /** Whether the source is a live stream; by default it is not. */
  readonly isLive?: boolean;
  readonly profileName: string;
  readonly targets: readonly {
    readonly url: string;
    readonly profileName?: string;
    /** `Address.key` of the target: no two unfinished tasks write the same one. */
    readonly key: string;
    /** The key of the folder that its segments will lie in, for a set: taken like the target itself. */
    readonly folderKey?: string;
  }[];
  /** Names of the custom profiles it uses: they cannot be deleted before it has ended. */
  readonly customProfiles: readonly string[];
  readonly priority: number;
  readonly timeoutSeconds?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly clip?: Clip;
  readonly extras?: Extras;
  readonly origin?: Origin;
  readonly notification?: Notification;
};

/** A task as every store keeps it; null stands for what is not there. Times in ms since the epoch. */
export type TaskRow = {
  readonly id: string;
  readonly clientCode: string;
  readonly profileName: string;
  readonly status: TaskStatus;
  readonly priority: number;
  readonly createMs: number;
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** Set while a pending task waits for its next try; null as soon as it is due. */
  readonly notBeforeMs: number | null;
  readonly attempt: number;
  /** Runs that failed, or took their worker down, since the caller created or retried the task. */
  readonly failures: number;
  readonly cancelRequested: boolean;
  readonly workerId: string | null;
  readonly leaseUntilMs: number | null;
  readonly engine: EngineName | null;
  /** The sequence number of its newest event. */
  readonly eventSequence: number;
  readonly failure: Failure | null;
  readonly progress: Progress | null;
  readonly warnings: readonly Warning[] | null;
  readonly attempts: readonly Attempt[];
  readonly targets: readonly StoredTarget[];
  readonly sourceUrl: string;
  readonly isLive: boolean;
  readonly timeoutSeconds: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly clip: Clip | null;
  readonly extras: Extras | null;
  readonly notification: Notification | null;
  readonly customProfiles: readonly string[];
  readonly requestId: string | null;
  readonly traceParent: string | null;
};

/** The task of a row. */
export function taskOf(row: TaskRow): Task {
  return {
    id: row.id,
    clientCode: row.clientCode,
    sourceUrl: row.sourceUrl,
    profileName: row.profileName,
    targets: row.targets.map(({ key: _, folderKey: __, ...target }) => target),
    status: row.status,
    ...(row.failure && { failure: row.failure }),
    createMs: row.createMs,
    ...(row.startMs !== null && { startMs: row.startMs }),
    ...(row.endMs !== null && { endMs: row.endMs }),
    cancelRequested: row.cancelRequested,
    attempt: row.attempt,
    attempts: row.attempts,
    ...(row.progress && { progress: row.progress }),
    ...(row.engine && { engine: row.engine }),
    ...(row.warnings && { warnings: row.warnings }),
    priority: row.priority,
    ...(row.timeoutSeconds !== null && { timeoutSeconds: row.timeoutSeconds }),
    ...(row.metadata && { metadata: row.metadata }),
    ...(row.clip && { clip: row.clip }),
    ...(row.extras && { extras: row.extras }),
    ...((row.requestId ?? row.traceParent) !== null && { origin: originOf(row) }),
    ...(row.notification && { notification: row.notification }),
  };
}

const originOf = ({
  requestId,
  traceParent,
}: Pick<TaskRow, "requestId" | "traceParent">): Origin => ({
  ...(requestId !== null && { requestId }),
  ...(traceParent !== null && { traceParent }),
});
