import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { hasProgram, runProgram } from "./run-program.ts";

/** The FFmpegs that are tested beside the system's: Debian's suite, and what it holds in November 2026. */
export const SUITES = [
  { suite: "trixie", version: "7.1" },
  { suite: "sid", version: "9.0" },
] as const;

/** One of {@link SUITES}. */
export type Suite = (typeof SUITES)[number]["suite"];

/** An FFmpeg that is there. */
export type BroughtFfmpeg = {
  /** Absolute path of the folder that holds `ffmpeg` and `ffprobe`, to be put first in PATH. */
  readonly bin: string;
  /** As it says of itself: `9.0.2-4`. */
  readonly version: string;
};

const KEYRINGS = ["pgp", "gpg"].map((kind) => `/usr/share/keyrings/debian-archive-keyring.${kind}`);
const MIRROR = "http://deb.debian.org/debian";
const PROGRAMS = ["ffmpeg", "ffprobe"] as const;

const APT_TIMEOUT_MS = 15 * 60_000;
const TOOL_TIMEOUT_MS = 60_000;
/** A suite that changes while it is read has other packages than its list said, for a while. */
const TRIES = 4;
const PAUSE_MS = 15_000;
/** What is older was left behind by a run that was killed. */
const LEFT_BEHIND_MS = 3 * 3_600_000;

const cacheFolder = (): string =>
  join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pontus-ffmpegs");

/**
 * Brings the FFmpeg of another Debian suite beside the system's: packages are downloaded and unpacked into the cache folder
 * and run by the loader that comes with them. Nothing is installed, and nobody has to be root. What is there already is
 * taken as it is; of two that bring it at once, one throws its own away.
 *
 * @throws {Error} saying what is missing
 */
