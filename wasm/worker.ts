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

// The worker behind the published `FFmpeg` class: it takes the class's messages and answers with their ids. The class hears
// nothing of an error that is caught nowhere, and Deno ends the whole process for one: so all are caught here and answered.

type Loaded = {
  readonly core: Core;
  readonly log: Log;
  readonly folders: FolderFs;
  readonly streams: FileSystem<StreamMount>;
};
type Request = { readonly id: number; readonly type: string; readonly data: never };
type Answer = { readonly id?: number; readonly type: string; readonly data: unknown };

// `lib.dom` takes the global scope for a window's, which posts otherwise.
const scope = globalThis as unknown as {
  postMessage(message: Answer, transfer?: readonly ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: Request }) => void): void;
  addEventListener(type: string, listener: (event: Uncaught) => void): void;
};
type Uncaught = Event & { readonly message?: string; readonly reason?: unknown };

/** As nice(2) has it: a third of the weight of a thread of 0 that wants the same core. */
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

/** Takes stdout in blocks as they are written: the core itself takes it apart into characters, and makes a text of each line. */
function hearStdout({ FS }: Core, log: Log): void {
  const stdout = FS.getStream(1);
  const write: StreamOperations["write"] = (_, heap, offset, length) => {
    log.write(new Uint8Array(heap.buffer, heap.byteOffset + offset, length));
    return length;
  };
  stdout.stream_ops = { ...stdout.stream_ops, write };
}

/** Lets the thread that answers calls go first: on a busy machine it would wait its turn among encoders, for 100 ms and more. */
function giveWay(id: number): void {
  // 0 is the whole process.
  if (id === 0) return;
  try {
    setPriority(id, PRIORITY);
  } catch {
    // Deno asks for a permission of its own. All works without it.
  }
}

/** The thread's id in the operating system; 0 where that is not told. */
function threadId(): number {
  try {
    return Number(/\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0] ?? 0);
  } catch {
    return 0;
  }
}

/** Into the core's own memory: nothing but a clip to look at before there is anything to do. */
function writeFile({ path, data }: FFMessageWriteFileData): boolean {
  theLoaded().core.FS.writeFile(path, data);
  return true;
}

/** Mounts a file system, in place of the one before, and makes its root the folder that names are relative to. */
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

/** Runs a program to its end, and gives its exit code; all that it wrote has been posted by then. */
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

/** The exit code where an error is the core's way to end a program, or ours to stop it (-1); nothing where it is a crash. */
function exitCodeOf(error: unknown, core: Core): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("status" in error && typeof error.status === "number") return error.status;
  const isAbort = error instanceof Error && error.message.startsWith("Aborted");
  return isAbort ? core.ret : undefined;
}

function exec({ args, timeout }: FFMessageExecData): number {
  return run((core) => core.exec(...args), timeout);
}

/** Not by the core's own `ffprobe`, which forgets the exit code. To a pipe it writes blocks, to stdout by itself each line alone. */
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
