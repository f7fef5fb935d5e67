import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { LogWriter } from "../../src/config/log-writer.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const lossLine = (count: number) => `${count} lost\n`;
/** Longer than the 64 KiB that a pipe holds. */
const LINES = Array.from({ length: 300 }, (_, i) => `${i} ${"x".repeat(1000)}\n`);

/** A pipe by name, with a writing end of the given kind and a reading end. */
async function aPipe(
  flags = 0,
): Promise<{ readonly reader: FileHandle; readonly writer: FileHandle }> {
  const path = join(tempFolder(), "pipe");
  execFileSync("mkfifo", [path]);
  // Non-blocking only to be opened before there is a writer.
  const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: await open(path, constants.O_WRONLY | flags) };
}

async function readUntil(reader: FileHandle, isEnough: (text: string) => boolean): Promise<string> {
  const chunks: string[] = [];
  const buffer = Buffer.alloc(1 << 20);
  while (!isEnough(chunks.join(""))) {
    const { bytesRead } = await reader.read(buffer).catch(() => ({ bytesRead: 0 }));
    chunks.push(buffer.toString("utf8", 0, bytesRead));
    if (bytesRead === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return chunks.join("");
}

describe("LogWriter", () => {
  test.each([
    ["a pipe", 0],
    ["a non-blocking pipe", constants.O_NONBLOCK],
  ])("hands over every line in order to a slow reader of %s", async (_, flags) => {
    const { reader, writer } = await aPipe(flags);
    const log = new LogWriter(writer.fd, lossLine);
    for (const line of LINES) log.add(line);
    const drained = log.drain();
    const text = LINES.join("");
    expect(await readUntil(reader, (read) => read.length >= text.length)).toBe(text);
    await drained;
    await writer.close();
    await reader.close();
  });

  test("drops what nobody reads beyond its limit, and says how much that was", async () => {
    const { reader, writer } = await aPipe(constants.O_NONBLOCK);
    const log = new LogWriter(writer.fd, lossLine);
    const line = `${"x".repeat(99_999)}\n`;
    for (let i = 0; i < 200; i++) log.add(line);
    const text = await readUntil(reader, (read) => read.endsWith("lost\n"));
    const told = Number(/^(\d+) lost$/m.exec(text)?.[1]);
    expect(told).toBeGreaterThan(50);
    expect(text.match(/x\n/g)?.length).toBe(200 - told);
    await log.drain();
    await writer.close();
    await reader.close();
  });

  test("outlives its reader", async () => {
    const { reader, writer } = await aPipe();
    await reader.close();
    const log = new LogWriter(writer.fd, lossLine);
    log.add("to nobody\n");
    await log.drain();
    log.add("to nobody\n");
    await log.drain();
    await writer.close();
  });
});
