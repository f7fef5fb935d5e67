import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's own folder. */
export const ROOT = join(import.meta.dirname, "..");

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 30_000;

// proc(5): /proc/PID/stat counts time in ticks of 1/100 s on every Linux that Bun runs on.
const TICKS_PER_SECOND = 100;
const UTIME = 11;
const STIME = 12;
const CHILDREN_UTIME = 13;
const CHILDREN_STIME = 14;

function ticksOf(pid: number | "self", fields: readonly number[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const values = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.reduce((sum, field) => sum + Number(values[field]), 0);
}

/** CPU of a process and of all its children that have ended, user and system, in seconds; exact to 0.01. */
export const cpuSecondsOf = (pid: number): number =>
  ticksOf(pid, [UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME]) / TICKS_PER_SECOND;

/** CPU of all children of this process that have ended, in seconds. */
export const childrenCpuSeconds = (): number =>
  ticksOf("self", [CHILDREN_UTIME, CHILDREN_STIME]) / TICKS_PER_SECOND;

/** A field of /proc/PID/status in bytes: `VmRSS`, `VmHWM`. */
export function memoryBytesOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
}

/** The children of a process that its main thread has started, and what each runs. */
export function childrenOf(
  pid: number,
): readonly { readonly pid: number; readonly args: string[] }[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return pids.flatMap((child) => {
    try {
      const args = readFileSync(`/proc/${child}/cmdline`, "utf8").split("\0").slice(0, -1);
      return [{ pid: Number(child), args }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** A server in a process of its own. */
export type ServerProcess = {
  readonly pid: number;
  /** Without a slash at its end. */
  readonly url: string;
  /** Sends a signal and waits for the end. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
};

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a program and sees to it that it does not outlive this process. */
export function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = ROOT,
  stdin: "ignore" | "pipe" = "ignore",
): ChildProcess {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [stdin, "pipe", "inherit"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Signals a program and waits until it has ended; KILL where it takes too long. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const limit = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await ended;
  clearTimeout(limit);
}

/** Runs one of our programs under this Bun until it ends, and gives what it wrote to stdout. */
export async function runScript(script: string, args: readonly string[]): Promise<string> {
  const child = start(process.execPath, [join(import.meta.dirname, script), ...args]);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`Cannot go on: ${script} ended with ${code}`);
  return output;
}

/** How a server is started, where it is not by this Bun, and who hears what it writes. */
export type ServerOptions = {
  readonly program?: string;
  readonly onText?: (text: string) => void;
};

/** Starts a server that says `"url":"http://…"` on its stdout once it listens. */
export async function startServer(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { program = process.execPath, onText = () => {} }: ServerOptions = {},
): Promise<ServerProcess> {
  const child = start(program, args, env);
  let output = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (why: string) => reject(new Error(`Cannot start ${args[0]}: ${why}`));
  const limit = setTimeout(() => fail("it does not listen"), START_MS_MAX);
  child.once("exit", () => fail("it ended at once"));
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    // All is read, so that the server never waits for us; nothing is kept once it listens.
    onText(text);
    output += text;
    const url = /"url":"(http:[^"]+)"/.exec(output)?.[1];
    if (url) {
      resolve(url);
      output = "";
    }
  });
  try {
    const url = await promise;
    return { pid: child.pid ?? 0, url, stop: (signal) => end(child, signal) };
  } catch (error) {
    await end(child, "SIGKILL");
    throw error;
  } finally {
    clearTimeout(limit);
  }
}
