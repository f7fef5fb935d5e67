import type { Engine } from "../engine/engine.ts";
import type { LivePlan } from "../plan/live.ts";
import type { Plan } from "../plan/plan.ts";
import type { Work } from "../queue/queue.ts";
import type { Storage } from "../storage/storage.ts";
import type { TaskStore } from "../store/store.ts";
import type { Progress } from "../task/task.ts";

/** What the line needs of the rest of the system. */
export type Line = {
  readonly engine: Engine;
  readonly store: TaskStore;
  readonly storageOf: (url: string, side: "source" | "target") => Storage;
  /** A live source from which nothing came for longer has ended. */
  readonly sourceTimeoutMs: number;
  readonly onProgress: (progress: Progress) => void;
  readonly onPlan: (plan: Plan | LivePlan) => void;
  readonly onLog: (line: string) => void;
};

/** What opening a source needs of it. */
export type SourceLine = Omit<Line, "store" | "onPlan">;

/** Names temporary files and segments; no two attempts of any task have the same one. */
export const tagOf = ({ task, claim }: Work): string => `${task.id.slice(-12)}-${claim.attempt}`;
