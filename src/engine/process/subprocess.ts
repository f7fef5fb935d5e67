import { type ChildProcess, spawn } from "node:child_process";
import { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { errnoOf, hostLackOf } from "../../lib/errno-of.ts";
import { keepHeadAndTail } from "../../lib/head-and-tail.ts";
import { createLineCutter } from "../../lib/line-cutter.ts";
import { TaskError } from "../../task/errors.ts";
import { type Bounds, type Confinement, confined, limitsIn, signalIn } from "./confinement.ts";
import { programEnvironment } from "./environment.ts";
import { type Feed, feedPipe } from "./feed-pipe.ts";
import { limitHit } from "./limits.ts";

/** One program to run. */
export type SubprocessOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** What it may use and see, and how it is kept to that; absent for a program that reads nothing foreign. */
  readonly within?: { readonly confinement: Confinement; readonly bounds: Bounds };
  /** The process group is killed if it has not ended within this time after a stop was requested. */
  readonly graceMs: number;
  /** A second stop is sent after so long: only at the second signal does ffmpeg leave a read that hangs. */
  readonly askAgainMs?: number;
  readonly onSpawn?: (pid: number) => void;
  readonly onStdout: (chunk: string) => void;
  readonly onStderrLine?: (line: string) => void;
  /** More pipes that it writes to, from 3 on: each callback gets the number of bytes, which are then discarded. */
  readonly onPipes?: readonly ((sizeBytes: number) => void)[];
  /** What it reads: the first by stdin, the others by pipes numbered after those that it writes to. */
  readonly feeds?: readonly Feed[];
};

/** How a program ended. */
export type Exit = {
  /** Absent if a signal ended it. */
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
  /** What it wrote to stderr, cut lines; if that is long, only the first and the last part. */
  readonly stderr: string;
  /** The limit that ended it, with its size: `memory limit of 2147483648 bytes`. */
  readonly hit?: string;
};

const STDIO_PIPES = 3;
const LINE_CHARS_MAX = 2_000;
/** Pipes of a program that has ended bring the rest at once, unless another process holds them. */
const QUIET_MS = 500;
const HELD_MS_MAX = 5_000;
/** The exit codes of the programs that start another one, if they cannot. */
const NOT_STARTED = [126, 127];
const CAUSES: Readonly<Record<string, { readonly code: string }>> = {
  "No such file or directory": { code: "ENOENT" },
};
const UNSTARTED = /^(?:prlimit|env|bwrap|setpriv): .*: ([^:\n]+)$/m;

/** Signals a whole process group. @returns whether there was one */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** Signals a child and its group; only the child if the runtime forbids signals by pid, as Deno with few permissions does. */
function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid && !signalGroup(child.pid, signal)) child.kill(signal);
}

/** Sends TERM to the group, a second one if requested, and KILL if it has not ended after the grace. */
async function stop(
  child: ChildProcess,
  { graceMs, askAgainMs }: Pick<SubprocessOptions, "graceMs" | "askAgainMs">,
  ended: AbortSignal,
): Promise<void> {
  signalChild(child, "SIGTERM");
  try {
    if (askAgainMs !== undefined && askAgainMs < graceMs) {
      await wait(askAgainMs, undefined, { signal: ended });
      signalChild(child, "SIGTERM");
    }
    await wait(graceMs, undefined, { signal: ended });
  } catch {
    return;
  }
  signalChild(child, "SIGKILL");
}

/**
 * Waits until a program has ended and its pipes have brought everything. A process that has left the group may hold them open: they
 * are left to it once they bring nothing more.
 */
function waitForEnd(child: ChildProcess): Promise<Pick<Exit, "code" | "signal">> {
  return new Promise((resolve, reject) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) =>
      resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) });
    child.once("error", reject);
    child.once("close", end);
    child.once("exit", (code, signal) => {
      // Also ends what the program itself has started, which would hold the pipes open.
      if (child.pid) signalGroup(child.pid, "SIGKILL");
      const leave = () => {
        for (const pipe of child.stdio) pipe?.destroy();
        end(code, signal);
      };
      child.once("close", whenQuiet(child, leave));
    });
  });
}

