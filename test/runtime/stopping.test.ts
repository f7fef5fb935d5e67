import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, processIdentity } from "../../src/lib/process-identity.ts";
import { clip } from "../fixtures/clips.ts";
import { childrenRunning } from "../fixtures/native-engine.ts";
import { BUN, DENO_PROGRAM, deno } from "../fixtures/runtimes.ts";
import { eventually, newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Long enough to be met while it is encoded, on a fast machine too. */
const LONG = { width: 1280, height: 720, rate: "30", seconds: 20 } as const;

/** The encoders that a service runs, stopped, so that they do not end when they are asked to. */
async function stuckEncoders(service: RunningService): Promise<readonly number[]> {
  const id = await service.create({
    source: { source_url: "long.mp4" },
    profile_name: "video_mp4_1280x720_1728kbps",
    targets: [{ target_url: "out.mp4" }],
  });
  await service.until(id, (task) => (task.progress?.out_time_seconds ?? 0) > 0);
  const encoders = childrenRunning(service.pid).filter(
    (child) => readFileSync(`/proc/${child}/comm`, "utf8") === "ffmpeg\n",
  );
  for (const encoder of encoders) process.kill(encoder, "SIGSTOP");
  return encoders;
}

/** Waits until the service has logged this. */
const logged = (service: RunningService, text: string) =>
  eventually(() => (service.log().includes(text) ? true : undefined));

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
] as const)("signals on %s", (_, command) => {
  test("to stop: the second one changes nothing, the third one ends it and says what is left", async () => {
    const home = newHome();
    copyFileSync(await clip(LONG), join(home.media, "long.mp4"));
    const service = await startService(home, { PONTUS_STOP_GRACE_SECONDS: "600" }, command);
    const encoders = await stuckEncoders(service);
    expect(encoders).toHaveLength(1);
    try {
      const ended = service.stop("SIGTERM");
      await logged(service, "Pontus is stopping: SIGTERM");
      // Two that come together are one.
      await Bun.sleep(100);
      process.kill(service.pid, "SIGTERM");
      await logged(service, "another SIGTERM ends it at once");
      await Bun.sleep(100);
      process.kill(service.pid, "SIGTERM");
      expect(await ended).toBe(1);
      await logged(service, "it leaves a running task and its encoders");
    } finally {
      for (const encoder of encoders) process.kill(encoder, "SIGKILL");
    }
  });
});

describe.each([
  ["npx --yes bun run start", ["npx", "--yes", "bun", "run", "start"]],
  ["bun run start", [process.execPath, "run", "start"]],
  ["deno task start", [DENO_PROGRAM, "task", "start"]],
] as const)("%s", (_, command) => {
  test("stops the service when it is told to stop", async () => {
    const service = await startService(newHome(), {}, command);
    const started = childrenRunning(service.pid).flatMap((pid) => processIdentity(pid) ?? []);
    expect(started).not.toEqual([]);
    await service.stop("SIGTERM");
    await logged(service, "Pontus has stopped");
    const answer = () =>
      fetch(`${service.url}/healthz`).then(
        () => undefined,
        () => true,
      );
    expect(await eventually(answer)).toBe(true);
    await eventually(() => !started.some(isAlive) || undefined);
  });
});
