import { type ChildProcess, spawn } from "node:child_process";
import { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { errnoOf } from "../../lib/errno-of.ts";
import { keepHeadAndTail } from "../../lib/head-and-tail.ts";
import { TaskError } from "../../task/errors.ts";
import { type Feed, feedPipe } from "./feed-pipe.ts";

/** One program to run. */
export type SubprocessOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
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
  /** What it wrote to stderr; if that is long, only the first and the last part. */
  readonly stderr: string;
};

const STDIO_PIPES = 3;
const LINE_CHARS_MAX = 2_000;

/** Cuts chunks into lines, each at most `LINE_CHARS_MAX` long. */
function createLineCutter(onLine: (line: string) => void) {
  let rest = "";
  return {
    push(chunk: string): void {
      const lines = (rest + chunk).split("\n");
      rest = (lines.pop() ?? "").slice(0, LINE_CHARS_MAX);
      for (const line of lines) if (line.trim() !== "") onLine(line.slice(0, LINE_CHARS_MAX));
    },
    end(): void {
      if (rest.trim() !== "") onLine(rest);
      rest = "";
    },
  };
}

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

// Deno refuses to start a program with these unless every program may be run.
const LOADER = process.versions["deno"] ? /^(LD|DYLD)_/ : /^$/;

/** The environment without the settings of this service, some of which are secret, and without what makes ffmpeg write reports. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("PONTUS_") && name !== "FFREPORT" && !LOADER.test(name),
  );
  return { ...Object.fromEntries(own), AV_LOG_FORCE_NOCOLOR: "1", LC_ALL: "C" };
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

function waitForEnd(child: ChildProcess): Promise<Pick<Exit, "code" | "signal">> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // Also ends what the program itself has started, which would hold the pipes open.
    child.once("exit", () => child.pid && signalGroup(child.pid, "SIGKILL"));
    child.once("close", (code, signal) =>
      resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }),
    );
  });
}

function notStarted(command: string, cause: unknown): TaskError {
  const isMissing = errnoOf(cause) === "ENOENT";
  const isForbidden = cause instanceof Error && cause.name === "NotCapable";
  const why = isMissing
    ? "it is not here"
    : isForbidden
      ? `Deno needs --allow-run=${command} for it`
      : "the system does not let it run";
  return new TaskError("encoder_missing", `Cannot start "${command}": ${why}`, { cause });
}

function spawnGroup({ command, args, cwd, onPipes = [], feeds = [] }: SubprocessOptions) {
  const child = spawn(command, args, {
    cwd,
    detached: true,
    env: environment(),
    stdio: [
      feeds.length > 0 ? "pipe" : "ignore",
      ...["pipe" as const, "pipe" as const],
      ...[...onPipes, ...feeds.slice(1)].map(() => "pipe" as const),
    ],
  });
  for (const [at, onBytes] of onPipes.entries())
    child.stdio[STDIO_PIPES + at]?.on("data", (chunk: Uint8Array) => onBytes(chunk.byteLength));
  return child;
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
  const lines = createLineCutter(options.onStderrLine ?? (() => {}));
  child.stdout?.setEncoding("utf8").on("data", options.onStdout);
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr.push(chunk);
    lines.push(chunk);
  });
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
    lines.end();
    signal.throwIfAborted();
    failure = await feeding;
    if (!failure) return { ...exit, stderr: stderr.text() };
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
