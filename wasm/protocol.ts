import type { FFMessageLoadConfig } from "@ffmpeg/ffmpeg";

/**
 * What the two sides of the worker thread say to each other, beside what the published `FFmpeg` class says of itself.
 *
 * The class passes its load config and the options of `mount` through untouched, and hands on the data of LOG messages.
 */
export type LoadConfig = FFMessageLoadConfig & {
  /** Address of the core's JavaScript. */
  readonly coreURL: string;
  /** The core's WebAssembly, compiled once a process. */
  readonly module: WebAssembly.Module;
  /** `CONTROL.length` words of 32 bits. */
  readonly control: SharedArrayBuffer;
};

/** The words of the shared memory by which the host watches and stops a thread that listens to no messages. */
export const CONTROL = {
  /** One of `CANCEL`; written by the host. */
  cancel: 0,
  /** Grows with every call that the core makes to the outside. */
  calls: 1,
  /** The thread's id in the operating system, where that is known; else 0. */
  threadId: 2,
  length: 3,
} as const;

/** How a run is stopped: not; as ffmpeg stops itself, its files closed; or at its next call to the outside, whatever that is. */
export const CANCEL = { none: 0, soft: 1, hard: 2 } as const;

/** The file systems that this worker adds to those of the core: the `fsType` of `mount`. */
export const FILE_SYSTEMS = { folder: "PONTUS_FOLDER", streams: "PONTUS_STREAMS" } as const;

/** Options of `mount` for a folder of the host, reached by the worker itself. Symbolic links in it are refused. */
export type FolderMount = {
  /** Absolute path; nothing but the files of `files` where it is absent. */
  readonly folder?: string;
  /** Files from elsewhere that can be read in it: absolute paths by name. They hide what has the same name in the folder. */
  readonly files: Readonly<Record<string, string>>;
};

/** Options of `mount` for files that the host reads and writes, where there is no disk: sources, and everything that is written. */
export type StreamMount = {
  /** Sizes in bytes, by name. */
  readonly sources: Readonly<Record<string, number>>;
  /** Paths of folders that are there at the start, those above before those in them. */
  readonly folders: readonly string[];
  /** What is written leaves for good: ffmpeg is not to go back in it. */
  readonly writesOnce: boolean;
  /** `EXCHANGE.bytes` long. */
  readonly exchange: SharedArrayBuffer;
};

/** The memory through which the host answers a thread that waits: words of 32 bits, and then the bytes that were read. */
export const EXCHANGE = {
  /** 0 while a read is not answered, then 1. */
  answered: 0,
  /** How many bytes were read; -1 where they could not be. */
  length: 1,
  /** How many written bytes the host has not disposed of yet. */
  inFlight: 2,
  dataOffset: 64,
  dataLength: 256 * 1024,
  bytes: 64 + 256 * 1024,
} as const;

/** What a thread asks of its host, or tells it, as the data of LOG messages; `message` is the path. */
export type StreamEvent =
  | {
      readonly type: "read";
      readonly message: string;
      readonly position: number;
      readonly length: number;
    }
  | {
      readonly type: "write";
      readonly message: string;
      readonly position: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: "close"; readonly message: string; readonly sizeBytes: number }
  | { readonly type: "rename"; readonly message: string; readonly to: string }
  | { readonly type: "remove"; readonly message: string };

/** The data of MOUNT. */
export type MountRequest =
  | { readonly fsType: "PONTUS_FOLDER"; readonly options: FolderMount; readonly mountPoint: string }
  | {
      readonly fsType: "PONTUS_STREAMS";
      readonly options: StreamMount;
      readonly mountPoint: string;
    };
