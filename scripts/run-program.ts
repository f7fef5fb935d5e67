import { spawn } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's own folder. */
export const ROOT = join(fileURLToPath(import.meta.url), "..", "..");

const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How a program is run. */
export type RunOptions = {
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `collect` keeps what it writes, `show` also lets it through, `inherit` gives it this terminal. */
  readonly output: "collect" | "show" | "inherit";
  /** It, and what it starts, takes what others leave of the processors. */
  readonly givesWay?: boolean;
};

/** How a program ended, and what it wrote to both streams, in order of arrival. */
export type RunResult = { readonly code: number; readonly output: string };

/**
 * Runs a program in the repository's folder, to its end. INT, TERM and HUP are passed on, so that this process ends after it
 * and can still tidy up; what outlives the limit is killed.
 */
export function runProgram(
  command: string,
  args: readonly string[],
  { timeoutMs, env = process.env, output, givesWay = false }: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...env },
      detached: givesWay,
      stdio: output === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    if (givesWay && child.pid !== undefined) giveWay(child.pid);
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (output === "show") process.stdout.write(chunk);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    const passOn = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    const timer = setTimeout(() => {
      text += `\nCannot wait longer for "${command}": it did not end within ${timeoutMs / 1000} s\n`;
      child.kill("SIGKILL");
    }, timeoutMs);
    const tidy = (): void => {
      clearTimeout(timer);
      for (const signal of PASSED_ON) process.off(signal, passOn);
    };
    for (const signal of PASSED_ON) process.on(signal, passOn);
    child.once("error", (error) => {
      tidy();
      reject(error);
    });
    child.once("close", (code) => {
      tidy();
      resolve({ code: code ?? 1, output: text });
    });
  });
}

/**
 * Makes a program that leads a session give way to all others. Where Linux shares processors out among sessions (sched(7),
 * "The autogroup feature"), a priority holds within one alone, and the session has a priority of its own.
 */
function giveWay(pid: number): void {
  const { PRIORITY_BELOW_NORMAL } = constants.priority;
  try {
    setPriority(pid, PRIORITY_BELOW_NORMAL);
    writeFileSync(`/proc/${pid}/autogroup`, String(PRIORITY_BELOW_NORMAL), { flag: "r+" });
  } catch {
    // Another system, or the program has ended.
  }
}

/** Whether a program is found in PATH. */
export function hasProgram(name: string): boolean {
  const suffixes = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => suffixes.some((suffix) => isFile(join(folder, name + suffix))));
}

// Not access(2): Deno asks for a permission of its own to say what this user may run.
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
