import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import type { ChosenEngine } from "../engine/choose.ts";
import type { Readiness } from "../http/health.ts";
import { once } from "../lib/once.ts";
import type { EgressPolicy } from "../net/egress-policy.ts";
import type { Capabilities } from "../plan/plan.ts";
import type { Planner } from "../service/plan-new-task.ts";
import { type ReadinessParts, readinessOf, refuseWhileStarting } from "./readiness.ts";
import type { Working, WorkParts } from "./work.ts";

/** Calls that wait for the start are answered before what runs tasks is loaded, which takes a while. One that needs the engine begins that. */
const FIRST_CALLS_MS = 20;
/** How often it is looked whether all tasks have ended. */
const FINISH_LOOK_MS = 100;
/** What is still to be written when all is closed: the last lines of the log. */
const LAST_WORDS_MS = 500;

/** What a node does beside answering calls. */
export type Node = {
  /** What tasks are judged by when they are created. */
  readonly capabilities: () => Promise<Capabilities>;
  readonly planner: Planner;
  readonly readiness: () => Promise<Readiness>;
  /** Undefined until it takes tasks up, and where it never does. */
  readonly working: () => Working | undefined;
  /**
   * Begins to do it.
   *
   * @param prepare - what else is loaded meanwhile
   */
  readonly begin: (prepare: () => Promise<void>) => Promise<void>;
  /** Takes no more tasks up, and resolves when those that run have ended, or the signal aborts. */
  readonly finish: (signal: AbortSignal) => Promise<void>;
  /** Ends it, and gives running tasks back. */
  readonly stop: () => Promise<void>;
  /** Closes what it was made of; after `stop`. */
  readonly close: () => Promise<void>;
};

/** What a node that runs tasks is made of. @param policy - which peers of live streams its engine may call */
export type WorkingParts = WorkParts & ReadinessParts & { readonly policy: EgressPolicy };

/**
 * A node that runs tasks.
 *
 * @param isForOne - whether it is for a single task, which comes once it is ready: nothing is put off for the sake of calls before
 */
export function workingNode(config: Config, parts: WorkingParts, isForOne: boolean): Node {
  const chosen = once(async () =>
    (await import("./engine.ts")).openEngine(config, parts.policy, isForOne),
  );
  let working: Working | undefined;
  return {
    capabilities: once(async () => {
      const [{ engine }, { capabilitiesOf }] = await Promise.all([chosen(), import("./engine.ts")]);
      return capabilitiesOf(engine, config);
    }),
    planner: async (...asked) => (working ?? refuseWhileStarting()).planner(...asked),
    readiness: () => readinessOf(chosen(), parts, working, config),
    working: () => working,
    begin: async (prepare) => {
      if (!isForOne) {
        await sleep(FIRST_CALLS_MS);
        await Promise.all([chosen(), prepare()]);
      }
      const [{ engine }, { beginWork }] = await Promise.all([chosen(), import("./work.ts")]);
      // Nobody calls before there is work: then the program that stands by comes first.
      working = await beginWork(config, engine, parts, isForOne ? prepare : async () => {});
    },
    finish: async (signal) => {
      // One that is on may have to hand back soon.
      if (!parts.drain.isOn()) parts.drain.begin(undefined);
      while (working && !working.worker.isIdle && !signal.aborted)
        await sleep(FINISH_LOOK_MS, undefined, { signal }).catch(() => {});
    },
    stop: async () => {
      await working?.worker.stop();
      await working?.membership?.stop();
    },
    close: async () => {
      await closeEngine(chosen());
      await working?.instance.release();
    },
  };
}

async function closeEngine(opening: Promise<ChosenEngine>): Promise<void> {
  const chosen = await opening.catch(() => undefined);
  await chosen?.engine.close();
  // Such a thread would keep the process for ever: it is left by force, after everything else has ended.
  if (chosen && chosen.leakedThreads() > 0) setTimeout(() => process.exit(), LAST_WORDS_MS);
}
