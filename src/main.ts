import { once } from "node:events";
import { availableParallelism } from "node:os";
import { inspect, parseArgs } from "node:util";
import { getLogger } from "@logtape/logtape";
import packageJson from "../package.json" with { type: "json" };
import { type Service, startService } from "./app.ts";
import { type Config, ConfigError, type Environment } from "./config/config.ts";
import { configureLogging, disposeLogging } from "./config/logging.ts";
import { parseConfig } from "./config/parse-config.ts";
import { permissionNeeded } from "./lib/permission.ts";
import { hearSignals } from "./main.signals.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { TaskError } from "./task/errors.ts";

const log = getLogger(["pontus"]);
const { version } = packageJson;

const USAGE = `Usage: pontus [--help | --version]

Starts the transcoding service. It is set up by PONTUS_* environment variables: see docs/configuration.md.
`;

/** What a process ends with: all went well, it could not go on, it was called wrongly. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/**
 * The service as a process: reads its arguments and its environment, runs until SIGINT or SIGTERM, and stops cleanly.
 *
 * @returns the exit code
 */
export async function runService(
  runtime: Runtime,
  args: readonly string[],
  env: Environment,
): Promise<number> {
  try {
    const options = { help: { type: "boolean" }, version: { type: "boolean" } } as const;
    const { values } = parseArgs({ args: [...args], options, strict: true });
    if (values.help || values.version) {
      process.stdout.write(values.help ? USAGE : `pontus ${version}\n`);
      return EXIT.ok;
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return EXIT.usage;
  }
  try {
    const { config, warnings } = readConfig(env);
    const { logLevel: level, logFormat: format, accessLog } = config;
    await configureLogging({ level, format, hasAccessLog: accessLog === "yes" });
    for (const warning of warnings) log.warn("{warning}", { warning });
    return await serveUntilStopped(config, runtime);
  } catch (error) {
    const isExpected = error instanceof ConfigError || error instanceof TaskError;
    const needed = permissionNeeded(error);
    const unexpected = needed === undefined ? inspect(error) : `Cannot start: ${needed}`;
    process.stderr.write(`${isExpected ? error.message : unexpected}\n`);
    return EXIT.failed;
  } finally {
    await disposeLogging();
  }
}

function readConfig(env: Environment): ReturnType<typeof parseConfig> {
  try {
    return parseConfig(env, { cores: availableParallelism() });
  } catch (error) {
    const needed = permissionNeeded(error);
    if (needed === undefined) throw error;
    throw new ConfigError([`Cannot read the environment, where the configuration is: ${needed}`]);
  }
}

async function serveUntilStopped(config: Config, runtime: Runtime): Promise<number> {
  let service: Service | undefined;
  // Heard from the first moment on: a stop that comes while the service starts is not lost.
  const stopping = hearSignals(() => leftBy(service));
  const { signal } = stopping;
  const stopped = once(signal, "abort");
  void runtime.leftByLauncher().then(() => stopping.stop("end of the npm that started it"));
  try {
    service = await startService(config, runtime, version, signal);
    await Promise.race([service.ready.then(() => stopped), stopped]);
    return EXIT.ok;
  } catch (error) {
    // It waited for something, and does not have to any more.
    if (signal.aborted && !service) return EXIT.ok;
    throw error;
  } finally {
    await service?.stop(stopping.hurry);
    stopping.close();
  }
}

/** What a service that is ended at once leaves to the next start. */
function leftBy(service: Service | undefined): string {
  const tasks = service?.runningTasks() ?? 0;
  if (tasks === 0) return "no running task";
  const what = tasks === 1 ? "a running task and its" : `${tasks} running tasks and their`;
  return `${what} encoders, which the next start ends and takes up again`;
}
