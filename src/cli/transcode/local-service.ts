import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter } from "node:path";
import * as v from "valibot";
import { startService } from "../../app.ts";
import { KEYS } from "../../config/keys.ts";
import { configureLogging, disposeLogging } from "../../config/logging.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { ServiceCalls } from "../calls/service-calls.ts";
import type { Context } from "../context.ts";

import { rememberedEngine } from "./remembered-engine.ts";

/** What a service for one command is made of. */
export type LocalOptions = {
  /** Its own folder, which goes with it. */
  readonly dataFolder: string;
  /** The folders that it may read and write. */
  readonly roots: readonly string[];
  /** Whether its log is shown whole. */
  readonly isVerbose: boolean;
};

/** A service in this process, which nobody else knows of. */
export type LocalService = {
  readonly calls: ServiceCalls;
  /** Settles once there is an engine; rejects where there is none. */
  readonly ready: Promise<void>;
  /** Ends what runs, and removes the folder. */
  readonly stop: () => Promise<void>;
};

const KEY_BYTES = 16;
const STDERR = 2;

const readiness = v.object({
  checks: v.object({ engine: v.object({ detail: v.string() }) }),
});

/**
 * Starts the whole service in this process, on a port of loopback, with a client that no one else has the keys of. It is set up by the
 * environment, but for what one command needs: it keeps its tasks in memory, and may call this machine, as its caller may.
 */
export async function startLocal(
  { env, runtime, version, signal }: Context,
  { dataFolder, roots, isVerbose }: LocalOptions,
): Promise<LocalService> {
  const credentials = {
    client_code: "local",
    public_key: randomBytes(KEY_BYTES).toString("hex"),
    private_key: randomBytes(KEY_BYTES).toString("hex"),
  };
  const { config } = parseConfig(
    {
      ...env,
      [KEYS.host.env]: "127.0.0.1",
      [KEYS.port.env]: "0",
      [KEYS.dataFolder.env]: dataFolder,
      [KEYS.disk.env]: "yes",
      [KEYS.databasePath.env]: ":memory:",
      [KEYS.role.env]: "all",
      [KEYS.mediaRoots.env]: roots.join(delimiter),
      [KEYS.clients.env]: JSON.stringify([credentials]),
      // Those of the service whose environment this is.
      [KEYS.watches.env]: "",
      [KEYS.egress.env]: env[KEYS.egress.env] || "open",
      // Nobody else can ask for them.
      [KEYS.metrics.env]: "no",
      // No later run could go on with anything.
      [KEYS.resumeMinMs.env]: "0",
      // Somebody waits: nothing is tried again for an hour.
      [KEYS.retryMaxMs.env]: "0",
    },
    { cores: availableParallelism() },
  );
  await configureLogging({
    // Why a task failed is its result.
    level: isVerbose ? config.logLevel : "error",
    format: "text",
    descriptor: STDERR,
  });
  const clear = async (): Promise<void> => {
    await disposeLogging();
    rmSync(dataFolder, { recursive: true, force: true });
  };
  const engine = rememberedEngine(env, dataFolder);
  try {
    engine.recall();
    const { url, ready, stop } = await startService(config, runtime, version, signal, true);
    // That it fails is told by `ready`; a caller that is interrupted does not wait for it.
    ready.then(engine.keep).catch(() => {});
    const calls = new ServiceCalls(url, credentials, signal);
    return { calls, ready, stop: () => stop().finally(clear) };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** What `/readyz` says of the engine: its name, and why it was chosen. */
export async function engineOf({ calls }: LocalService): Promise<string> {
  const answer = await (await fetch(`${calls.url}/readyz`)).json();
  const read = v.safeParse(readiness, answer);
  return read.success ? read.output.checks.engine.detail : "";
}
