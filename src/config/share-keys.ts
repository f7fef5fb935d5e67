import type { Config } from "./config.ts";
import { count, type Key } from "./key.ts";

/** More tasks than a database holds: the numbers only have to fit. */
const TASKS_MAX = 1_000_000_000;

/** The keys of what a client may have at once, and of how clients share the slots. */
export const SHARE_KEYS = {
  pendingMax: {
    env: "PONTUS_CLIENT_PENDING_MAX",
    fallback: "100000",
    ...count(0, TASKS_MAX),
    about:
      "How many tasks of a client may be pending; more are refused with 429 (TooManyRequests). 0 is any number. A client's `pending_max` goes before it.",
  },
  runningMax: {
    env: "PONTUS_CLIENT_RUNNING_MAX",
    fallback: "0",
    ...count(0, TASKS_MAX),
    about:
      "How many tasks of a client may run at once; the others stay pending. 0 is any number. A client's `running_max` goes before it.",
  },
  liveWaitingMax: {
    env: "PONTUS_LIVE_WAITING_MAX",
    fallback: "",
    shown: "one less than `PONTUS_CONCURRENCY`, at least 1",
    ...count(0, 256),
    about:
      "How many live tasks may wait at once for their sources to come; the others stay pending. 0 is any number.",
  },
} as const satisfies { readonly [F in keyof Config]?: Key<Config[F]> };
