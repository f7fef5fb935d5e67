import { type Config, ConfigError } from "../config/config.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { AdminPorts } from "../http/admin/admin.ts";
import type { MediaPorts } from "../http/media/media.ts";
import type { Reach } from "../lib/reach.ts";
import type { Queue } from "../queue/queue.ts";
import { Drain } from "../service/drain.ts";
import type { Intake } from "../service/intake.ts";
import type { OperatedClients } from "../service/operate-clients.ts";
import { FileStorage } from "../storage/file/file.ts";
import type { Storage } from "../storage/storage.ts";
import type { LeftoverStore } from "../store/store.ts";
import type { WorkDisk } from "../worker/run-ports.ts";
import type { Stores } from "./stores.ts";
import type { Working } from "./work.ts";

const DAY_MS = 86_400_000;
/** An upload that is not whole by then is removed. */
const UPLOAD_MS_MAX = DAY_MS;

/** The parts of the service that operators see and change. */
type OperatedParts = {
  readonly overview: Stores["overview"];
  readonly clients: OperatedClients;
  readonly queue: Pick<Queue, "announceWork">;
  readonly intake: Pick<Intake, "isOpen">;
  readonly now: () => number;
  readonly fleet?: Fleet;
};

/** What the calls of operators and those on files are made of. @param working - gives undefined until the service takes tasks up */
export const operate = (
  config: Config,
  parts: OperatedParts & MediaParts,
  working: () => Working | undefined,
): { readonly admin: AdminPorts; readonly drain: Drain; readonly media?: MediaPorts } => {
  const { queue, now } = parts;
  const worker = () => working()?.worker;
  const onEnd = () => queue.announceWork();
  const onChange = () => working()?.membership?.tell();
  const drain = new Drain({ worker, now, onEnd, onChange });
  return { admin: adminOf(config, parts, working, drain), drain, ...mediaOf(config, parts) };
};

function adminOf(
  config: Config,
  { overview, clients, intake, fleet }: OperatedParts,
  working: () => Working | undefined,
  drain: Drain,
): AdminPorts {
  return {
    overview,
    clients,
    drain,
    isTaking: () => intake.isOpen() && !drain.isOn(),
    ownWorker: () => {
      const here = working();
      if (!here) return undefined;
      const { node, worker, hardware } = here;
      return { ...node, running: worker.running, isDraining: drain.isOn(), hardware: hardware() };
    },
    ...(fleet && { fleet }),
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

/** The parts of the service that files are put in and read out by. */
type MediaParts = {
  readonly storages: readonly Storage[];
  readonly storagesOf: (reach: Reach) => readonly Storage[];
  readonly leftovers: Pick<LeftoverStore, "add" | "done">;
  readonly disk: Pick<WorkDisk, "roomIn">;
  readonly now: () => number;
};

/** What the calls on files are made of; nothing unless they are switched on. @throws {ConfigError} if there is no disk for them */
function mediaOf(
  { mediaApi, role, sourceBytesMax: sizeBytesMax }: Config,
  { storages, storagesOf, leftovers, disk, now }: MediaParts,
): { readonly media?: MediaPorts } {
  if (mediaApi === "no" || role === "worker") return {};
  const files = (among: readonly Storage[]) => among.find((each) => each instanceof FileStorage);
  const all = files(storages);
  if (!all) throw new ConfigError(['Cannot use PONTUS_MEDIA_API "yes": there is no disk']);
  const media: MediaPorts = {
    of: (reach) => ((reach && files(storagesOf(reach))) ?? all).media,
    sizeBytesMax,
    roomBytes: disk.roomIn,
    note: async (url, taskId) => {
      const { key } = await all.target(url);
      const noted = await leftovers.add({ taskId, url, key }, now() + UPLOAD_MS_MAX);
      return () => leftovers.done(noted);
    },
  };
  return { media };
}
