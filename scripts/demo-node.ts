import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { DemoService } from "./demo-tour.ts";
import { ROOT } from "./run-program.ts";

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 15_000;
const CALL_TIMEOUT_MS = 10_000;
const LOG_LINES_SHOWN = 20;

/** How a demo starts one process of the service. */
type NodeOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where its log goes. */
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** Told of what it writes, as it comes. */
  readonly onLog?: (text: string) => void;
};

/** Starts the real service on a port that the system chooses, and waits until it is ready. */
export async function startDemoNode({
  env,
  logFile,
  signal,
  onLog,
}: NodeOptions): Promise<DemoService> {
  const child = spawn(process.execPath, ["src/main.bun.ts"], {
    cwd: ROOT,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C reaches the demo alone, which then ends the service in order.
    detached: true,
  });
  const file = createWriteStream(logFile);
  let log = "";
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      hasEnded = true;
      resolve();
    };
    child.once("close", end).once("error", end);
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      file.write(chunk);
      log += chunk.toString();
      onLog?.(chunk.toString());
    });
  const logTail = (): string => log.trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => {
      console.error(`Killed a service that did not end within ${STOP_TIMEOUT_MS / 1000} s`);
      child.kill("SIGKILL");
    }, STOP_TIMEOUT_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(timer);
    file.end();
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  while (!limit.aborted && !hasEnded) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0];
    if (url && (await isReady(url))) return { url, logTail, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`Cannot start the service: ${hasEnded ? "it ended" : "not ready"}\n${logTail()}`);
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) }).then(
    (answer) => answer.ok,
    () => false,
  );
