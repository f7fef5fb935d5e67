import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import {
  configureLogging,
  disposeLogging,
  type LoggingOptions,
  onLogLine,
} from "../../src/config/logging.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let file: FileHandle | undefined;

afterEach(async () => {
  await disposeLogging();
  await file?.close();
});

/** What is written while an action runs. */
async function logged(
  options: Omit<LoggingOptions, "descriptor">,
  action: () => void,
): Promise<string> {
  const path = join(tempFolder(), "log");
  await file?.close();
  file = await open(path, "w");
  await configureLogging({ ...options, descriptor: file.fd });
  action();
  await disposeLogging();
  return readFile(path, "utf8");
}

describe("configureLogging", () => {
  test("writes JSON where there is no terminal, of the level and above", async () => {
    const log = getLogger(["pontus", "worker"]);
    const text = await logged({ level: "warning", format: "auto" }, () => {
      log.info("too quiet");
      log.warn("one {n}", { n: 1 });
      log.fatal("two");
    });
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ level, logger, message }) => [level, logger, message])).toEqual([
      ["warning", "pontus.worker", "one 1"],
      ["fatal", "pontus.worker", "two"],
    ]);
  });

  test("writes the access log whatever the level is, once, and only where it is asked for", async () => {
    const access = () => getLogger(["pontus", "access"]).info("GET / 200");
    const options = { level: "error", format: "json" } as const;
    const text = await logged({ ...options, hasAccessLog: true }, () => {
      access();
      getLogger(["pontus"]).warn("too quiet");
    });
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).message),
    ).toEqual(["GET / 200"]);
    const both = await logged({ ...options, level: "info", hasAccessLog: true }, access);
    expect(both.trim().split("\n")).toHaveLength(1);
    expect(await logged({ ...options, level: "info" }, access)).toBe("");
  });

  test("tells of warnings and errors that are written", async () => {
    const levels: string[] = [];
    onLogLine((level) => levels.push(level));
    const log = getLogger(["pontus"]);
    await logged({ level: "warning", format: "json" }, () => {
      log.info("too quiet");
      log.warn("one");
      log.error("two");
    });
    onLogLine(undefined);
    await logged({ level: "warning", format: "json" }, () => log.warn("three"));
    expect(levels).toEqual(["warning", "error"]);
  });

  test("writes text in colours on a terminal", () => {
    const program = `
      const { configureLogging, disposeLogging } = await import("./src/config/logging.ts");
      await configureLogging({ level: "info", format: "auto" });
      (await import("@logtape/logtape")).getLogger(["pontus"]).info("hello");
      await disposeLogging();
    `;
    // util-linux's, which gives a program a terminal.
    const asked = ["-qec", `"$BUN" -e '${program}'`, "/dev/null"];
    const env: NodeJS.ProcessEnv = { ...process.env, BUN: process.execPath };
    delete env["NO_COLOR"];
    const shown = execFileSync("script", asked, { env, encoding: "utf8" });
    expect(shown).toContain("\u001b[");
    expect(shown).toContain("hello");
    expect(shown).not.toContain('"level"');
  });

  test("writes text where it is asked to, without colours into a file", async () => {
    const text = await logged({ level: "info", format: "text" }, () =>
      getLogger(["pontus"]).info("hello"),
    );
    expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INF pontus: hello\n$/);
  });
});

describe("disposeLogging", () => {
  test("waits for every line that was logged", async () => {
    const text = await logged({ level: "info", format: "json" }, () => {
      for (let n = 0; n < 5000; n++) getLogger(["pontus"]).info("line {n}", { n });
    });
    expect(text.trim().split("\n")).toHaveLength(5000);
  });
});
