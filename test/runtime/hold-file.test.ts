import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bunRuntime } from "../../src/runtime/bun.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { mountTmpfs } from "../fixtures/mounts.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { eventually } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { holdFile } = bunRuntime;
const SCRIPT = fileURLToPath(import.meta.resolve("../fixtures/holding-process.ts"));

type Holder = {
  readonly process: ChildProcess;
  readonly held: string;
  readonly childPid?: number;
};

/** Starts a process that tries to hold a file, with the service's own permissions on Deno. */
async function startHolder(
  service: readonly string[],
  path: string,
  ...more: readonly string[]
): Promise<Holder> {
  const [program = "", ...args] = service.with(-1, SCRIPT);
  const holder = spawn(program, [...args, path, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(holder.stdout, "data");
  return { process: holder, ...JSON.parse(String(line)) };
}

async function kill({ process: holder }: Holder): Promise<void> {
  const exited = once(holder, "exit");
  holder.kill("SIGKILL");
  await exited;
}

const RUNTIMES = [
  ["Bun", BUN],
  ["Deno", deno()],
] as const;

describe.each(RUNTIMES)("a file that a process on %s holds", (_, service) => {
  test.each(RUNTIMES)("is free for one on %s as soon as that is killed", async (__, other) => {
    const path = join(tempFolder(), "held");
    const first = await startHolder(service, path);
    const second = await startHolder(other, path);
    await kill(first);
    const third = await startHolder(other, path);
    expect([first.held, second.held, third.held]).toEqual(["held", "not held", "held"]);
    await Promise.all([second, third].map(kill));
  });

  test("is free although a child lives on", async () => {
    const path = join(tempFolder(), "held");
    const holder = await startHolder(service, path, "child");
    const childPid = holder.childPid ?? 0;
    const program = () => readFileSync(`/proc/${childPid}/comm`, "utf8");
    // The kernel closes the file in the child when that becomes ffmpeg, which on a busy machine is after the spawn.
    await eventually(() => program() === "ffmpeg\n" || undefined);
    expect(holdFile(path)).toBeUndefined();
    await kill(holder);
    try {
      const letGo = holdFile(path);
      expect(program()).toBe("ffmpeg\n");
      expect(letGo).toBeFunction();
      letGo?.();
    } finally {
      process.kill(childPid, "SIGKILL");
    }
  });

  test("is not free while it is stopped", async () => {
    const path = join(tempFolder(), "held");
    const holder = await startHolder(service, path);
    holder.process.kill("SIGSTOP");
    try {
      expect(holdFile(path)).toBeUndefined();
    } finally {
      await kill(holder);
    }
  });
});

test("a read-only folder is an error, and not taken for a file that another holds", () => {
  const folder = tempFolder();
  const unmount = mountTmpfs(folder, "ro");
  if (!unmount) return;
  try {
    expect(() => holdFile(join(folder, "held"))).toThrow("EROFS");
  } finally {
    unmount();
  }
});
