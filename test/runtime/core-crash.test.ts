import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import {
  eventually,
  hasEnded,
  newHome,
  type RunningService,
  scratchBytes,
  startService,
} from "../fixtures/service.ts";
import { spoilCore } from "../fixtures/spoil-core.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const services: RunningService[] = [];

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop("SIGKILL")));
});

const request = (profile_name: string, source_url: string, target_url: string) => ({
  source: { source_url },
  profile_name,
  targets: [{ target_url }],
});

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
] as const)("the service on %s", (_, command) => {
  test("fails a task whose core crashes, and goes on with the next", async () => {
    const home = newHome();
    copyFileSync(await clip(), join(home.media, "in.mp4"));
    const long = clip({ seconds: 60, width: 640, height: 360, audio: false });
    copyFileSync(await long, join(home.media, "long.mp4"));
    const service = await startService(home, { PONTUS_ENGINE: "wasm" }, command);
    services.push(service);

    const id = await service.create(
      request("video_mp4_640x360_520kbps", "long.mp4", "out/long.mp4"),
    );
    // A cause of this kind is tried once more.
    for (const attempt of [1, 2]) {
      await service.until(id, (task) => task.attempt === attempt);
      // Progress is told once a second: on many cores it would be done by then.
      await eventually(() => (scratchBytes(home) > 0 ? true : undefined));
      spoilCore(service.pid);
    }
    const task = await service.until(id, hasEnded);
    expect(task).toMatchObject({
      task_status: "FAILED",
      error: {
        code: "InternalError",
        detail: expect.stringMatching(
          /^Cannot go on: the WebAssembly core crashed, at [\d.]+ s \(of the source "long\.mp4"\)$/,
        ),
      },
    });
    expect(task.attempts.map(({ error }) => error?.code)).toEqual([
      "InternalError",
      "InternalError",
    ]);

    // By itself, and not by anything of ours.
    expect(service.log()).toMatch(/"cause":"RuntimeError: /);

    const answer = await fetch(`${service.url}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain("still run");
    const next = await service.create(request("video_mp4_320x240_240kbps", "in.mp4", "out/a.mp4"));
    await service.until(next, ({ task_status }) => task_status === "SUCCESS");
    expect(readdirSync(join(home.media, "out"))).toEqual(["a.mp4"]);
    expect(await service.stop()).toBe(0);
    expect(readdirSync(join(home.data, "scratch"))).toEqual([]);
  });
});
