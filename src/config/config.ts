import type { EgressPolicy } from "../net/egress-policy.ts";
import type { HardwareFamily } from "../plan/device/hardware.ts";
import type { Watch } from "../service/watching/template.ts";
import type { Client } from "../store/store.ts";

/** Everything that can be set from outside; `keys.ts` says by which key, to what, and what it means. */
export type Config = {
  readonly host: string;
  readonly port: number;
  /** Absolute, as all paths here. */
  readonly dataFolder: string;
  readonly disk: "auto" | "yes" | "no";
  /** Absolute, or `:memory:`, also where the database is on a server. */
  readonly databasePath: string;
  /** The PostgreSQL server that keeps everything; undefined for SQLite on this machine. It may hold a password. */
  readonly databaseUrl: string | undefined;
  /** What must stay free of a disk, if it is large enough. */
  readonly freeBytesMin: number;
  readonly mediaRoots: readonly string[];
  /** Whether clients may put files in and read them out by calls. */
  readonly mediaApi: "yes" | "no";
  readonly clients: readonly Client[];
  /** 64 hex digits, or empty for the key in the data folder. */
  readonly secretKey: string;
  readonly concurrency: number;
  /** What this node does. */
  readonly role: "all" | "api" | "worker";
  /** Where it stands; empty if that is not said. */
  readonly zone: string;
  readonly databaseConnectionsMax: number;
  /** Where slices of long files lie, an address without a `/` at its end; empty is nowhere, and no file is shared. */
  readonly sliceStore: string;
  /** What is shorter is not sliced. */
  readonly sliceMinMs: number;
  readonly sliceMs: number;
  /** How long tasks are kept after they have ended; 0 is for ever. */
  readonly retentionMs: number;
  /** Limits of each client, where its record has none; 0 is any number. */
  readonly pendingMax: number;
  readonly runningMax: number;
  /** How many live tasks may wait for their sources at once; 0 is any number. */
  readonly liveWaitingMax: number;
  /** How many plans are made at once; 0 is none. */
  readonly plansMax: number;
  readonly planTimeoutMs: number;
  readonly taskTimeoutMs: number;
  readonly attemptsMax: number;
  readonly retryMaxMs: number;
  /** How long encoded files that could not be delivered are kept, and how many bytes of them. */
  readonly keepEncodeMs: number;
  readonly keepEncodeBytesMax: number;
  /** How many bytes of finished outputs are kept for tasks that want the same; 0 is none. */
  readonly resultCacheBytes: number;
  /** Whether clients get each other's. */
  readonly resultCacheShared: "yes" | "no";
  /** Of what is at least so long, finished slices are kept, too; 0 is of nothing. */
  readonly resumeMinMs: number;
  readonly defaultProfile: string;
  readonly targetsMax: number;
  readonly pixelsMax: number;
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
  readonly requestsPerSecond: number;
  readonly connectionsMax: number;
  /** Of events, and calls that wait for a task; in all, and of one client. */
  readonly streamsMax: number;
  readonly clientStreamsMax: number;
  readonly clockSkewMs: number;
  readonly engine: "auto" | "native" | "wasm";
  /** The address of a folder, or empty. */
  readonly wasmCoreUrl: string;
  /** A name to be looked up in PATH, or an absolute path; `ffprobe` likewise. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
  readonly hardware: "off" | "auto" | HardwareFamily;
  /** A number of nvenc or a path of qsv and vaapi; empty for the first device. */
  readonly hardwareDevice: string;
  /** How many streams the device encodes at once. */
  readonly hardwareSessionsMax: number;
  /** Of all renditions of a task together. */
  readonly outputPixelsMax: number;
  /** What one ffmpeg may take that has little to do; 0 is no limit. */
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  readonly fileBytes: number;
  readonly sandbox: "none" | "bwrap";
  readonly sandboxPaths: readonly string[];
  /** Absolute path of a folder of fonts; undefined for those of the machine alone. */
  readonly fonts: string | undefined;
  readonly stallTimeoutMs: number;
  readonly httpTimeoutMs: number;
  readonly transferBytesPerSecondMin: number;
  readonly transferTimeoutMs: number;
  readonly sourceBytesMax: number;
  readonly egress: EgressPolicy["preset"];
  readonly egressAllow: EgressPolicy["allow"];
  readonly egressDeny: EgressPolicy["deny"];
  /** Ports that tasks may listen at, from the first to the last of each range; undefined if none are named. */
  readonly listenPorts: readonly (readonly [first: number, last: number])[] | undefined;
  /** PEM texts of certificates that are trusted beside the usual ones; often none. */
  readonly moreTrusted: readonly string[];
  /** The address of an object store, or empty for Amazon's in the region. */
  readonly s3Endpoint: string;
  readonly s3Region: string;
  readonly s3AccessKeyId: string;
  readonly s3SecretAccessKey: string;
  readonly s3SessionToken: string;
  readonly s3Addressing: "auto" | "path" | "virtual-host";
  /** Folders whose files become tasks by themselves; often none. */
  readonly watches: readonly Watch[];
  /** How long a file must have kept still, and how long it is between two looks. */
  readonly watchSettleMs: number;
  readonly watchIntervalMs: number;
  /** What becomes of running tasks when it is told to stop. */
  readonly drain: "give_back" | "finish";
  readonly stopGraceMs: number;
  readonly leaseMs: number;
  readonly liveSourceTimeoutMs: number;
  readonly liveTargetTimeoutMs: number;
  readonly logLevel: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
  readonly logFormat: "auto" | "json" | "text";
  readonly accessLog: "yes" | "no";
  readonly metrics: "yes" | "no";
  /** Where traces are sent, or empty. */
  readonly tracesUrl: string;
  readonly tracesHeaders: Readonly<Record<string, string>>;
  readonly tracesPercent: number;
};

/** An environment as `process.env` gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The error of an environment with values that cannot be used; the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}
