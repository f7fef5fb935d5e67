import { TaskError } from "../../task/errors.ts";
import type { Confinement } from "./confinement.ts";
import { ownLimits } from "./limits.ts";
import { describeSandbox } from "./sandbox.ts";
import { runSubprocess } from "./subprocess.ts";

/** How ffmpeg and ffprobe are wanted to be confined. */
export type ConfinementOptions = {
  readonly sandbox: "none" | "bwrap";
  /** Names or paths of the programs that run in the sandbox. */
  readonly programs: readonly string[];
  /** Absolute paths that they read in it beside those of the system and of their task. */
  readonly sandboxPaths: readonly string[];
};

/** What could be opened. */
export type OpenedConfinement = {
  readonly confinement: Confinement;
  /** Why nothing limits the programs: half a sentence; absent if limits are set. */
  readonly lack?: string;
};

/** It does next to nothing; one that takes longer does not answer at all. */
const TRIAL_TIMEOUT_MS = 10_000;
const GRACE_MS = 500;

/** Runs a program that does nothing. @returns what it complains of; undefined if it does not */
async function trial(
  command: string,
  args: readonly string[],
  confinement?: Confinement,
): Promise<string | undefined> {
  const bounds = { limits: {}, seen: { writes: [], reads: [] } };
  const run = { command, args, cwd: "/", graceMs: GRACE_MS, onStdout: () => {} };
  const within = confinement && { confinement, bounds };
  try {
    const { code, stderr } = await runSubprocess(
      { ...run, ...(within && { within }) },
      AbortSignal.timeout(TRIAL_TIMEOUT_MS),
    );
    const [first = ""] = stderr.split("\n");
    return code === 0 ? undefined : first || `"${command}" ends with ${code}`;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
}

/**
 * Finds out how programs can be kept within bounds on this machine: by limits if it has prlimit (util-linux), and in a sandbox if
 * that is wanted.
 *
 * @throws {TaskError} `encoder_missing` if the sandbox that is wanted cannot be made here, with the reason
 */
export async function openConfinement({
  sandbox,
  programs,
  sandboxPaths,
}: ConfinementOptions): Promise<OpenedConfinement> {
  const why = await trial("prlimit", ["--version"]);
  const limited = why === undefined ? { own: ownLimits() } : {};
  const lack =
    why === undefined ? {} : { lack: `nothing limits ffmpeg's memory and CPU time: ${why}` };
  if (sandbox === "none") return { confinement: limited, ...lack };
  const confinement = { ...limited, sandbox: describeSandbox(programs, sandboxPaths) };
  const fault = await trial("true", [], confinement);
  if (fault === undefined) return { confinement, ...lack };
  throw new TaskError("encoder_missing", `Cannot make a sandbox: ${fault}`);
}
