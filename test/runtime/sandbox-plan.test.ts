import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { TaskLogAnswer, TaskPlanAnswer } from "../../src/http/schemas/plan-schemas.ts";
import { clip } from "../fixtures/clips.ts";
import { startMediaServer } from "../fixtures/media-server.ts";
import { startSandboxed } from "../fixtures/sandbox.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

test("a plan in a sandbox is what a run does, and is made of a source that is read in place", async () => {
  const server = await startMediaServer();
  const film = readFileSync(await clip());
  server.files.set("/in.mp4", film);
  const service = await startSandboxed(server);
  try {
    const body = {
      source: { source_url: server.url("/in.mp4") },
      profile_name: "video_mkv_transmux",
      targets: [{ target_url: server.url("/out.mkv") }],
    };
    const answer = await service.call("/api/v1/task/transcoding/plan", { body });
    const { source, error, steps = [] } = (await answer.json()) as TaskPlanAnswer;
    expect([answer.status, error, source.size_bytes]).toEqual([200, undefined, film.length]);
    expect(steps).not.toEqual([]);
    expect([...server.files.keys()]).toEqual(["/in.mp4"]);
    const id = await service.create(body);
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    const log = await service.call(`/api/v1/task/transcoding/${id}/log`);
    const { attempts } = (await log.json()) as TaskLogAnswer;
    expect(attempts[0]?.decisions.filter((told) => told.startsWith("Runs ffmpeg"))).toEqual(
      steps.map((step) => `Runs ffmpeg (${step.name}): ${step.arguments.join(" ")}`),
    );
  } finally {
    await service.stop();
    await server.close();
  }
});
