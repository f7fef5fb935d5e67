import { lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** What a program sees of the machine beside what every program needs. */
export type Seen = {
  /** Absolute paths of the folders that it writes to. */
  readonly writes: readonly string[];
  /** Absolute paths that it reads: files and folders. */
  readonly reads: readonly string[];
  readonly network?: true;
  /** The encoders of the machine's GPUs. */
  readonly devices?: true;
};

/** A sandbox of bubblewrap: the arguments that all programs have in common. */
export type Sandbox = { readonly system: readonly string[] };

/** Where programs and their libraries are. On most systems all but the first are links into it. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];
/** What the loader and the libraries read; none of it is secret. */
const SETTINGS = [
  "fonts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "alternatives",
  "localtime",
];
/** What finding servers by their names takes; TLS is spoken by the relay of this service. */
const NETWORK = ["resolv.conf", "hosts", "host.conf", "nsswitch.conf", "gai.conf", "services"];

/** What GPUs and their drivers are found by, beside their files in `/dev`. */
const DEVICE_FACTS = ["/sys/dev/char", "/sys/devices", "/sys/bus/pci"];
const DEVICE_PROC_NAMES = ["devices", "driver", "modules"];

/** Its own processes stand here, so that `/proc` has room for the names of what this process has open. */
const PROC = "/procfs";
/** What programs look up in `/proc`; SVT-AV1 counts cores by it. */
const PROC_NAMES = ["self", "cpuinfo", "meminfo", "stat"];

/** A file that this process has open, to which a link leads. */
type Opened = { readonly path: string; readonly link: string; readonly fd: number };

/** What a path leads to that names an open file of this process; undefined for any other. */
function openedAt(path: string): Opened | undefined {
  try {
    const link = readlinkSync(path);
    const [, pid, fd] = /^\/proc\/(\d+)\/fd\/(\d+)$/.exec(link) ?? [];
    return Number(pid) === process.pid ? { path, link, fd: Number(fd) } : undefined;
  } catch {
    // It is no link, or is not there, which ffmpeg says.
    return undefined;
  }
}

/**
 * Shows a file that was opened and judged as exactly that, whatever stands at its name by now: the program inherits it.
 *
 * @param fd - the number that it has there
 */
function shownOpened({ path, link }: Opened, fd: number, { writes }: Seen): readonly string[] {
  const isThere = writes.some((folder) => path.startsWith(`${folder}/`));
  return [
    ...["--symlink", `${PROC}/self/fd/${fd}`, link],
    ...(isThere ? [] : ["--symlink", link, path]),
  ];
}

/** The files of GPUs: those of Linux itself, and of NVIDIA's driver. */
function deviceFiles(): readonly string[] {
  try {
    const names = readdirSync("/dev").filter((name) => name === "dri" || /^nvidia/.test(name));
    return names.map((name) => `/dev/${name}`);
  } catch {
    // Deno may forbid it: then there are none.
    return [];
  }
}

const shownDevices = (): readonly string[] => [
  ...deviceFiles().flatMap((path) => ["--dev-bind-try", path, path]),
  ...DEVICE_FACTS.flatMap(shown),
  ...DEVICE_PROC_NAMES.flatMap((name) => ["--symlink", `${PROC}/${name}`, `/proc/${name}`]),
];

const shown = (path: string): readonly string[] => ["--ro-bind-try", path, path];

function systemFolder(path: string): readonly string[] {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (!file) return [];
  return file.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : shown(path);
}

/** Where a program is; undefined if it is not found. */
function pathOf(command: string): string | undefined {
  const folders = command.includes("/") ? [""] : (process.env["PATH"] ?? "").split(delimiter);
  const paths = folders.map((folder) => (folder === "" ? resolve(command) : join(folder, command)));
  return paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/**
 * Describes the sandbox of some programs: nothing is made before one is run in it.
 *
 * @param programs - names or paths
 * @param paths - absolute paths that the programs read too, as libraries of their own
 */
export function describeSandbox(programs: readonly string[], paths: readonly string[]): Sandbox {
  const own = programs.map(pathOf).filter((path) => path !== undefined);
  return {
    system: [
      ...SYSTEM.flatMap(systemFolder),
      ...SETTINGS.flatMap((name) => shown(`/etc/${name}`)),
      ...[...own, ...paths].flatMap(shown),
      ...["--dev", "/dev", "--proc", PROC],
      ...PROC_NAMES.flatMap((name) => ["--symlink", `${PROC}/${name}`, `/proc/${name}`]),
    ],
  };
}

/** A command line without the program, and the open files that it inherits beside its pipes, in this order. */
export type SandboxRun = { readonly args: readonly string[]; readonly fds: readonly number[] };

/**
 * The command line that runs a program in a sandbox.
 *
 * bubblewrap stays beside the program and dies of TERM, with which the program would be killed before it has closed its files. So it
 * is started with TERM ignored; the program gets TERM as all its group does, and does not ignore it.
 *
 * @param firstFd - the number of the first open file that it inherits beside its pipes
 */
export function sandboxRun(
  { system }: Sandbox,
  seen: Seen,
  { cwd, firstFd }: { readonly cwd: string; readonly firstFd: number },
): SandboxRun {
  const { writes, reads, network, devices } = seen;
  const opened = reads.map(openedAt).filter((one) => one !== undefined);
  const named = reads.filter((path) => !opened.some((one) => one.path === path));
  const args = [
    ...["env", "--ignore-signal=TERM", "bwrap"],
    ...["--unshare-all", ...(network ? ["--share-net"] : []), "--die-with-parent"],
    ...["--cap-drop", "ALL", ...system],
    ...(devices ? shownDevices() : []),
    // Of a source that is missing not even its folder is shown, and it is for ffmpeg to say so.
    ...["--dir", cwd],
    ...(network ? NETWORK.flatMap((name) => shown(`/etc/${name}`)) : []),
    ...writes.flatMap((path) => ["--bind", path, path]),
    ...named.flatMap(shown),
    ...opened.flatMap((one, at) => shownOpened(one, firstFd + at, seen)),
    ...["--remount-ro", "/", "--chdir", cwd, "--", "env", "--default-signal=TERM"],
  ];
  return { args, fds: opened.map(({ fd }) => fd) };
}
