import { readFileSync } from "node:fs";

/** What one program may use; absent fields are not limited. */
export type ResourceLimits = {
  /** Of its address space, which holds its memory. */
  readonly memoryBytes?: number;
  readonly cpuSeconds?: number;
  /** Of the largest file that it writes. */
  readonly fileBytes?: number;
  readonly openFiles?: number;
  /** Counted for the whole user outside a sandbox, so it is only set in one. */
  readonly processes?: number;
};

/** By the option of prlimit(1): the field, and what `/proc/self/limits` calls it. */
const OPTIONS = [
  ["as", "memoryBytes", "Max address space"],
  ["cpu", "cpuSeconds", "Max cpu time"],
  ["fsize", "fileBytes", "Max file size"],
  ["nofile", "openFiles", "Max open files"],
  ["nproc", "processes", "Max processes"],
] as const;

/** The signal at the CPU limit can be caught, so that files are closed; the end that cannot comes so long after it. */
const CPU_GRACE_SECONDS = 5;

/** The limits of this process that nobody but root can raise. */
export function ownLimits(): ResourceLimits {
  const lines = readOwn().split("\n");
  const fields = OPTIONS.flatMap(([, field, name]) => {
    const line = lines.find((each) => each.startsWith(`${name} `)) ?? "";
    const [, hard = ""] = line.slice(name.length).trim().split(/\s+/);
    return /^\d+$/.test(hard) ? [[field, Number(hard)] as const] : [];
  });
  return Object.fromEntries(fields);
}

function readOwn(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    // Deno may forbid it. Then prlimit says what it may not set, and the run fails.
    return "";
  }
}

/**
 * The arguments of prlimit(1) before the program.
 *
 * @param own - those of this process: none is set above them
 */
export function prlimitArgs(limits: ResourceLimits, own: ResourceLimits): readonly string[] {
  const options = OPTIONS.flatMap(([option, field]) => {
    const limit = limits[field];
    if (limit === undefined) return [];
    const most = own[field] ?? Number.POSITIVE_INFINITY;
    const soft = Math.min(Math.ceil(limit), most);
    const hard = Math.min(soft + (option === "cpu" ? CPU_GRACE_SECONDS : 0), most);
    return [`--${option}=${soft}:${hard}`];
  });
  // The core file of a program that is ended would fill its folder.
  return ["--core=0:0", ...options];
}

/** ffmpeg catches the signal of the CPU limit, SIGXCPU, which has this number on all systems that have prlimit but MIPS and Alpha. */
const OUT_OF_TIME = /received signal 24\.$/m;
/** As ffmpeg, its encoders, the runtime of C++ and the loader say it. A thread that cannot start has no room for its stack. */
const OUT_OF_MEMORY =
  /Cannot allocate memory|Out of memory|malloc of size \d+ failed|std::bad_alloc|pthread_create\(\) failed|cannot map zero-fill|failed to map segment/;

/** Which limit ended a program, with its size: `memory limit of 2147483648 bytes`; undefined if none did. */
export function limitHit(
  exit: { readonly code?: number; readonly signal?: string; readonly stderr: string },
  { memoryBytes, cpuSeconds, fileBytes }: ResourceLimits,
): string | undefined {
  const { code, signal, stderr } = exit;
  if (code === 0) return undefined;
  if (cpuSeconds !== undefined && (signal === "SIGXCPU" || OUT_OF_TIME.test(stderr)))
    return `CPU time limit of ${Math.ceil(cpuSeconds)} s`;
  if (fileBytes !== undefined && signal === "SIGXFSZ")
    return `file size limit of ${Math.ceil(fileBytes)} bytes`;
  if (memoryBytes !== undefined && OUT_OF_MEMORY.test(stderr))
    return `memory limit of ${Math.ceil(memoryBytes)} bytes`;
  return undefined;
}
