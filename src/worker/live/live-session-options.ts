import type { LiveEngine } from "../../engine/engine.ts";
import type { LivePlan } from "../../plan/live/live.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Run } from "../run.ts";
import type { LiveTargets } from "./live-targets.ts";

/** Everything that the runs of one live task share. */
export type LiveSessionOptions = {
  readonly run: Run;
  readonly live: LiveEngine;
  /** The task fails if none of its targets takes the stream for longer. */
  readonly targetTimeoutMs: number;
  readonly targets: LiveTargets;
  /** The assignments for targets that can be written. */
  readonly assignments: readonly Assignment[];
  /** Absolute path of the attempt's own folder. */
  readonly folder: string;
  /** Absolute path of the folder of recordings, and the number of the next part; undefined if nothing is recorded. */
  readonly recordings?: { readonly kept: string; readonly part: number };
  /** Bytes sent to each target by all runs of this attempt, by the index of the target. */
  readonly sentBytes: () => Readonly<Record<number, number>>;
  /** Called with the plan of each run before it begins. */
  readonly onRun: (plan: LivePlan) => Promise<void>;
  /** Called with the reason, as the end of a sentence, if a part of a recording cannot be written any more. */
  readonly onUnrecorded: (why: string) => void;
};
