import { statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import * as v from "valibot";
import { HARDWARE_FAMILIES } from "../plan/device/hardware.ts";
import type { Config } from "./config.ts";
import { count, type Key, oneOf, seconds } from "./key.ts";

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
  plansMax: {
    env: "PONTUS_PLANS_MAX",
    fallback: "2",
    ...count(0, 256),
    about:
      "How many plans of tasks (`POST …/plan`) are made at once, one of each client; more are refused with 429. They are beside the tasks that run. 0 makes none.",
  },
  planTimeoutMs: {
    env: "PONTUS_PLAN_TIMEOUT_SECONDS",
    fallback: "20",
    // A connection on which nothing moves for 30 s is closed.
    ...seconds(1, 25),
    about: "How long a plan may take: to fetch what it needs of the source, and to probe it.",
  },
  streamsMax: {
    env: "PONTUS_STREAMS_MAX",
    fallback: "1000",
    ...count(0, 1_000_000),
    about:
      "How many streams of events may be open, calls that wait for a task, and files that are put in or read out by calls; more are answered 429. Each holds a connection. 0 lets none in.",
  },
  clientStreamsMax: {
    env: "PONTUS_CLIENT_STREAMS_MAX",
    fallback: "250",
    ...count(0, 1_000_000),
    about: "The same of one client.",
  },
} as const satisfies { readonly [F in keyof Config]?: Key<Config[F]> };

/** The keys of what is kept so that nothing is encoded twice. */
export const RESULT_KEYS = {
  resumeMinMs: {
    env: "PONTUS_RESUME_MIN_SECONDS",
    fallback: "600",
    ...seconds(0, 1_209_600),
    about:
      "Encodes of sources that are at least so long are made in slices, of which those that are finished [outlive a crash](operations.md#long-encodes-go-on). 0 makes all in one run.",
  },
  resultCacheBytes: {
    env: "PONTUS_RESULT_CACHE_BYTES",
    fallback: "0",
    ...count(0, 999_999_999_999_999, "bytes"),
    about:
      "How much of finished outputs is kept in the data folder, so that a task that wants the same of the same source encodes nothing ([operations.md](operations.md#never-encode-twice)); what was not used for longest goes first. 0 keeps none, and removes what is there.",
  },
  resultCacheShared: {
    env: "PONTUS_RESULT_CACHE_SHARED",
    fallback: "no",
    ...oneOf("yes", "no"),
    about:
      "Whether clients get outputs that were made for others. With `yes`, a client can find out whether somebody had a file transcoded that it has, too.",
  },
} as const satisfies { readonly [F in keyof Config]?: Key<Config[F]> };

type LimitField = "outputPixelsMax" | "memoryBytes" | "cpuSeconds" | "fileBytes";
type HardwareField = "hardware" | "hardwareDevice" | "hardwareSessionsMax";
type EncoderField = HardwareField | LimitField | SandboxField | "fonts";
type SandboxField = "sandbox" | "sandboxPaths";

