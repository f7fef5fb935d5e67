import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { tempFolder } from "../fixtures/clips.ts";
import { DENO_PROGRAM, denoTask } from "../fixtures/runtimes.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** The installation that comes before is that of the tests themselves. */
const INSTALLED = ["--installed", "0"];
/** Shorter than the test's own limit, so that the demo can still end its service. */
const TIMEOUT_MS = 50_000;

/** A folder that holds a runtime and nothing else: a PATH without ffmpeg. */
function pathWith(program: string, name: string): string {
  const folder = tempFolder();
  symlinkSync(resolve(program), join(folder, name));
  return folder;
}

describe("the demo, where there is no ffmpeg", () => {
  test.each([
    ["Bun", process.execPath, ["scripts/demo.ts", ...INSTALLED], "bun"],
    ["Deno", DENO_PROGRAM, denoTask("demo"), "deno"],
  ])("makes its clip and transcodes it on %s", async (_, program, args, name) => {
    const env = { ...process.env, PATH: pathWith(program, name), TMPDIR: tempFolder() };
    const { stdout } = await promisify(execFile)(program, args, { env, timeout: TIMEOUT_MS });
    expect(stdout).toContain("ffmpeg as WebAssembly");
    expect(stdout).toContain("video h264 640x360, 30 frames/s");
    const path = /^(\/.*\/clip-360p\.mp4)$/m.exec(stdout)?.[1] ?? "";
    expect(existsSync(path)).toBe(true);
    const asked = ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path];
    expect(execFileSync("ffprobe", asked, { encoding: "utf8" })).toBe("h264\naac\n");
  });
});
