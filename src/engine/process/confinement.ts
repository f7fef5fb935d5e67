import { constants } from "node:os";
import { prlimitArgs, type ResourceLimits } from "./limits.ts";
import { type Sandbox, type SandboxRun, type Seen, sandboxRun } from "./sandbox.ts";

/** What one run of a program may use and see. */
export type Bounds = { readonly limits: ResourceLimits; readonly seen: Seen };

/** How programs are kept within bounds on this machine. */
export type Confinement = {
  /** The limits of this process that cannot be raised; absent if there is no prlimit, and so no limits. */
  readonly own?: ResourceLimits;
  readonly sandbox?: Sandbox;
};

/** A program with its arguments. */
type Command = { readonly command: string; readonly args: readonly string[] };

/**
 * A program that runs within bounds, as far as this machine can keep it there.
 *
 * @returns also the open files that it inherits, numbered from `firstFd` on
 */
export function confined(
  { own, sandbox }: Confinement,
  { command, args }: Command,
  { limits, seen }: Bounds,
  place: { readonly cwd: string; readonly firstFd: number },
): Command & Pick<SandboxRun, "fds"> {
  const { args: before, fds } = sandbox ? sandboxRun(sandbox, seen, place) : { args: [], fds: [] };
  const { processes: _, ...single } = limits;
  const set = sandbox ? limits : single;
  const [first = command, ...rest] = [
    ...before,
    ...(own ? ["prlimit", ...prlimitArgs(set, own), "--"] : []),
    ...[command, ...args],
  ];
  return { command: first, args: rest, fds };
}

/** The limits that a program runs under. */
export const limitsIn = ({ own }: Confinement, { limits }: Bounds): ResourceLimits =>
  own ? limits : {};

/** How an exit code of a program in a sandbox begins that a signal has ended. */
const SIGNALLED = 128;
const SIGNALS = [
  ...(["SIGILL", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGSEGV"] as const),
  ...(["SIGTERM", "SIGXCPU", "SIGXFSZ"] as const),
];

/** The signal that ended a program in a sandbox, by its exit code: bubblewrap itself has ended in order. */
export const signalIn = (code: number): NodeJS.Signals | undefined =>
  SIGNALS.find((name) => constants.signals[name] === code - SIGNALLED);
