import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import type { FFMessageExecData, FFMessageWriteFileData, LogEvent } from "@ffmpeg/ffmpeg";
import { createCore } from "./core.ts";
import type { Core, FileSystem, StreamOperations } from "./emscripten.ts";
import { createFolderFs, type FolderFs } from "./folder-fs.ts";
import { createLog, type Log } from "./log.ts";
import {
  CONTROL,
  FILE_SYSTEMS,
  type LoadConfig,
  type MountRequest,
  type StreamEvent,
  type StreamMount,
} from "./protocol.ts";
import { createStreamFs } from "./stream-fs.ts";

// The worker behind the published `FFmpeg` class: it takes the class's messages and answers with their ids. The class does not
// notice uncaught errors, and Deno ends the whole process for one, so all errors are caught and answered here.

type Loaded = {
  readonly core: Core;
  readonly log: Log;
  readonly folders: FolderFs;
  readonly streams: FileSystem<StreamMount>;
};
type Request = { readonly id: number; readonly type: string; readonly data: never };
type Answer = { readonly id?: number; readonly type: string; readonly data: unknown };

// `lib.dom` types the global scope as a window, whose postMessage differs.
const scope = globalThis as unknown as {
  postMessage(message: Answer, transfer?: readonly ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: Request }) => void): void;
  addEventListener(type: string, listener: (event: Uncaught) => void): void;
};
type Uncaught = Event & { readonly message?: string; readonly reason?: unknown };

/** As for nice(2): a third of the weight of a thread at 0 that wants the same core. */
const PRIORITY = 5;

const HANDLERS: Record<string, (data: never) => unknown> = {
  LOAD: load,
  WRITE_FILE: writeFile,
  MOUNT: mount,
  EXEC: exec,
  FFPROBE: ffprobe,
};

let loaded: Loaded | undefined;
let pendingId: number | undefined;
let mounted: string | undefined;

function theLoaded(): Loaded {
  if (!loaded) throw new Error("the core is not loaded");
  return loaded;
}

async function load({ coreURL, module, control: memory }: LoadConfig): Promise<boolean> {
  const control = new Int32Array(memory);
  const id = threadId();
  Atomics.store(control, CONTROL.threadId, id);
  giveWay(id);
  const core = await createCore(coreURL, module, control);
  const log = createLog((data: LogEvent) => scope.postMessage({ type: "LOG", data }));
  core.setLogger(log.push);
  hearStdout(core, log);
  core.setProgress((data) => scope.postMessage({ type: "PROGRESS", data }));
  const post = (data: StreamEvent, transfer?: readonly ArrayBuffer[]) =>
    scope.postMessage({ type: "LOG", data }, transfer);
  const streams = createStreamFs(core.FS, { control, post });
  loaded = { core, log, folders: createFolderFs(core.FS), streams };
  return true;
}

/** Takes stdout in blocks as they are written; the core itself would split it into characters, and make a string of each line. */
function hearStdout({ FS }: Core, log: Log): void {
  const stdout = FS.getStream(1);
  const write: StreamOperations["write"] = (_, heap, offset, length) => {
    log.write(new Uint8Array(heap.buffer, heap.byteOffset + offset, length));
    return length;
  };
  stdout.stream_ops = { ...stdout.stream_ops, write };
}

/** Gives the thread that answers calls priority: on a busy machine it would wait for its turn among encoders for 100 ms and more. */
function giveWay(id: number): void {
  // 0 stands for the whole process.
  if (id === 0) return;
  try {
    setPriority(id, PRIORITY);
  } catch {
    // Deno needs a separate permission for it. Everything works without it.
  }
}

/** The thread's id in the operating system; 0 if it is not available. */
function threadId(): number {
  try {
    return Number(/\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0] ?? 0);
  } catch {
    return 0;
  }
}

/** Writes into the core's own memory; used only for the clip that is probed before there is anything to do. */
function writeFile({ path, data }: FFMessageWriteFileData): boolean {
  theLoaded().core.FS.writeFile(path, data);
  return true;
}

/** Mounts a file system in place of the previous one, and makes its root the working folder. */
function mount({ fsType, options, mountPoint }: MountRequest): boolean {
  const { core, folders, streams } = theLoaded();
  if (mounted === mountPoint) core.FS.unmount(mountPoint);
  else core.FS.mkdir(mountPoint);
  mounted = mountPoint;
  if (fsType === FILE_SYSTEMS.folder) core.FS.mount(folders, options, mountPoint);
  else core.FS.mount(streams, options, mountPoint);
  core.FS.chdir(mountPoint);
  return true;
}

/** Runs a program to its end and returns its exit code; everything it wrote has been posted by then. */
function run(program: (core: Core) => number, timeout: number | undefined): number {
  const { core, log, folders } = theLoaded();
  core.setTimeout(timeout ?? -1);
  try {
    return program(core);
  } catch (error) {
    const code = exitCodeOf(error, core);
    if (code === undefined) throw error;
    return code;
  } finally {
    log.flush();
    folders.closeAll();
    core.reset();
  }
}

/** The exit code if an error is how the core ends a program, or how it was stopped here (-1); undefined if it is a crash. */
function exitCodeOf(error: unknown, core: Core): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("status" in error && typeof error.status === "number") return error.status;
  const isAbort = error instanceof Error && error.message.startsWith("Aborted");
  return isAbort ? core.ret : undefined;
}

function exec({ args, timeout }: FFMessageExecData): number {
  return run((core) => core.exec(...args), timeout);
}

/** Not by the core's own `ffprobe`, which loses the exit code. It writes blocks to a pipe, but single lines to stdout. */
function ffprobe({ args, timeout }: FFMessageExecData): number {
  const all = ["ffprobe", "-o", "pipe:1", ...args];
  return run((core) => core._ffprobe(all.length, core.stringsToPtr(all)), timeout);
}

async function answer({ id, type, data }: Request): Promise<void> {
  pendingId = id;
  try {
    const handle = HANDLERS[type];
    if (!handle) throw new Error(`unknown message type ${type}`);
    scope.postMessage({ id, type, data: await handle(data) });
  } catch (error) {
    scope.postMessage({ id, type: "ERROR", data: String(error) });
  }
  pendingId = undefined;
}

function answerUncaught(event: Uncaught): void {
  event.preventDefault();
  const data = String(event.message ?? event.reason);
  if (pendingId !== undefined) scope.postMessage({ id: pendingId, type: "ERROR", data });
}

scope.addEventListener("error", answerUncaught);
scope.addEventListener("unhandledrejection", answerUncaught);
scope.addEventListener("message", ({ data }) => void answer(data));
