import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { followTask, type Standing } from "../../../src/cli/calls/follow.ts";
import { ServiceCalls } from "../../../src/cli/calls/service-calls.ts";
import { freeUdpPort } from "../../fixtures/live-peers.ts";
import { type RunningService, startService } from "../../fixtures/service.ts";

setDefaultTimeout(60_000);

let service: RunningService;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe("followTask", () => {
  test("begins with how the task stands, and tells nothing that was before", async () => {
    // It runs as long as nobody sends.
    const id = await service.create({
      source: { source_url: `srt://:${await freeUdpPort()}?mode=listener` },
      profile_name: "video_mp4_640x360_520kbps",
      targets: [{ target_url: "out/live.mp4" }],
    });
    const post = (verb: string) =>
      service.call(`/api/v1/task/transcoding/${id}/${verb}`, { method: "POST" });
    const runs = (attempt: number) =>
      service.until(id, (task) => task.attempt === attempt && task.task_status === "RUNNING");
    await runs(1);
    await post("cancel");
    await service.until(id, ({ task_status }) => task_status === "CANCELLED");
    await post("retry");
    await runs(2);

    const told: Standing[] = [];
    const credentials = service.credentials;
    const answer = await followTask(new ServiceCalls(service.url, credentials), id, {
      onChange: (standing) => {
        if (told.push(standing) === 1) void post("cancel");
      },
      signal: new AbortController().signal,
    });
    expect(answer).toMatchObject({ task_status: "CANCELLED", attempt: 2 });
    const states = told.map(({ task_status, attempt }) => `${task_status} ${attempt}`);
    expect(states.slice(0, -1)).toEqual(states.slice(0, -1).fill("RUNNING 2"));
    expect(states.at(-1)).toBe("CANCELLED 2");
    expect(states.length).toBeGreaterThan(1);
    // What the run had come to by then is not taken back.
    expect(told.filter(({ progress }) => progress === undefined).length).toBeLessThanOrEqual(1);
  });
});