/** Calls back once the pipes of a program have brought nothing for a while. @returns a function that stops the wait */
function whenQuiet(child: ChildProcess, done: () => void): () => void {
  const until = performance.now() + HELD_MS_MAX;
  let isHeard = false;
  let timer: NodeJS.Timeout;
  let turn: NodeJS.Immediate | undefined;
  const look = () => {
    if (isHeard && performance.now() < until) listen();
    else done();
  };
  function listen(): void {
    isHeard = false;
    // Pipes are read between the timer and this, also if the event loop has been busy all the time.
    timer = setTimeout(() => {
      turn = setImmediate(look);
    }, QUIET_MS);
  }
  for (const pipe of child.stdio)
    pipe?.on("data", () => {
      isHeard = true;
    });
  listen();
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

function notStarted(command: string, cause: unknown): TaskError {
  const lack = errnoOf(cause) === "EAGAIN" ? "has no processes left" : hostLackOf(cause);
  if (lack !== undefined)
    return new TaskError("host_failing", `Cannot start "${command}": the host ${lack}`, { cause });
  const isMissing = errnoOf(cause) === "ENOENT";
  const isForbidden = cause instanceof Error && cause.name === "NotCapable";
  const why = isMissing
    ? "it is not here"
    : isForbidden
      ? `Deno needs --allow-run=${command} for it`
      : "the system does not let it run";
  return new TaskError("encoder_missing", `Cannot start "${command}": ${why}`, { cause });
}

function spawnGroup(options: SubprocessOptions) {
  const { within, cwd, onPipes = [], feeds = [] } = options;
  const pipes = [...onPipes, ...feeds.slice(1)].map(() => "pipe" as const);
  const place = { cwd: cwd ?? "/", firstFd: STDIO_PIPES + pipes.length };
  const { command, args, fds } = within
    ? confined(within.confinement, options, within.bounds, place)
    : { ...options, fds: [] };
  const child = spawn(command, args, {
    cwd,
    detached: true,
    env: programEnvironment(),
    stdio: [
      feeds.length > 0 ? "pipe" : "ignore",
      ...["pipe" as const, "pipe" as const],
      ...pipes,
      ...fds,
    ],
  });
  for (const [at, onBytes] of onPipes.entries())
    child.stdio[STDIO_PIPES + at]?.on("data", (chunk: Uint8Array) => onBytes(chunk.byteLength));
  return child;
}

/** How a program ended: in a sandbox, or behind what sets its limits, less is known than of one that is started here. */
function judgeEnd(
  { command, within }: SubprocessOptions,
  exit: Pick<Exit, "code" | "signal">,
  stderr: string,
): Exit {
  if (!within) return { ...exit, stderr };
  const { confinement, bounds } = within;
  const { code = 0 } = exit;
  const [, why] = (NOT_STARTED.includes(code) && UNSTARTED.exec(stderr)) || [];
  if (why !== undefined) throw notStarted(command, Object.assign(new Error(why), CAUSES[why]));
  const signal = confinement.sandbox ? signalIn(code) : undefined;
  const end = signal ? { signal } : exit;
  const hit = limitHit({ ...end, stderr }, limitsIn(confinement, bounds));
  return { ...end, stderr, ...(hit !== undefined && { hit }) };
}

/**
 * Feeds all pipes that a program reads, until everything is written or it has ended. If a feed fails, its pipe is closed, so the
 * program ends normally.
 *
 * @returns whatever a feed threw
 */
async function feedAll(
  child: ChildProcess,
  { onPipes = [], feeds = [] }: SubprocessOptions,
  signal: AbortSignal,
): Promise<{ readonly error: unknown } | undefined> {
  // A pipe that nobody reads any more would delay the end.
  const left = new AbortController();
  child.once("exit", () => left.abort());
  child.once("error", () => left.abort());
  const until = AbortSignal.any([signal, left.signal]);
  const failures = await Promise.all(
    feeds.map((feed, index) => {
      const pipe = child.stdio[index === 0 ? 0 : STDIO_PIPES + onPipes.length + index - 1];
      if (!(pipe instanceof Writable)) return undefined;
      return feedPipe(feed, pipe, until).then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
    }),
  );
  return failures.find((failure) => failure !== undefined);
}

/**
 * Runs a program as a process group of its own, without a shell, and resolves when it and everything it started are gone.
 *
 * @throws {TaskError} `encoder_missing` if it cannot be started
 * @throws the signal's reason if it was aborted, after the group is gone; whatever a feed threw
 */
export async function runSubprocess(
  options: SubprocessOptions,
  signal: AbortSignal,
): Promise<Exit> {
  signal.throwIfAborted();
  const child = spawnGroup(options);
  const stderr = keepHeadAndTail();
  const cutLines = createLineCutter((line) => {
    if (line.trim() === "") return;
    stderr.push(`${line}\n`);
    options.onStderrLine?.(line);
  }, LINE_CHARS_MAX);
  child.stdout?.setEncoding("utf8").on("data", options.onStdout);
  child.stderr?.setEncoding("utf8").on("data", cutLines);
  const ended = new AbortController();
  let stopping: Promise<void> | undefined;
  const onAbort = () => {
    if (child.pid) stopping = stop(child, options, ended.signal);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  const end = waitForEnd(child);
  const feeding = feedAll(child, options, signal);
  let failure: Awaited<typeof feeding>;
  try {
    if (child.pid) options.onSpawn?.(child.pid);
    const exit = await end;
    // Of a last line without a break.
    cutLines("\n");
    signal.throwIfAborted();
    failure = await feeding;
    if (!failure) return judgeEnd(options, exit, stderr.text());
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (child.pid) {
      signalChild(child, "SIGKILL");
      await end;
      throw error;
    }
    throw notStarted(options.command, error);
  } finally {
    signal.removeEventListener("abort", onAbort);
    ended.abort();
    await stopping;
  }
  throw failure.error;
}
