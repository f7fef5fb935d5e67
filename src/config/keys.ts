import { delimiter, resolve } from "node:path";
import * as v from "valibot";
import { systemProfile } from "../profile/system-profiles.ts";
import { clientsSchema } from "./clients.ts";
import type { Config } from "./config.ts";
import { DATABASE_KEY, FLEET_KEYS, type WrittenDatabase } from "./fleet/fleet-keys.ts";
import { count, days, type Key, oneOf, seconds } from "./key.ts";
import { ENCODER_KEYS, RESULT_KEYS, SHARE_KEYS, TELEMETRY_KEYS } from "./limit-keys.ts";
import { STORAGE_KEYS } from "./storage-keys.ts";
import { WATCH_KEYS, type WrittenWatch } from "./watch/watch-keys.ts";

const oneLine = v.pipe(v.string(), v.regex(/^[^\p{Cc}]+$/u));

const folder = v.pipe(
  oneLine,
  v.transform((path) => resolve(path)),
);

const folders = v.pipe(
  oneLine,
  // A URL would be split at its colon, into two folders.
  v.check((text) => !text.includes("://")),
  v.transform((text) => text.split(delimiter).filter(Boolean)),
  v.minLength(1),
  v.transform((paths) => [...new Set(paths.map((path) => resolve(path)))]),
);

/** A name is looked up in PATH. With a slash it is a path, made absolute here: the encoder runs in a folder of its own. */
const program = v.pipe(
  oneLine,
  v.transform((name) => (name.includes("/") ? resolve(name) : name)),
);

/** Only a system profile: clients' own profiles are not known at the start. */
const isMakeable = (name: string): boolean => systemProfile(name) !== undefined;

/** The config before its parts are held against each other. */
type Written = Omit<Config, "watches" | "databasePath" | "databaseUrl"> & {
  readonly watches: readonly WrittenWatch[];
  readonly databasePath: WrittenDatabase;
};

