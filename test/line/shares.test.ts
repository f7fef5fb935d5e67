import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../fixtures/clips.ts";
import { freeUdpPort } from "../fixtures/live-peers.ts";
import { eventually, newHome, type RunningService, startService } from "../fixtures/service.ts";
import { signedRequest } from "../fixtures/signed-client.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const TASKS = "/api/v1/task/transcoding";
const ADA = { client_code: "ada", public_key: "pk-ada", private_key: "the key of ada" };
const BOB = { client_code: "bob", public_key: "pk-bob", private_key: "the key of bob" };

const services: RunningService[] = [];

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop("SIGKILL")));
});

/** A service whose slots two clients share, with a clip in its media root. */
async function start(env: Readonly<Record<string, string>>): Promise<RunningService> {
  const home = newHome();
  copyFileSync(await clip(), join(home.media, "in.mp4"));
  const service = await startService(home, {
    PONTUS_CLIENTS: JSON.stringify([ADA, BOB]),
    PONTUS_LIVE_SOURCE_TIMEOUT_SECONDS: "600",
    ...env,
  });
  services.push(service);
  return service;
}

/** A stream that nobody sends. */
const aSilentStream = async (name: string) => ({
  source: { source_url: `udp://127.0.0.1:${await freeUdpPort()}` },
  profile_name: "video_mp4_transmux",
  targets: [{ target_url: `${name}.mp4` }],
});

const aFileTask = {
  source: { source_url: "in.mp4" },
  profile_name: "video_mp4_transmux",
  targets: [{ target_url: "out.mp4" }],
};

describe("live tasks whose sources never come", () => {
  test("leave a slot to files, and pending ones are refused beyond the limit", async () => {
    const service = await start({ PONTUS_CONCURRENCY: "2", PONTUS_CLIENT_PENDING_MAX: "2" });
    const first = await service.create(await aSilentStream("a"));
    await service.until(first, ({ task_status }) => task_status === "RUNNING");
    const second = await service.create(await aSilentStream("b"));
    const file = await service.create(aFileTask);
    await service.until(file, ({ task_status }) => task_status === "SUCCESS");
    expect((await service.task(second)).task_status).toBe("PENDING");
    await service.create(await aSilentStream("c"));
    const refused = await service.call(TASKS, { body: await aSilentStream("d") });
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "1"]);
  });

  test("run as many as the client may have, and no more, while another client's task runs", async () => {
    const service = await start({
      PONTUS_CONCURRENCY: "3",
      PONTUS_CLIENT_RUNNING_MAX: "1",
      PONTUS_LIVE_WAITING_MAX: "0",
    });
    const first = await service.create(await aSilentStream("a"));
    await service.until(first, ({ task_status }) => task_status === "RUNNING");
    const second = await service.create(await aSilentStream("b"));
    const ofBob = (path: string, options = {}) =>
      fetch(signedRequest(BOB, `${service.url}${path}`, options)).then((answer) => answer.json());
    const { task_id } = (await ofBob(TASKS, { body: aFileTask })) as { task_id: string };
    await eventually(async () => {
      const task = (await ofBob(`${TASKS}/${task_id}`)) as { task_status: string };
      return task.task_status === "SUCCESS" ? true : undefined;
    });
    expect((await service.task(second)).task_status).toBe("PENDING");
    await service.call(`${TASKS}/${first}/cancel`, { method: "POST" });
    await service.until(second, ({ task_status }) => task_status === "RUNNING");
  });
});
