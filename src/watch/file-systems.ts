import { readdir, readFile, readlink, statfs } from "node:fs/promises";

/**
 * The kinds of file systems whose files other machines write: SMB, NFS, CIFS, SMB2, AFS, CODA, 9P, FUSE, Ceph.
 *
 * @see https://man7.org/linux/man-pages/man2/statfs.2.html
 */
const SHARED = new Set([
  0x517b, 0x6969, 0xff534d42, 0xfe534d42, 0x5346414f, 0x73757245, 0x01021997, 0x65735546,
  0x00c36400,
]);

/** Whether a folder is known to lie on a disk of this machine. Not where the system does not say, or Deno lacks `--allow-sys=statfs`. */
export async function isLocal(folder: string): Promise<boolean> {
  const found = await statfs(folder).catch(() => undefined);
  // Some runtimes give it as a number with a sign, or not at all.
  return found !== undefined && Boolean(found.type) && !SHARED.has(found.type >>> 0);
}

/** More open files than one looks at all of every few seconds. */
const FDS_MAX = 100_000;
/** The last two bits of the flags, which are octal: 0 is only to read. @see https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html */
const ACCESS_MODE = 3;

/**
 * Which of some files a process on this machine has open to write. Only what the system shows to this user is seen: nothing where
 * there is no `/proc`, or Deno lacks `--allow-all`.
 *
 * @param paths - real paths
 */
export async function openForWriting(
  paths: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const writing = new Set<string>();
  const processes = (await namesIn("/proc")).filter((name) => /^\d+$/.test(name));
  let left = FDS_MAX;
  for (const process of processes) {
    for (const fd of await namesIn(`/proc/${process}/fd`)) {
      signal.throwIfAborted();
      left -= 1;
      if (left < 0) return writing;
      const path = await readlink(`/proc/${process}/fd/${fd}`).catch(() => "");
      if (paths.has(path) && (await mayWrite(process, fd))) writing.add(path);
    }
  }
  return writing;
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

async function mayWrite(process: string, fd: string): Promise<boolean> {
  const info = await readFile(`/proc/${process}/fdinfo/${fd}`, "utf8").catch(() => "");
  const [, flags = "0"] = /^flags:\s*([0-7]+)$/m.exec(info) ?? [];
  return (Number.parseInt(flags, 8) & ACCESS_MODE) !== 0;
}
