import type { FFMessageLoadConfig } from "@ffmpeg/ffmpeg";

/**
 * The messages between the two sides of the worker thread, in addition to those of the published `FFmpeg` class.
 *
 * The class passes its load config and the options of `mount` through unchanged, and passes on the data of LOG messages.
 */
export type LoadConfig = FFMessageLoadConfig & {
  /** The address of the core's JavaScript. */
  readonly coreURL: string;
  /** The core's WebAssembly, compiled once per process. */
  readonly module: WebAssembly.Module;
  /** `CONTROL.length` words of 32 bits. */
  readonly control: SharedArrayBuffer;
};

/** The words of the shared memory with which the host watches and stops a thread, which takes no messages while it runs. */
export const CONTROL = {
  /** One of `CANCEL`; written by the host. */
  cancel: 0,
  /** Grows with every call that the core makes to the outside. */
  calls: 1,
  /** The thread's id in the operating system; 0 if unknown. */
  threadId: 2,
  length: 3,
} as const;

/** How a run is stopped: not; as ffmpeg stops itself, with its files closed; or at its next call to the outside. */
export const CANCEL = { none: 0, soft: 1, hard: 2 } as const;

/** The file systems that this worker adds to those of the core: the `fsType` of `mount`. */
export const FILE_SYSTEMS = { folder: "PONTUS_FOLDER", streams: "PONTUS_STREAMS" } as const;

/** Options of `mount` for a folder of the host, reached by the worker itself. Symbolic links in it are refused. */
export type FolderMount = {
  /** Absolute path; if absent, there are only the files of `files`. */
  readonly folder?: string;
  /** Files from elsewhere that can be read in it: absolute paths by name. They hide files of the same name in the folder. */
  readonly files: Readonly<Record<string, string>>;
};

/** Options of `mount` for files that the host reads and writes without a disk: sources, and everything that is written. */
export type StreamMount = {
  /** Sizes in bytes, by name. */
  readonly sources: Readonly<Record<string, number>>;
  /** Paths of folders that exist at the start, parents first. */
  readonly folders: readonly string[];
  /** Written bytes are sent away, so ffmpeg must not go back in a file. */
  readonly writesOnce: boolean;
  /** `EXCHANGE.bytes` long. */
  readonly exchange: SharedArrayBuffer;
};

/** The memory through which the host answers a waiting thread: words of 32 bits, then the bytes that were read. */
export const EXCHANGE = {
  /** 0 until a read is answered, then 1. */
  answered: 0,
  /** How many bytes were read; -1 if the read failed. */
  length: 1,
  /** How many written bytes the host has not taken yet. */
  inFlight: 2,
  dataOffset: 64,
  dataLength: 256 * 1024,
  bytes: 64 + 256 * 1024,
} as const;

/** The requests and reports of a thread to its host, as the data of LOG messages; `message` is the path. */
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
