import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { type RunningFleet, startFleet } from "../fixtures/fleet.ts";
import { eventually, type RunningService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** Longer than the time in which two signals are taken for one. */
const ANOTHER_SIGNAL_MS = 150;

let fleet: RunningFleet;
let api: RunningService;

beforeAll(async () => {
  fleet = await startFleet();
  api = await fleet.node("api");
  await copyFile(await clip({ seconds: 5 }), join(fleet.media, "source.mp4"));
});

afterAll(() => fleet.stop());

const create = (target: string): Promise<string> =>
  api.create({
    source: { source_url: "source.mp4" },
    profile_name: "video_mp4_1280x720_1728kbps",
    targets: [{ target_url: target }],
  });

/** Starts a worker, the only one at that time, which takes a task up. */
async function workerThatRuns(id: string, env: Readonly<Record<string, string>> = {}) {
  const worker = await fleet.node("worker", env);
  await api.until(id, ({ task_status }) => task_status === "RUNNING");
  return worker;
}

test("a worker that is stopped gives its task back or finishes it, as it is set up", async () => {
  const id = await create("out.mp4");
  const gives = await workerThatRuns(id);
  expect(await gives.stop("SIGTERM")).toBe(0);
  expect(await api.task(id)).toMatchObject({ task_status: "PENDING", attempt: 1 });

  const hurried = await workerThatRuns(id, { PONTUS_DRAIN: "finish" });
  process.kill(hurried.pid, "SIGTERM");
  await eventually(() => hurried.log().includes("Pontus is stopping") || undefined);
  await Bun.sleep(ANOTHER_SIGNAL_MS);
  expect(await api.task(id)).toMatchObject({ task_status: "RUNNING", attempt: 2 });
  expect(await hurried.stop("SIGTERM")).toBe(0);
  expect(await api.task(id)).toMatchObject({ task_status: "PENDING", attempt: 2 });
  expect(existsSync(join(fleet.media, "out.mp4"))).toBe(false);

  const finishes = await workerThatRuns(id, { PONTUS_DRAIN: "finish" });
  const next = await create("next.mp4");
  expect(await finishes.stop("SIGTERM")).toBe(0);
  expect(await api.task(id)).toMatchObject({ task_status: "SUCCESS", attempt: 3 });
  expect(existsSync(join(fleet.media, "out.mp4"))).toBe(true);
  const left = await api.task(next);
  expect(left.task_status).toBe("PENDING");
  expect(left).not.toHaveProperty("attempt");
});
