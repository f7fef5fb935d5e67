import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as wait, setImmediate as yieldToOthers } from "node:timers/promises";
import { downloadWithProgress } from "@ffmpeg/util";
import { permissionNeeded } from "../../lib/permission.ts";
import { TaskError } from "../../task/errors.ts";

/** `@ffmpeg/core`, ready for any number of instances. */
export type WasmCore = {
  /** The address from which a worker imports the core's JavaScript. */
  readonly coreURL: string;
  readonly module: WebAssembly.Module;
};

/** Where the core comes from. */
export type CoreOptions = {
  /** The address of a folder with the two files; if absent, they come from the package `@ffmpeg/core`. */
  readonly coreUrl?: string;
  /** Called at each quarter of a fetched file, if the server gives its size, with its name and 25, 50, 75 or 100. */
  readonly onDownload?: (file: string, percent: number) => void;
};

/** SHA-256 of the files of `@ffmpeg/core` 0.12.10, folder dist/esm. No others may run here. */
const FILES = {
  script: {
    name: "ffmpeg-core.js",
    sha256: "67a48f11645f85439f3fde4f2119042c16b374b910206b7a7a24f342e28dcae3",
  },
  binary: {
    name: "ffmpeg-core.wasm",
    sha256: "9f57947a5bd530d8f00c5b3f2cb2a3492faa7e5d823315342d6a8656d0a6b7b7",
  },
} as const;

type CoreFile = (typeof FILES)[keyof typeof FILES];

/** Enough for 32 MB at 1 Mbit/s. */
const DOWNLOAD_TIMEOUT_MS = 300_000;

/** How much of the core is compiled at once. */
const COMPILED_BYTES = 1024 * 1024;

const missing = (why: string, cause?: unknown): TaskError =>
  new TaskError("encoder_missing", `Cannot load the WebAssembly core: ${why}`, { cause });

const loaded = new Map<string, Promise<WasmCore>>();

/**
 * Loads and compiles the core, once per process.
 *
 * @throws {TaskError} `encoder_missing` if it is missing, or is another one
 */
export function loadCore(options: CoreOptions): Promise<WasmCore> {
  const key = options.coreUrl ?? "";
  const known = loaded.get(key);
  if (known) return known;
  const loading =
    options.coreUrl === undefined ? fromPackage() : fromAddress(options.coreUrl, options);
  loaded.set(key, loading);
  // A failure is not kept, so that the next call tries again.
  loading.catch(() => loaded.delete(key));
  return loading;
}

async function fromPackage(): Promise<WasmCore> {
  try {
    const binary = await readFile(new URL(import.meta.resolve("@ffmpeg/core/wasm")));
    return { coreURL: import.meta.resolve("@ffmpeg/core"), module: await compile(binary) };
  } catch (error) {
    const why = permissionNeeded(error);
    throw missing(`the package @ffmpeg/core cannot be read${why ? `: ${why}` : ""}`, error);
  }
}

/**
 * Compiles the core, and releases the memory of its bytes.
 *
 * Bun compiles on the event loop, which would block for 300 ms, so it gets the bytes in pieces. Deno compiles in the background,
 * and would keep 95 MB of copies of pieces until something makes it collect them.
 */
async function compile(binary: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const isBun = process.versions.bun !== undefined;
  const module = await (isBun ? compilePieces(binary) : WebAssembly.compile(binary));
  binary.buffer.transfer(0);
  return module;
}

/** Compiles in pieces, with turns of the event loop for others between them. */
async function compilePieces(binary: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await yieldToOthers();
      controller.enqueue(binary.subarray(at, at + COMPILED_BYTES));
      at += COMPILED_BYTES;
      if (at >= binary.length) controller.close();
    },
  });
  const headers = { "content-type": "application/wasm" };
  return await WebAssembly.compileStreaming(new Response(body, { headers }));
}

async function fromAddress(folder: string, { onDownload }: CoreOptions): Promise<WasmCore> {
  const fetchFile = async (file: CoreFile): Promise<Uint8Array<ArrayBuffer>> => {
    const url = new URL(file.name, folder.endsWith("/") ? folder : `${folder}/`).href;
    const bytes = await download(url, (percent) => onDownload?.(file.name, percent));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (sha256 !== file.sha256) throw missing(`"${file.name}" there is not that of 0.12.10`);
    return bytes;
  };
  const script = await fetchFile(FILES.script);
  const module = await compile(await fetchFile(FILES.binary));
  // Workers of every runtime can import from such an address; those of Deno cannot import from blob: addresses.
  const coreURL = `data:text/javascript;base64,${Buffer.from(script).toString("base64")}`;
  return { coreURL, module };
}

async function download(
  url: string,
  onQuarter: (percent: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const ended = new AbortController();
  const late = async (): Promise<never> => {
    await wait(DOWNLOAD_TIMEOUT_MS, undefined, { signal: ended.signal });
    throw missing("its download takes too long");
  };
  let told = 0;
  const fetched = downloadWithProgress(url, ({ received, total }) => {
    const percent = total > 0 ? 25 * Math.floor((4 * received) / total) : 0;
    if (percent > told) onQuarter(percent);
    told = Math.max(told, percent);
  });
  try {
    return new Uint8Array(await Promise.race([fetched, late()]));
  } catch (error) {
    throw error instanceof TaskError ? error : missing("its address does not deliver it", error);
  } finally {
    ended.abort();
  }
}
