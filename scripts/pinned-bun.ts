import { delimiter, join } from "node:path";
import { ROOT, runProgram } from "./run-program.ts";

// Runs before anything is installed, in whatever Bun npx brought: only node:* may be imported here.

const INSTALLED = "--installed";
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const SCRIPT_TIMEOUT_MS = 60 * 60_000;

/** What went on in this process; the rest of a script runs only in the pinned Bun. */
export type Start = { readonly installMs: number };

/**
 * Installs what bun.lock says, then runs the script again in the Bun of node_modules, for npx puts a Bun of its own
 * choice first in PATH. Ends the process with the exit code of that second run, in which it returns at once.
 *
 * @param script - absolute path of the calling script
 * @returns how long the installation took
 */
export async function inPinnedBun(script: string): Promise<Start> {
  const flag = process.argv.indexOf(INSTALLED);
  if (flag > 0) return { installMs: Number(process.argv[flag + 1]) };
  const startMs = Date.now();
  const install = await runProgram(process.execPath, ["install", "--frozen-lockfile"], {
    timeoutMs: INSTALL_TIMEOUT_MS,
    output: "collect",
  });
  if (install.code !== 0) {
    console.error(install.output);
    console.error('Cannot go on: "bun install --frozen-lockfile" failed');
    process.exit(1);
  }
  // The package's own file: on every system its postinstall puts the binary there, also on Windows under this name.
  const pinned = join(ROOT, "node_modules", "bun", "bin", "bun.exe");
  const bin = join(ROOT, "node_modules", ".bin");
  const again = [script, INSTALLED, String(Date.now() - startMs), ...process.argv.slice(2)];
  const { code } = await runProgram(pinned, again, {
    timeoutMs: SCRIPT_TIMEOUT_MS,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` },
    output: "inherit",
  });
  process.exit(code);
}
