import { lstatSync, readlinkSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** What a program sees of the machine beside what every program needs. */
export type Seen = {
  /** Absolute paths of the folders that it writes to. */
  readonly writes: readonly string[];
  /** Absolute paths that it reads: files and folders. */
  readonly reads: readonly string[];
  readonly network?: true;
};

/** A sandbox of bubblewrap: the arguments that all programs have in common. */
export type Sandbox = { readonly system: readonly string[] };

/** Where programs and their libraries are. On most systems all but the first are links into it. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];
/** What the loader and the libraries read; none of it is secret. */
const SETTINGS = ["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime"];
/** What finding servers by their names takes; TLS is spoken by the relay of this service. */
const NETWORK = ["resolv.conf", "hosts", "host.conf", "nsswitch.conf", "gai.conf", "services"];

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
      ...["--dev", "/dev", "--proc", "/proc"],
    ],
  };
}

/**
 * The command line that runs a program in a sandbox, without the program.
 *
 * bubblewrap stays beside the program and dies of TERM, with which the program would be killed before it has closed its files. So it
 * is started with TERM ignored; the program gets TERM as all its group does, and does not ignore it.
 */
export function sandboxArgs({ system }: Sandbox, seen: Seen, cwd: string): readonly string[] {
  const { writes, reads, network } = seen;
  return [
    ...["env", "--ignore-signal=TERM", "bwrap"],
    ...["--unshare-all", ...(network ? ["--share-net"] : []), "--die-with-parent"],
    ...["--cap-drop", "ALL", ...system],
    // Of a source that is missing not even its folder is shown, and it is for ffmpeg to say so.
    ...["--dir", cwd],
    ...(network ? NETWORK.flatMap((name) => shown(`/etc/${name}`)) : []),
    ...writes.flatMap((path) => ["--bind", path, path]),
    ...reads.flatMap(shown),
    ...["--remount-ro", "/", "--chdir", cwd, "--", "env", "--default-signal=TERM"],
  ];
}
