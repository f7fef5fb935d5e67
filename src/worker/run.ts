import type { Engine } from "../engine/engine.ts";
import { publishedName } from "../manifest/write/published-names.ts";
import type { LivePlan } from "../plan/live/live.ts";
import type { Plan } from "../plan/plan.ts";
import type { Work } from "../queue/queue.ts";
import type { Storage } from "../storage/storage.ts";
import type { TaskStore } from "../store/store.ts";
import type { Progress } from "../task/task.ts";
import type { Warning } from "../task/warnings.ts";

/** What the line needs of the rest of the system. */
export type Line = {
  readonly engine: Engine;
  readonly store: TaskStore;
  readonly storageOf: (url: string, side: "source" | "target") => Storage;
  /** A live source from which nothing came for longer has ended. */
  readonly sourceTimeoutMs: number;
  readonly onProgress: (progress: Progress) => void;
  readonly onPlan: (plan: Plan | LivePlan) => void;
  /** Adds to what the caller is told of the task; resolves once it is stored. @throws {TaskError} `lease_lost` */
  readonly warn: (warnings: readonly Warning[]) => Promise<void>;
  readonly onLog: (line: string) => void;
};

/** What opening a source needs of it. */
export type SourceLine = Omit<Line, "store" | "onPlan" | "warn">;

/**
 * What the names of the segments that a run of a live task makes begin with. All of a task have one tag, as they are one set however
 * many attempts it takes.
 */
export const segmentPrefix = ({ task, claim }: Work, part: number): string =>
  publishedName(`${claim.attempt}-${part}`, setTagOf({ task }));

/** The tag of the segments of a task's sets that grow. */
export const setTagOf = ({ task }: Pick<Work, "task">): string => `${task.id.slice(-12)}-set`;

/** Names temporary files and segments; no two attempts of any task have the same one. */
export const tagOf = ({ task, claim }: Work): string => `${task.id.slice(-12)}-${claim.attempt}`;
