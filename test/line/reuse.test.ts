import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskPlanAnswer } from "../../src/http/schemas/plan-schemas.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { startMediaServer } from "../fixtures/media-server.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { hasEnded, newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const ON = { PONTUS_RESULT_CACHE_BYTES: "100000000" };

const request = (
  target_url: string,
  source_url = "in.mp4",
  profile_name = "video_mp4_320x240_240kbps",
) => ({
  source: { source_url },
  profile_name,
  targets: [{ target_url }],
});

/** What a task has made. */
async function outputOf(service: RunningService, body: object) {
  const task = await service.until(await service.create(body), hasEnded);
  expect(task.error).toBeUndefined();
  const output = task.targets[0]?.output;
  if (!output) throw new Error("the task has no output");
  return output;
}

async function planOf(service: RunningService, body: object) {
  const answer = await service.call("/api/v1/task/transcoding/plan", { body });
  return ((await answer.json()) as TaskPlanAnswer).outputs?.[0];
}

async function aHome() {
  const home = newHome();
  copyFileSync(await clip({ seconds: 1 }), join(home.media, "in.mp4"));
  return home;
}

describe("a service that keeps results", () => {
  test("encodes nothing twice, wherever the same bytes come from and go to, until it is told not to", async () => {
    const home = await aHome();
    const server = await startMediaServer();
    server.files.set("/same.mp4", readFileSync(join(home.media, "in.mp4")));
    const set = "video_hls_adaptive";
    let service = await startService(home, ON);
    try {
      expect((await planOf(service, request("a.mp4")))?.reused).toBeUndefined();
      const first = await outputOf(service, request("a.mp4"));
      expect(await planOf(service, request("a.mp4"))).toMatchObject({ reused: true });
      const second = await outputOf(service, request("b.mp4", server.url("/same.mp4")));
      expect(second).toEqual({ ...first, reused: true });
      const sent = await outputOf(service, request(server.url("/c.mp4")));
      expect(sent).toEqual(second);
      expect(server.files.get("/c.mp4")).toEqual(readFileSync(join(home.media, "a.mp4")));
      const one = await outputOf(service, request("one.m3u8", "in.mp4", set));
      await service.stop("SIGKILL");
      service = await startService(home, ON);
      const two = await outputOf(service, request("two.m3u8", "in.mp4", set));
      expect(two).toEqual({ ...one, reused: true });
      const filesOf = (name: string) => readdirSync(join(home.media, name)).length;
      expect(filesOf("two")).toBe(filesOf("one"));
      expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(
        /pontus_results_total\{result="hit"\} 1\n/,
      );
      await service.stop();
      service = await startService(home);
      expect(existsSync(join(home.data, "results"))).toBe(false);
      expect((await outputOf(service, request("d.mp4"))).reused).toBeUndefined();
    } finally {
      await service.stop("SIGKILL");
      await server.close();
    }
  });

  test.each([
    ["Bun", BUN],
    ["Deno", deno()],
  ])("does so on %s with WebAssembly", async (_, command) => {
    const service = await startService(await aHome(), { ...ON, PATH: tempFolder() }, command);
    try {
      const first = await outputOf(service, request("a.mp4"));
      const second = await outputOf(service, request("b.mp4"));
      expect(second).toEqual({ ...first, reused: true });
    } finally {
      await service.stop("SIGKILL");
    }
  });
});
