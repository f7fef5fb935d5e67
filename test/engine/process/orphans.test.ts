import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { noteEncoder } from "../../../src/engine/process/orphans.ts";
import { isAlive, type ProcessIdentity } from "../../../src/lib/process-identity.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { openNative } from "../../fixtures/native-engine.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const engine = openNative({ graceMs: 1_000 });

describe("NativeEngine.prototype.endOrphans", () => {
  test("ends the encoder of an instance that was killed, and knows it a second time no more", async () => {
    const script = fileURLToPath(import.meta.resolve("../../fixtures/endless-encoder.ts"));
    const instance = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const [printed] = await once(instance.stdout, "data");
    const folder = String(printed).trim();
    instance.kill("SIGKILL");
    await once(instance, "exit");
    try {
      const [note = ""] = readdirSync(folder).filter((name) => name.startsWith("encoder-"));
      const orphan: ProcessIdentity = JSON.parse(readFileSync(join(folder, note), "utf8"));
      expect(isAlive(orphan)).toBe(true);
      // The work folder is somewhere below what the dead instance owned.
      expect(await (await engine).endOrphans(dirname(folder))).toBe(1);
      expect(isAlive(orphan)).toBe(false);
      expect(existsSync(join(folder, note))).toBe(false);
      expect(await (await engine).endOrphans(dirname(folder))).toBe(0);
    } finally {
      rmSync(dirname(folder), { recursive: true, force: true });
    }
  });

  test("leaves another process that has the pid by now alone", async () => {
    const folder = tempFolder();
    const stranger = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    const pid = stranger.pid ?? 0;
    try {
      mkdirSync(join(folder, "0"));
      const note = join(folder, "0", `encoder-${pid}.json`);
      writeFileSync(note, JSON.stringify({ pid, startTime: "another time" }));
      expect(await (await engine).endOrphans(folder)).toBe(0);
      expect(process.kill(pid, 0)).toBe(true);
      expect(existsSync(note)).toBe(false);
    } finally {
      stranger.kill("SIGKILL");
    }
  });

  test("passes over notes that were cut off, and folders that are not there", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "encoder-1.json"), '{"pid":');
    writeFileSync(join(folder, "encoder-2.json"), "{}");
    expect(await (await engine).endOrphans(folder)).toBe(0);
    expect(await (await engine).endOrphans(join(folder, "missing"))).toBe(0);
  });
});

describe("noteEncoder", () => {
  test("writes who the encoder is, until it is taken back", () => {
    const folder = tempFolder();
    const forget = noteEncoder(folder, process.pid);
    const path = join(folder, `encoder-${process.pid}.json`);
    expect(isAlive(JSON.parse(readFileSync(path, "utf8")))).toBe(true);
    forget();
    expect(readdirSync(folder)).toEqual([]);
  });
});
