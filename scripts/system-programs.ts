import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { FFMPEG_HINT } from "../src/cli/doctor/ffmpeg-hint.ts";
import { hasProgram, runProgram } from "./run-program.ts";

/** The programs (or files) that tests start, and the Debian package that brings each. */
const PROGRAMS = [
  { name: "ffmpeg", apt: "ffmpeg" },
  { name: "ffprobe", apt: "ffmpeg" },
  { name: "mount", apt: "mount" },
  { name: "prlimit", apt: "util-linux" },
  { name: "bwrap", apt: "bubblewrap" },
  // With its library, which tests preload.
  { name: "faketime", apt: "faketime" },
  { name: "openssl", apt: "openssl" },
  { name: "zsh", apt: "zsh" },
  { name: "fish", apt: "fish" },
  { name: "chromium", apt: "chromium" },
  { name: "nginx", apt: "nginx" },
  { name: "systemd-analyze", apt: "systemd" },
  { name: "/usr/lib/nginx/modules/ngx_rtmp_module.so", apt: "libnginx-mod-rtmp" },
  { name: "srt-live-transmit", apt: "srt-tools" },
  // GStreamer's RTSP server, by Python. Its libraries lie where the processor's kind says.
  { name: "/usr/lib/python3/dist-packages/gi/__init__.py", apt: "python3-gi" },
  {
    name: "/usr/share/doc/gir1.2-gst-rtsp-server-1.0/copyright",
    apt: "gir1.2-gst-rtsp-server-1.0",
  },
  {
    name: "/usr/share/doc/gstreamer1.0-plugins-good/copyright",
    apt: "gstreamer1.0-plugins-good",
  },
  // Other readers of what is made than FFmpeg.
  { name: "gst-discoverer-1.0", apt: "gstreamer1.0-plugins-base-apps" },
  { name: "/usr/share/doc/gstreamer1.0-plugins-bad/copyright", apt: "gstreamer1.0-plugins-bad" },
  { name: "/usr/share/doc/gstreamer1.0-libav/copyright", apt: "gstreamer1.0-libav" },
  { name: "mediainfo", apt: "mediainfo" },
  // The database of a fleet, and what starts it as another user than root.
  { name: "pg_ctlcluster", apt: "postgresql" },
  { name: "setpriv", apt: "util-linux" },
  // A network that can be cut.
  { name: "ip", apt: "iproute2" },
  // Its S3 server is started by a script of the tests: the packages of its daemons are not needed.
  { name: "/usr/lib/python3/dist-packages/swift/obj/mem_server.py", apt: "python3-swift" },
] as const;

const APT_TIMEOUT_MS = 10 * 60_000;
const POLICY = "/usr/sbin/policy-rc.d";

const isThere = (name: string): boolean =>
  name.startsWith("/") ? existsSync(name) : hasProgram(name);

/**
 * Runs something while no package that is being installed may start its service: Debian asks `policy-rc.d`, and 101
 * means "action forbidden". What stood there before comes back.
 *
 * @see https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 */
async function withoutDaemons<T>(work: () => Promise<T>): Promise<T> {
  const aside = `${POLICY}.before-pontus`;
  const hadOne = existsSync(POLICY);
  if (hadOne) renameSync(POLICY, aside);
  try {
    writeFileSync(POLICY, "#!/bin/sh\nexit 101\n");
    chmodSync(POLICY, 0o755);
    return await work();
  } finally {
    if (hadOne) renameSync(aside, POLICY);
    else rmSync(POLICY, { force: true });
  }
}

async function aptGet(args: readonly string[]): Promise<void> {
  const options = ["-y", "-o", "DPkg::Lock::Timeout=120"];
  const { code, output } = await runProgram("apt-get", [...options, ...args], {
    timeoutMs: APT_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    output: "collect",
  });
  if (code !== 0) throw new Error(`${output}\nCannot run "apt-get ${args[0]}": exit code ${code}`);
}

/**
 * Sees to it that the tests' system programs are there: as root on Debian or Ubuntu it installs what is missing.
 *
 * @returns what was done, in a few words
 * @throws {Error} naming what is missing and how to get it
 */
export async function provideSystemPrograms(): Promise<string> {
  const missing = PROGRAMS.filter(({ name }) => !isThere(name));
  if (missing.length === 0) return `found ${PROGRAMS.map(({ name }) => name).join(", ")}`;
  const names = missing.map(({ name }) => name).join(", ");
  const packages = [...new Set(missing.map(({ apt }) => apt))];
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !hasProgram("apt-get"))
    throw new Error(
      `Cannot run the tests: ${names} not found in PATH. To get ffmpeg:\n${FFMPEG_HINT}`,
    );
  await withoutDaemons(async () => {
    await aptGet(["update"]);
    await aptGet(["install", "--no-install-recommends", ...packages]);
  });
  const still = missing.filter(({ name }) => !isThere(name)).map(({ name }) => name);
  if (still.length > 0)
    throw new Error(`Cannot run the tests: apt-get brought no ${still.join(", ")}`);
  return `installed ${packages.join(", ")}`;
}
