import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { guarded, REDRAW } from "../../src/cli/io.ts";
import { ffmpeg } from "../fixtures/clips.ts";
import { pontus } from "../fixtures/command-line.ts";
import { hasEnded, startService } from "../fixtures/service.ts";

setDefaultTimeout(60_000);

describe("guarded", () => {
  const written: string[] = [];
  const add = (text: string): void => {
    written.push(text);
  };
  const io = guarded({ out: add, err: add, isTerminal: true, columns: 80 });

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