/** Every key, by the field of the config that it sets, in the order of the table in docs/configuration.md. */
export const KEYS: { readonly [F in keyof Written]: Key<Written[F]> } = {
  host: {
    env: "PONTUS_HOST",
    fallback: "127.0.0.1",
    allowed: "a host name or an IP address",
    about: "Where the service listens; `0.0.0.0` is every interface.",
    schema: v.pipe(v.string(), v.regex(/^[a-z0-9:][a-z0-9.:%_-]{0,252}$/i)),
  },
  port: {
    env: "PONTUS_PORT",
    fallback: "8080",
    ...count(0, 65535),
    about: "Its port; 0 takes any free one. If it is not set, `PORT` is used.",
  },
  dataFolder: {
    env: "PONTUS_DATA_DIR",
    fallback: "./data",
    allowed: "a path",
    about: "The service's own folder: database, scratch, `credentials.json`. Made when missing.",
    schema: folder,
  },
  disk: {
    env: "PONTUS_DISK",
    fallback: "auto",
    ...oneOf("auto", "yes", "no"),
    about:
      "Whether files may be written; `auto` is `no` if the runtime does not permit it in the data folder. With `no`, tasks are kept in memory only, and sources and targets are streamed over HTTP and S3.",
  },
  databasePath: DATABASE_KEY,
  freeBytesMin: {
    env: "PONTUS_DISK_FREE_BYTES_MIN",
    fallback: "268435456",
    ...count(0, 999_999_999_999_999, "bytes"),
    about:
      "How much must be free on the disks of the data folder and of the database, at most 5 % of each: with less, no task is taken up, and creates are answered 503.",
  },
  mediaRoots: {
    env: "PONTUS_MEDIA_ROOTS",
    fallback: "./media",
    allowed: "paths separated by `:` (on Windows `;`)",
    about:
      "The folders that sources are read from and targets written to; plain paths in tasks are relative to the first. Made when missing.",
    schema: folders,
  },
  clients: {
    env: "PONTUS_CLIENTS",
    fallback: "[]",
    shown: "one with random keys, in `credentials.json`",
    allowed: "JSON, or the path of a JSON file",
    about:
      'The clients of the API: `[{"client_code", "public_key", "private_key", "strong_only"?, "disabled"?, "admin"?, "weight"?, "pending_max"?, "running_max"?, "requests_per_second"?, "second_public_key"?, "second_private_key"?, "webhook_secrets"?, "notification"?, "roots"?, "buckets"?, "hosts"?, "urls"?, "egress_allow"?, "egress_deny"?}]`, or the path of a file that holds this.',
    isSecret: true,
    schema: clientsSchema,
  },
  secretKey: {
    env: "PONTUS_SECRET_KEY",
    fallback: "",
    shown: "`secret.key` in the data folder, made at the first start",
    allowed: "64 hex digits",
    about:
      "The key that clients' private keys are encrypted with in the database, and that the keys of encrypted sets are made from.",
    isSecret: true,
    schema: v.pipe(v.string(), v.regex(/^([0-9a-f]{64})?$/i, "must be 64 hex digits")),
  },
  concurrency: {
    env: "PONTUS_CONCURRENCY",
    fallback: "",
    shown: "the number of cores",
    ...count(0, 256),
    about: "How many tasks run at once; 0 serves the API and runs none.",
  },
  ...FLEET_KEYS,
  ...SHARE_KEYS,
  taskTimeoutMs: {
    env: "PONTUS_TASK_TIMEOUT_SECONDS",
    fallback: "21600",
    // 14 days: the longest timer of JavaScript is 24 days.
    ...seconds(1, 1_209_600),
    about: "How long one attempt at a task may take, if the task does not say.",
  },
  attemptsMax: {
    env: "PONTUS_ATTEMPTS_MAX",
    fallback: "3",
    ...count(1, 100),
    about: "How many runs a task gets if another try can help; with 1 no task is run again.",
  },
  retryMaxMs: {
    env: "PONTUS_RETRY_MAX_SECONDS",
    fallback: "3600",
    ...seconds(0, 604_800),
    about: "For how long a failure that may pass by itself is tried again, beyond that number.",
  },
  retentionMs: {
    env: "PONTUS_RETENTION_DAYS",
    fallback: "90",
    ...days(0, 36_500),
    about: "How long tasks and their events are kept after they have ended; 0 is for ever.",
  },
  keepEncodeMs: {
    env: "PONTUS_KEEP_ENCODE_SECONDS",
    fallback: "3600",
    ...seconds(0, 1_209_600),
    about:
      "How long finished outputs that could not be delivered are kept, and finished slices of long encodes: a retry sends or goes on with them without encoding again. 0 keeps none.",
  },
  keepEncodeBytesMax: {
    env: "PONTUS_KEEP_ENCODE_BYTES_MAX",
    fallback: "10737418240",
    ...count(0, 999_999_999_999_999, "bytes"),
    about: "How much of them is kept in the data folder; the oldest are removed first.",
  },
  ...RESULT_KEYS,
  defaultProfile: {
    env: "PONTUS_DEFAULT_PROFILE",
    fallback: "video_mp4_1280x720_1728kbps",
    allowed: "the name of a system profile that can be made here",
    about: "The profile of a task that names none.",
    schema: v.pipe(v.string(), v.check(isMakeable)),
  },
  targetsMax: {
    env: "PONTUS_TARGETS_MAX",
    fallback: "32",
    ...count(1, 1000),
    about: "How many targets a task may have.",
  },
  pixelsMax: {
    env: "PONTUS_MAX_PIXELS",
    fallback: "36000000",
    ...count(4096, 1_000_000_000, "pixels"),
    about: "Width times height of the largest picture that is decoded.",
  },
  bodyBytesMax: {
    env: "PONTUS_BODY_BYTES_MAX",
    fallback: "1048576",
    ...count(1024, 67_108_864, "bytes"),
    about: "The largest body of a request.",
  },
  bodiesBytesMax: {
    env: "PONTUS_BODIES_BYTES_MAX",
    fallback: "67108864",
    ...count(1024, 17_179_869_184, "bytes"),
    about:
      "What the bodies of all calls may take together, those of one client a quarter of it; a call beyond that is answered 503. One body always has room.",
  },
  requestsPerSecond: {
    env: "PONTUS_CLIENT_REQUESTS_PER_SECOND",
    fallback: "500",
    ...count(0, 1_000_000),
    about:
      "How many calls a second a client may make while other clients call, too, if its record does not say; more are answered 429. 0 is any number. All nodes of a fleet count together.",
  },
  connectionsMax: {
    env: "PONTUS_CONNECTIONS_MAX",
    fallback: "2048",
    ...count(16, 1_000_000),
    about:
      "How many connections of callers are kept; more are closed, on Bun about so many, on Linux only. Let the limit of open files be some hundreds higher.",
  },
  clockSkewMs: {
    env: "PONTUS_CLOCK_SKEW_SECONDS",
    fallback: "300",
    ...seconds(1, 86_400),
    about: "How far `apiExecTime` may be off.",
  },
  engine: {
    env: "PONTUS_ENGINE",
    fallback: "auto",
    ...oneOf("auto", "native", "wasm"),
    about:
      "What transcodes; `auto` is `native` if ffmpeg and ffprobe can be run, else `wasm`: ffmpeg as WebAssembly, in this process.",
  },
  wasmCoreUrl: {
    env: "PONTUS_WASM_CORE_URL",
    fallback: "",
    shown: "the package `@ffmpeg/core`",
    allowed: "an http: or https: address of a folder",
    about:
      "Where `ffmpeg-core.js` and `ffmpeg-core.wasm` of @ffmpeg/core 0.12.10 (dist/esm) are fetched from; others are refused.",
    schema: v.pipe(
      v.string(),
      v.check((text) => text === "" || /^https?:$/.test(URL.parse(text)?.protocol ?? "")),
    ),
  },
  ffmpeg: {
    env: "PONTUS_FFMPEG",
    fallback: "ffmpeg",
    allowed: "the name or path of a program",
    about: "The ffmpeg to run.",
    schema: program,
  },
  ffprobe: {
    env: "PONTUS_FFPROBE",
    fallback: "ffprobe",
    allowed: "the name or path of a program",
    about: "The ffprobe to run.",
    schema: program,
  },
  ...ENCODER_KEYS,
  stallTimeoutMs: {
    env: "PONTUS_STALL_TIMEOUT_SECONDS",
    fallback: "60",
    ...seconds(1, 3600),
    about: "An encoder that makes no progress for this long is ended.",
  },
  ...STORAGE_KEYS,
  ...WATCH_KEYS,
  drain: {
    env: "PONTUS_DRAIN",
    fallback: "give_back",
    ...oneOf("give_back", "finish"),
    about:
      "What becomes of running tasks when the service is told to stop: it gives them back, to be run again, or finishes them first, live ones too. Told a second time, it gives them back.",
  },
  stopGraceMs: {
    env: "PONTUS_STOP_GRACE_SECONDS",
    fallback: "10",
    ...seconds(0, 600),
    about: "How long encoders have to end by themselves when the service stops; calls have 2 s.",
  },
  leaseMs: {
    env: "PONTUS_LEASE_SECONDS",
    fallback: "6",
    ...seconds(1, 3600),
    about: "A worker that sends no heartbeat for this long loses its tasks.",
  },
  liveSourceTimeoutMs: {
    env: "PONTUS_LIVE_SOURCE_TIMEOUT_SECONDS",
    fallback: "30",
    ...seconds(1, 86_400),
    about: "A live source that is away for this long has ended.",
  },
  liveTargetTimeoutMs: {
    env: "PONTUS_LIVE_TARGET_TIMEOUT_SECONDS",
    fallback: "60",
    ...seconds(1, 86_400),
    about: "A live task fails if none of its targets takes the stream for this long.",
  },
  ...TELEMETRY_KEYS,
};
