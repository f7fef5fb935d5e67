import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
    let isCancelled = false;
    const credentials = service.credentials;
    const answer = await followTask(new ServiceCalls(service.url, credentials), id, {
      onChange: (standing) => {
        told.push(standing);
        if (isCancelled || standing.progress === undefined) return;
        isCancelled = true;
        void post("cancel");
      },
      signal: new AbortController().signal,
    });
    expect(answer).toMatchObject({ task_status: "CANCELLED", attempt: 2 });
    const states = told.map(({ task_status, attempt }) => `${task_status} ${attempt}`);
    expect(states.slice(0, -1)).toEqual(states.slice(0, -1).fill("RUNNING 2"));
    expect(states.at(-1)).toBe("CANCELLED 2");
    expect(states.length).toBeGreaterThan(1);
    // What the run has come to is not taken back.
    const since = told.findIndex(({ progress }) => progress !== undefined);
    expect(told.slice(since).length).toBeGreaterThan(1);
    for (const { progress } of told.slice(since)) expect(progress).toBeDefined();
  });
});

describe("followTask, of a service that goes away", () => {
  const TASK = {
    task_id: "a",
    source: { source_url: "in.mp4" },
    profile_name: "p",
    targets: [],
    create_time: "2026-11-30T00:00:00Z",
  };
  const keys = { client_code: "c", public_key: "p", private_key: "k" };

  test("looks again and again where there are no events, and waits where an answer is cut off", async () => {
    const looks: string[] = [];
    const server = createServer((request, response) => {
      if (request.url?.endsWith("/events")) {
        const error = { code: "TooManyRequests", message: "Too many streams" };
        response.writeHead(429).end(JSON.stringify({ error }));
        return;
      }
      const task_status = looks.length < 3 ? "RUNNING" : "SUCCESS";
      looks.push(task_status);
      const text = JSON.stringify({ ...TASK, task_status });
      response.writeHead(200, { "Content-Length": text.length });
      // The third answer ends in the middle.
      if (looks.length === 3) response.write(text.slice(0, 9), () => response.destroy());
      else response.end(text);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const told: string[] = [];
    const answer = await followTask(new ServiceCalls(url, keys), "a", {
      onChange: ({ task_status }) => told.push(task_status),
      signal: new AbortController().signal,
    });
    server.close();
    expect(answer).toEqual({ ...TASK, task_status: "SUCCESS" });
    expect(told).toEqual(["RUNNING", "RUNNING", "SUCCESS"]);
    expect(looks).toHaveLength(4);
  });
});
