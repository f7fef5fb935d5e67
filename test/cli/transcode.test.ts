import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { EXIT } from "../../src/cli/exit.ts";
import { keepToOwner } from "../../src/config/own-files.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { pontus } from "../fixtures/command-line.ts";
import { DENO_PROGRAM } from "../fixtures/runtimes.ts";
import { eventually } from "../fixtures/service.ts";

setDefaultTimeout(60_000);

const PROFILE = ["-p", "video_mp4_320x180_300kbps"];
const env = { ...process.env, XDG_CACHE_HOME: tempFolder() };
/** That of the operator. A service that ran in this process before has changed the process's own. */
const UMASK = keepToOwner() ?? process.umask();

/** The parts of `deno task pontus` behind the program. */
const DENO_ARGS = denoJson.tasks.pontus.split(" ").slice(1);

/** Runs the program itself. */
async function run(
  command: readonly string[],
  options: {
    readonly path?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly onStart?: (kill: () => void) => void;
  } = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: { ...env, ...options.env, ...(options.path !== undefined && { PATH: options.path }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  options.onStart?.(() => void child.kill("SIGINT"));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

/** A folder that holds a runtime and nothing else: a PATH without ffmpeg. */
function pathWith(program: string, name: string): string {
  const folder = tempFolder();
  symlinkSync(resolve(program), join(folder, name));
  return folder;
}

describe("pontus transcode", () => {
  test("makes a file, and leaves nothing else beside it", async () => {
    const target = join(tempFolder(), "made/out.mp4");
    const { code, out, err } = await pontus(["transcode", await clip(), target, ...PROFILE], env);
    expect(err).toContain("[##############################] 100 %");
    expect(out).toStartWith(`file://${target}\n  mp4, `);
    expect(out).toContain("  video h264 320x180, 25 frames/s\n  audio aac");
    expect(code).toBe(EXIT.ok);
    expect(readdirSync(dirname(target))).toEqual(["out.mp4"]);
    // What the umask of its caller gives, and not the service's own.
    expect(statSync(target).mode & 0o777).toBe(0o666 & ~UMASK);
  });

  test("follows a link to its source, and takes a part of it", async () => {
    const folder = tempFolder();
    const link = join(folder, "link.mp4");
    symlinkSync(await clip({ seconds: 2 }), link);
    const args = ["transcode", link, join(folder, "out.mp4"), "--duration", "0.5", "--json"];
    // Beside a service that watches folders, as its environment says.
    const beside = { ...env, PONTUS_WATCH: "folder=in,target=out/{dir}{name}.mp4" };
    const { out } = await pontus([...args, ...PROFILE], beside);
    const task = JSON.parse(out.trim().split("\n").at(-1) ?? "");
    expect(task.targets[0].output.duration_seconds).toBeCloseTo(0.5, 1);
  });

  test("replaces a file only where it is told to", async () => {
    const target = join(tempFolder(), "out.mp4");
    copyFileSync(await clip(), target);
    const args = ["transcode", await clip({ seconds: 2 }), target, ...PROFILE];
    const { code, err } = await pontus(args, env);
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining("--overwrite replaces it")]);
    expect((await pontus([...args, "--overwrite"], env)).out).toContain(", 2.0");
  });

  test("asks ffmpeg what it can do once, and remembers it", async () => {
    const folder = tempFolder();
    const asked = join(folder, "asked");
    const ffmpeg = join(folder, "ffmpeg");
    writeFileSync(ffmpeg, `#!/bin/sh\necho "$@" >> ${asked}\nexec ffmpeg "$@"\n`, { mode: 0o755 });
    const own = { ...env, PONTUS_FFMPEG: ffmpeg, XDG_CACHE_HOME: join(folder, "cache") };
    const asks = () =>
      readFileSync(asked, "utf8")
        .split("\n")
        .filter((line) => line.endsWith("-encoders"));
    for (const name of ["a.mp4", "b.mp4"]) {
      const args = ["transcode", await clip(), join(folder, name), ...PROFILE];
      expect((await pontus(args, own)).code).toBe(EXIT.ok);
      expect(asks()).toHaveLength(1);
    }
  });

  test("loads nothing for others, and starts ffprobe before it loads what runs tasks", async () => {
    const folder = tempFolder();
    const loads = join(folder, "loads");
    const entry = resolve("src/main.cli.bun.ts");
    const recorded = ["--preload", resolve("test/fixtures/record-loads.ts"), entry];
    const args = ["transcode", await clip(), join(folder, "out.mp4"), ...PROFILE];
    const { code, err } = await run([process.execPath, ...recorded, ...args], {
      env: { RECORDED_LOADS: loads },
    });
    expect([code, err]).toEqual([EXIT.ok, expect.stringContaining("100 %")]);
    const lines = readFileSync(loads, "utf8").replaceAll(resolve("src"), "src").split("\n");
    expect(lines).toContain("src/cli/commands/transcode.ts");
    expect(lines).toContain("src/http/events/serve-events.ts");
    const others =
      /^src\/cli\/(commands\/(submit|client|doctor|insight)|completion\/completion|doctor)|^src\/http\/(routes|schemas)\/(event|task|output)-|^prom-client/;
    expect(lines.filter((line) => others.test(line))).toEqual([]);
    const at = (what: string) => lines.findIndex((line) => line.includes(what));
    const order = [" ffprobe ", "src/worker/worker.ts", " ffmpeg "].map(at);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(at("src/http/routes/create-route.ts")).toBeGreaterThan(at(" ffprobe "));
  });

  test("says why a source cannot be used", async () => {
    const folder = tempFolder();
    const [text, target] = [join(folder, "notes.txt"), join(folder, "out.mp4")];
    writeFileSync(text, "no video\n");
    const broken = await pontus(["transcode", text, target, ...PROFILE], env);
    expect([broken.code, broken.out]).toEqual([
      EXIT.failed,
      expect.stringMatching(/^InvalidInputData: Cannot /),
    ]);
    const none = await pontus(["transcode", join(folder, "none"), target, ...PROFILE], env);
    expect([none.code, none.err]).toEqual([
      EXIT.usage,
      expect.stringContaining("there is no such file"),
    ]);
    const own = await pontus(["transcode", text, text, "-y", ...PROFILE], env);
    expect([own.code, own.err]).toEqual([EXIT.usage, expect.stringContaining("the source itself")]);
    const below = await pontus(["transcode", text, join(text, "out.mp4"), ...PROFILE], env);
    expect([below.code, below.err]).toEqual([EXIT.usage, expect.stringContaining("Cannot write")]);
    const unknown = await pontus(["transcode", text, target, "-p", "nosuch"], env);
    expect([unknown.code, unknown.err]).toEqual([
      EXIT.refused,
      expect.stringContaining("NoSuchProfile"),
    ]);
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
  });

  test("says which setting cannot be used, and leaves nothing", async () => {
    const folder = tempFolder();
    const args = ["transcode", await clip(), join(folder, "out.mp4"), ...PROFILE];
    const { code, err } = await pontus(args, {
      ...env,
      PONTUS_FFMPEG: "none",
      PONTUS_ENGINE: "native",
    });
    expect([code, err]).toEqual([EXIT.failed, expect.stringContaining('"none"')]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("ended by Ctrl-C ends its encoder and leaves nothing", async () => {
    const folder = tempFolder();
    const source = await clip({ seconds: 10, width: 1280, height: 720 });
    const target = join(folder, "out.mp4");
    const args = [
      "src/main.cli.bun.ts",
      "transcode",
      source,
      target,
      "-p",
      "video_mp4_h265_1280x720_1728kbps",
    ];
    const { code, out } = await run([process.execPath, ...args], {
      onStart: (kill) =>
        void eventually(
          () =>
            readdirSync(folder, { recursive: true, encoding: "utf8" }).some((path) =>
              /encoder-\d+/.test(path),
            ) || undefined,
        ).then(kill),
    });
    expect([code, out]).toEqual([EXIT.interrupted, ""]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ["Bun", process.execPath, ["src/main.cli.bun.ts"], "bun"],
    ["Deno", DENO_PROGRAM, DENO_ARGS, "deno"],
  ])("runs without ffmpeg on %s", async (_, program, start, name) => {
    const target = join(tempFolder(), "out.mp4");
    const args = [...start, "transcode", await clip(), target, ...PROFILE];
    const { code, out, err } = await run([program, ...args], { path: pathWith(program, name) });
    expect(err).toContain("ffmpeg as WebAssembly");
    expect(out).toContain("video h264 320x180");
    expect(code).toBe(EXIT.ok);
  });

  test("runs with ffmpeg on Deno", async () => {
    const target = join(tempFolder(), "out.mp4");
    const args = [DENO_PROGRAM, ...DENO_ARGS, "transcode", await clip(), target, ...PROFILE];
    const { code, out, err } = await run(args);
    expect([code, out]).toEqual([EXIT.ok, expect.stringContaining("video h264 320x180")]);
    expect(err).not.toContain("WebAssembly");
  });
});
