import type { Config } from "../config/config.ts";
import type { EventFeed } from "../events/events.ts";
import type { Overview } from "../overview/overview.ts";
import type { Queue } from "../queue/queue.ts";
import type {
  ClientStore,
  LeftoverStore,
  MediaKeys,
  NotificationStore,
  ProfileStore,
  TaskStore,
  WatchedStore,
} from "../store/store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Everything that is kept, and who works on what, over one database: SQLite's on this machine, or PostgreSQL's of all nodes. */
export type Stores = {
  readonly tasks: TaskStore;
  readonly leftovers: LeftoverStore;
  readonly notifications: NotificationStore;
  readonly profiles: ProfileStore;
  readonly clients: ClientStore;
  readonly mediaKeys: MediaKeys;
  readonly queue: Queue;
  readonly events: EventFeed;
  /** Loaded when somebody first asks, as the next. */
  readonly watched: () => Promise<WatchedStore>;
  readonly overview: () => Promise<Overview>;
  /** Checks whether writes succeed. @throws {TaskError} `service_unavailable` */
  readonly checkWritable: () => Promise<void>;
  /** The clock of all that is kept, ms since the epoch. */
  readonly now: () => number;
  readonly close: () => Promise<void>;
};

/** What opening them depends on. */
export type StoreGrounds = {
  readonly config: Config;
  readonly telemetry: Pick<Telemetry, "taskChanged">;
  /** Ends a start that waits. */
  readonly signal?: AbortSignal;
};
