import type { Working } from "./app.work.ts";
import type { Config } from "./config/config.ts";
import type { Database } from "./db/database.ts";
import type { AdminPorts } from "./http/admin/admin.ts";
import { SqliteOverview } from "./overview/sqlite.ts";
import type { Queue } from "./queue/queue.ts";
import { Drain } from "./service/drain.ts";
import type { Intake } from "./service/intake.ts";
import type { OperatedClients } from "./service/operate-clients.ts";

const DAY_MS = 86_400_000;

/** The parts of the service that operators see and change. */
type OperatedParts = {
  readonly database: Database;
  readonly clients: OperatedClients;
  readonly queue: Pick<Queue, "announceWork">;
  readonly intake: Pick<Intake, "isOpen">;
  readonly now: () => number;
};

/** What the calls of operators are made of. @param working - gives undefined until the service takes tasks up */
export function operate(
  config: Config,
  { database, clients, queue, intake, now }: OperatedParts,
  working: () => Working | undefined,
): AdminPorts {
  const worker = () => working()?.worker;
  const drain = new Drain({ worker, now, onEnd: () => queue.announceWork() });
  return {
    overview: new SqliteOverview(database),
    clients,
    drain,
    isTaking: () => intake.isOpen() && !drain.isOn(),
    ownWorker: () => {
      const here = working();
      if (!here) return undefined;
      const { running, slots } = here.worker;
      return { workerId: here.instance.id, engine: here.engine, running, slots };
    },
    limits: limitsOf(config),
  };
}

const limitsOf = (config: Config): AdminPorts["limits"] => ({
  concurrency: config.concurrency,
  client_pending_max: config.pendingMax,
  client_running_max: config.runningMax,
  client_requests_per_second: config.requestsPerSecond,
  live_waiting_max: config.liveWaitingMax,
  targets_max: config.targetsMax,
  connections_max: config.connectionsMax,
  body_bytes_max: config.bodyBytesMax,
  source_bytes_max: config.sourceBytesMax,
  max_pixels: config.pixelsMax,
  output_pixels_max: config.outputPixelsMax,
  task_timeout_seconds: config.taskTimeoutMs / 1000,
  attempts_max: config.attemptsMax,
  retry_max_seconds: config.retryMaxMs / 1000,
  retention_days: config.retentionMs / DAY_MS,
  disk_free_bytes_min: config.freeBytesMin,
});