/** The keys of what ffmpeg may use and see; part of the table in `keys.ts`. */
export const ENCODER_KEYS: { readonly [F in EncoderField]: Key<Config[F]> } = {
  hardware: {
    env: "PONTUS_HARDWARE",
    fallback: "off",
    ...oneOf("off", "auto", ...HARDWARE_FAMILIES),
    about:
      "Which hardware encoders take the place of software where they can ([hardware.md](hardware.md)); `auto` is the first of these that works here. Outputs differ from those of software.",
  },
  hardwareDevice: {
    env: "PONTUS_HARDWARE_DEVICE",
    fallback: "",
    shown: "the first",
    allowed: "a number (nvenc) or a path in /dev/dri (qsv, vaapi)",
    about: "Which GPU of several encodes.",
    schema: v.pipe(v.string(), v.regex(/^(|\d{1,3}|\/dev\/dri\/[A-Za-z0-9_-]{1,64})$/)),
  },
  hardwareSessionsMax: {
    env: "PONTUS_HARDWARE_SESSIONS",
    fallback: "8",
    ...count(1, 1000),
    about:
      "How many streams the GPU encodes at once for this instance; a rendition is one. A run that would need more is made in software.",
  },
  outputPixelsMax: {
    env: "PONTUS_OUTPUT_PIXELS_MAX",
    fallback: "67108864",
    ...count(4096, 999_999_999_999, "pixels"),
    about:
      "Width times height of all renditions of a task together: by default as many as one picture of 8192x8192 has, or eighteen ladders of 1080p, 720p, 480p, 360p and 240p.",
  },
  memoryBytes: {
    env: "PONTUS_FFMPEG_MEMORY_BYTES",
    fallback: "2147483648",
    ...count(0, 999_999_999_999_999, "bytes"),
    about:
      "The address space of an ffmpeg with little to do; a plan adds what its pictures and threads take. A probe has half of it, and a few pictures. 0 is no limit.",
  },
  cpuSeconds: {
    env: "PONTUS_FFMPEG_CPU_SECONDS",
    fallback: "3600",
    ...count(0, 999_999_999, "seconds"),
    about:
      "The CPU time of an ffmpeg with little to do; a plan adds to it by pictures and length. Live streams have no such limit. 0 is no limit.",
  },
  fileBytes: {
    env: "PONTUS_FFMPEG_FILE_BYTES",
    fallback: "4294967296",
    ...count(0, 999_999_999_999_999, "bytes"),
    about:
      "The size of each file that an ffmpeg writes; a plan adds twice the size of its source and of its outputs. Live streams have no such limit. 0 is no limit.",
  },
  fonts: {
    env: "PONTUS_FONTS",
    fallback: "",
    shown: "none",
    allowed: "the path of a folder",
    about:
      "A folder of fonts (`.ttf`, `.otf`, `.ttc`, `.otc`, up to 256 MiB) that subtitles are drawn into pictures with, beside those of the machine and of the source.",
    schema: v.pipe(
      v.string(),
      v.regex(/^[^\p{Cc}]*$/u),
      v.transform((path) => (path === "" ? undefined : resolve(path))),
      v.check((path) => path === undefined || isFolder(path)),
    ),
  },
  sandbox: {
    env: "PONTUS_SANDBOX",
    fallback: "none",
    ...oneOf("none", "bwrap"),
    about:
      "`bwrap` runs ffmpeg and ffprobe by bubblewrap, where they see only the system's programs, their task's folder and its source, and no network but for live streams.",
  },
  sandboxPaths: {
    env: "PONTUS_SANDBOX_PATHS",
    fallback: "",
    shown: "none",
    allowed: "paths separated by `:`",
    about: "What ffmpeg and ffprobe also read in the sandbox: libraries outside `/usr`.",
    schema: v.pipe(
      v.string(),
      v.regex(/^[^\p{Cc}]*$/u),
      v.transform((text) => text.split(delimiter).filter(Boolean)),
      v.transform((paths) => [...new Set(paths.map((path) => resolve(path)))]),
    ),
  },
};

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** `name=value` pairs separated by commas, as OpenTelemetry writes headers. */
const headers = v.pipe(
  v.string(),
  v.transform((text) => text.split(",").filter((pair) => pair.trim() !== "")),
  v.array(
    v.pipe(
      v.string(),
      v.trim(),
      v.regex(/^[\w!#$%&'*+.^`|~-]+=[^\p{Cc}]*$/u, "must be name=value"),
    ),
  ),
  v.transform((pairs) =>
    Object.fromEntries(
      pairs.map((pair) => [pair.split("=", 1)[0] ?? "", pair.replace(/^[^=]*=/, "")]),
    ),
  ),
);

/** The keys of what is told of the service: log, metrics and traces. */
export const TELEMETRY_KEYS = {
  logLevel: {
    env: "PONTUS_LOG_LEVEL",
    fallback: "info",
    ...oneOf("trace", "debug", "info", "warning", "error", "fatal"),
    about: "The least severe lines that are written.",
  },
  logFormat: {
    env: "PONTUS_LOG_FORMAT",
    fallback: "auto",
    ...oneOf("auto", "json", "text"),
    about: "`auto` is `text` on a terminal and `json` elsewhere.",
  },
  accessLog: {
    env: "PONTUS_ACCESS_LOG",
    fallback: "no",
    ...oneOf("yes", "no"),
    about: "Whether each call has a line in the log, whatever the level.",
  },
  metrics: {
    env: "PONTUS_METRICS",
    fallback: "yes",
    ...oneOf("yes", "no"),
    about: "Whether `/metrics` answers, unsigned: it has numbers alone.",
  },
  tracesUrl: {
    env: "PONTUS_TRACES_URL",
    fallback: "",
    shown: "none are sent",
    allowed: "an http: or https: address",
    about:
      "Where traces are sent by OTLP over HTTP: the whole address, such as `http://localhost:4318/v1/traces`.",
    schema: v.pipe(
      v.string(),
      v.check((text) => text === "" || /^https?:$/.test(URL.parse(text)?.protocol ?? "")),
    ),
  },
  tracesHeaders: {
    env: "PONTUS_TRACES_HEADERS",
    fallback: "",
    shown: "none",
    allowed: "name=value pairs separated by commas",
    about: "What is sent along to that address, such as a key.",
    isSecret: true,
    schema: headers,
  },
  tracesPercent: {
    env: "PONTUS_TRACES_PERCENT",
    fallback: "100",
    ...count(0, 100, "percent"),
    about:
      "How many of the traces that begin here are sent. One that a caller began is sent if the caller sends it.",
  },
} as const satisfies { readonly [F in keyof Config]?: Key<Config[F]> };
