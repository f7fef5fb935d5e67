import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { DENO_PROGRAM, denoTask } from "../fixtures/runtimes.ts";
import { eventually } from "../fixtures/service.ts";

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

describe("the demo, on a terminal", () => {
  test("transcodes a file of its viewer's, and keeps the service open until Enter", async () => {
    const file = await clip();
    const command = [process.execPath, "scripts/demo.ts", ...INSTALLED, file].join(" ");
    const env = { ...process.env, TMPDIR: tempFolder() };
    // util-linux's, which gives a program a terminal.
    const child = spawn("script", ["-qec", command, "/dev/null"], { env, timeout: TIMEOUT_MS });
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const ended = once(child, "close");
    await eventually(() => shown.includes("Enter ends the demo") || undefined);
    expect(shown).toContain("video h264 1280x720, 25 frames/s");
    const url = /The dashboard: (http:\S+)/.exec(shown)?.[1] ?? "";
    const page = await fetch(url, { headers: { Accept: "text/html" } });
    expect(page.headers.get("Content-Type")).toStartWith("text/html");
    const keys = /Sign in with the file (\S+)/.exec(shown)?.[1] ?? "";
    expect(JSON.parse(readFileSync(keys, "utf8"))).toHaveProperty("private_key");
    child.stdin.write("\n");
    expect((await ended)[0]).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  test("says that there is no such file, and makes nothing", async () => {
    const env = { ...process.env, TMPDIR: tempFolder() };
    const args = ["scripts/demo.ts", ...INSTALLED, "--", "nosuch.mov"];
    const run = promisify(execFile)(process.execPath, args, { env, timeout: TIMEOUT_MS });
    await expect(run).rejects.toMatchObject({ code: 1 });
    expect(readdirSync(env.TMPDIR)).toEqual([]);
  });
});
