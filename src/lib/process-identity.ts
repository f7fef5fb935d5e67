import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { errnoOf } from "./errno-of.ts";

/** Identifies one process for all time: a pid alone is given to another process some day. */
export type ProcessIdentity = {
  readonly pid: number;
  /** Only compared, never parsed: on Linux the id of the boot and the start in clock ticks, elsewhere what `ps` says. */
  readonly startTime: string;
};

// proc(5): fields of /proc/PID/stat, counted after the command's name, which may hold blanks and parentheses.
const STATE = 0;
const START_TIME = 19;

function startTimeOnLinux(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return /[ZX]/.test(fields[STATE] ?? "Z") ? undefined : `${boot} ${fields[START_TIME]}`;
}

function startTimeElsewhere(pid: number): string | undefined {
  const { stdout, error } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  if (error) throw new Error("Cannot ask for a process: ps does not run", { cause: error });
  const [, state, start] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? "") ?? [];
  return state && !state.startsWith("Z") ? start : undefined;
}

/** @throws where the system does not tell */
const startTimeOf = (pid: number): string | undefined =>
  process.platform === "linux" ? startTimeOnLinux(pid) : startTimeElsewhere(pid);

/** The process that has this pid now; undefined if there is none, only a zombie that waits for its parent, or if the system does not tell. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  try {
    const startTime = startTimeOf(pid);
    return startTime === undefined ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

/** What says that there is no such process. ESRCH: it ended while it was read. */
const GONE = ["ENOENT", "ESRCH"];

/** Whether exactly this process runs no more. Where the system does not tell, as with no file descriptor left to look with, it has not ended. */
export function hasEnded({ pid, startTime }: ProcessIdentity): boolean {
  try {
    return startTimeOf(pid) !== startTime;
  } catch (error) {
    return GONE.includes(errnoOf(error) ?? "");
  }
}

/** Whether exactly this process still runs, as far as the system tells. */
export const isAlive = (identity: ProcessIdentity): boolean =>
  processIdentity(identity.pid)?.startTime === identity.startTime;