export async function bringFfmpeg(suite: Suite): Promise<BroughtFfmpeg> {
  const cache = cacheFolder();
  const root = join(cache, suite);
  const there = await tried(root);
  if (there) return there;
  const keyring = KEYRINGS.find((path) => existsSync(path));
  if (!hasProgram("apt-get") || !hasProgram("dpkg-deb") || keyring === undefined)
    throw new Error(
      `Cannot bring the ffmpeg of Debian's ${suite}: there is no apt with Debian's keys here ` +
        "(apt-get, dpkg-deb and the package debian-archive-keyring)",
    );
  mkdirSync(cache, { recursive: true });
  removeLeftBehind(cache);
  const made = mkdtempSync(join(cache, `.${suite}-`));
  chmodSync(made, 0o755);
  try {
    await download(suite, keyring, made);
    await unpack(made);
    const brought = await tried(made);
    if (!brought) throw new Error(`Cannot run the ffmpeg of Debian's ${suite}: see ${made}`);
    return await moveTo(root, made);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** What is unpacked there, if it runs. */
async function tried(root: string): Promise<BroughtFfmpeg | undefined> {
  const bin = join(root, "bin");
  let version: string | undefined;
  for (const program of PROGRAMS) {
    if (!existsSync(join(bin, program))) return undefined;
    const options = { timeoutMs: TOOL_TIMEOUT_MS, output: "collect" } as const;
    const { code, output } = await runProgram(join(bin, program), ["-version"], options);
    version = /^ff\w+ version (\S+)/m.exec(output)?.[1];
    if (code !== 0 || version === undefined) return undefined;
  }
  return { bin, version: version ?? "" };
}

/** Apt with lists, packages and a system of its own; its configuration is the machine's, which may name a proxy. */
async function download(suite: Suite, keyring: string, made: string): Promise<void> {
  const apt = join(made, "apt");
  for (const folder of ["lists/partial", "cache/archives/partial", "sources", "preferences"])
    mkdirSync(join(apt, folder), { recursive: true });
  const sources = [
    "Types: deb",
    `URIs: ${mirrorOf()}`,
    `Suites: ${suite}`,
    "Components: main",
    `Signed-By: ${keyring}`,
  ];
  writeFileSync(join(apt, "sources", "suite.sources"), `${sources.join("\n")}\n`);
  const options = [
    ["Dir::Etc::SourceList", "/dev/null"],
    ["Dir::Etc::SourceParts", join(apt, "sources")],
    ["Dir::Etc::Preferences", "/dev/null"],
    ["Dir::Etc::PreferencesParts", join(apt, "preferences")],
    ["Dir::State::Lists", join(apt, "lists")],
    ["Dir::State::extended_states", join(apt, "extended_states")],
    ["Dir::State::status", "/dev/null"],
    ["Dir::Cache", join(apt, "cache")],
    ["APT::Install-Recommends", "0"],
    ["APT::Sandbox::User", "root"],
    ["Acquire::Retries", "3"],
    ["Debug::NoLocking", "1"],
  ].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  for (let left = TRIES - 1; ; left -= 1) {
    const error =
      (await aptGet([...options, "-q", "update"])) ??
      (await aptGet([...options, "-q", "-y", "--download-only", "install", "ffmpeg"]));
    if (error === undefined) return;
    if (left === 0) throw new Error(`Cannot download the ffmpeg of Debian's ${suite}: ${error}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** What apt says last, where it fails. A list that it cannot fetch is a mere warning to it. */
async function aptGet(args: readonly string[]): Promise<string | undefined> {
  const { code, output } = await runProgram("apt-get", args, {
    timeoutMs: APT_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    output: "collect",
  });
  if (code === 0 && !/^W: Failed to fetch/m.test(output)) return undefined;
  const lines = output.trim().split("\n");
  return (lines.filter((line) => /^[EW]:/.test(line)).join("; ") || lines.at(-1)) ?? "";
}

/** The mirror that the machine has its own packages from, where it is one of Debian. */
function mirrorOf(): string {
  const files = globSync("/etc/apt/sources.list{,.d/*.list,.d/*.sources}");
  const lines = files.flatMap((file) => readFileSync(file, "utf8").split("\n"));
  return (
    lines
      .filter((line) => /^(?:deb |URIs:)/.test(line))
      .flatMap((line) => /\bhttps?:\/\/\S+\/debian\/?(?=\s|$)/.exec(line) ?? [])
      .at(0) ?? MIRROR
  );
}

async function unpack(made: string): Promise<void> {
  const archives = join(made, "apt", "cache", "archives");
  const files = join(made, "files");
  for (const name of readdirSync(archives).filter((file) => file.endsWith(".deb"))) {
    const options = { timeoutMs: TOOL_TIMEOUT_MS, output: "collect" } as const;
    const { code, output } = await runProgram(
      "dpkg-deb",
      ["-x", join(archives, name), files],
      options,
    );
    if (code !== 0) throw new Error(`Cannot unpack ${name}: ${output.trim()}`);
  }
  rmSync(join(made, "apt"), { recursive: true });
  // Texts and pictures, half of it.
  rmSync(join(files, "usr", "share"), { recursive: true, force: true });
  const [loader] = globSync(join(files, "{usr/lib,lib}{,64}/{*-linux-gnu*/,}ld-linux*.so.*"));
  const [codecs] = globSync(join(files, "usr/lib/*/libavcodec.so.*"));
  if (loader === undefined || codecs === undefined)
    throw new Error("Cannot find a loader and libavcodec in the packages of ffmpeg");
  writePrograms(made, loader, dirname(codecs));
}

/**
 * Each program is a script that runs it by the loader. That one is copied under the program's name, which is what the
 * process is called by then.
 */
function writePrograms(made: string, loader: string, libraries: string): void {
  const inside = libraries.slice(made.length + 1);
  const folders = ["", "/pulseaudio", "/blas", "/lapack"].map((name) => `$root/${inside}${name}`);
  mkdirSync(join(made, "bin"));
  mkdirSync(join(made, "loaders"));
  for (const program of PROGRAMS) {
    copyFileSync(loader, join(made, "loaders", program));
    chmodSync(join(made, "loaders", program), 0o755);
    const run = [
      `exec "$root/loaders/${program}" --argv0 ${program} --inhibit-cache`,
      `--library-path "${folders.join(":")}" "$root/files/usr/bin/${program}" "$@"`,
    ];
    const path = join(made, "bin", program);
    writeFileSync(path, `#!/bin/sh\nroot=\${0%/*}/..\n${run.join(" ")}\n`);
    chmodSync(path, 0o755);
  }
}

/** Puts a folder where it belongs, unless another process was faster. */
async function moveTo(root: string, made: string): Promise<BroughtFfmpeg> {
  const there = await tried(root);
  if (there) return there;
  // What does not run: it was left by a system that is no more.
  if (existsSync(root)) renameSync(root, join(dirname(root), `.${basename(made)}-broken`));
  try {
    renameSync(made, root);
  } catch (error) {
    if (!existsSync(root)) throw error;
  }
  const moved = await tried(root);
  if (!moved) throw new Error(`Cannot run the ffmpeg in ${root}`);
  return moved;
}

function removeLeftBehind(cache: string): void {
  for (const name of readdirSync(cache).filter((file) => file.startsWith("."))) {
    const path = join(cache, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > LEFT_BEHIND_MS) rmSync(path, { recursive: true, force: true });
  }
}
