import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { closeSync, fchmodSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { guarded, REDRAW } from "../../src/cli/io.ts";
import { ffmpeg } from "../fixtures/clips.ts";
import { pontus } from "../fixtures/command-line.ts";
import { hasEnded, newHome, startService } from "../fixtures/service.ts";

setDefaultTimeout(60_000);

describe("guarded", () => {
  const written: string[] = [];
  const add = (text: string): void => {
    written.push(text);
  };
  const io = guarded({ out: add, err: add, closeOut: () => {}, isTerminal: true, columns: 80 });

  test("escapes what steers a terminal, and changes nothing that a JSON text means", () => {
    const text = "a\x1b[2Jb\x07\x9bc\u202ed";
    io.out(text);
    expect(written.pop()).toBe(String.raw`a\u001b[2Jb\u0007\u009bc\u202ed`);
    io.out(`${JSON.stringify({ text })}\n`);
    expect(JSON.parse(written.pop() ?? "")).toEqual({ text });
    io.out("one\ttwo 三 👩‍🔧\n");
    expect(written.pop()).toBe("one\ttwo 三 👩‍🔧\n");
  });

  test("lets a line be drawn over, and nothing else", () => {
    io.err(`${REDRAW}50 %${REDRAW}`);
    expect(written.pop()).toBe(String.raw`${REDRAW}50 %\u000d\u001b[K`);
  });
});

test("pontus log steers no terminal by what a file says of itself", async () => {
  const service = await startService();
  try {
    const file = join(service.home.media, "in.mkv");
    // CSI in one character: ffmpeg leaves it in what it writes.
    const title = "title=\u009b2J";
    await ffmpeg(["-f", "lavfi", "-i", "sine=d=0.2", "-metadata", title, file]);
    const env = { PONTUS_URL: service.url, PONTUS_DATA_DIR: service.home.data };
    const args = ["submit", "in.mkv", "out.mp3", "-p", "audio_mp3_128kbps"];
    const id = (await pontus(args, env)).out.trim();
    await service.until(id, hasEnded);
    const { out } = await pontus(["log", id], env);
    expect(out).toContain(String.raw`\u009b2J`);
    expect(out).not.toContain("\u009b");
  } finally {
    await service.stop();
  }
});

test("pontus client keeps other users from the file that its keys are redirected to", () => {
  const home = newHome();
  const env = {
    ...process.env,
    PONTUS_DATA_DIR: home.data,
    PONTUS_MEDIA_ROOTS: home.media,
    PONTUS_CLIENTS: JSON.stringify([{ client_code: "a", public_key: "a", private_key: "a" }]),
    // Where nothing listens.
    PONTUS_PORT: "9",
  };
  const path = join(home.media, "keys.json");
  const run = (...args: string[]): number => {
    const out = openSync(path, "w", 0o644);
    fchmodSync(out, 0o644);
    const { status } = spawnSync(process.execPath, ["src/main.cli.bun.ts", "client", ...args], {
      env,
      stdio: ["ignore", out, "ignore"],
    });
    closeSync(out);
    expect(status).toBe(0);
    return statSync(path).mode & 0o777;
  };
  expect(run("add", "ada")).toBe(0o600);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ client_code: "ada" });
  expect(run("rotate", "ada")).toBe(0o600);
  expect(run("list")).toBe(0o644);
});
