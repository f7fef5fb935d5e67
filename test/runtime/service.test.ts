import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { asc } from "drizzle-orm";
import { openDatabase } from "../../src/db/database.ts";
import { events } from "../../src/db/schema.ts";
import { clip } from "../fixtures/clips.ts";
import { childrenRunning } from "../fixtures/native-engine.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { type Home, newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Long enough to be met while it is encoded, on a fast machine too. */
const LONG = { width: 1280, height: 720, rate: "30", seconds: 20 } as const;

const services: RunningService[] = [];

async function start(command: readonly string[], home: Home): Promise<RunningService> {
  const service = await startService(home, {}, command);
  services.push(service);
  return service;
}

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop("SIGKILL")));
});

async function homeWith(name: string, path: Promise<string>): Promise<Home> {
  const home = newHome();
  copyFileSync(await path, join(home.media, name));
  return home;
}

const request = (source: string, ...targets: readonly string[]) => ({
  source: { source_url: source },
  profile_name: "video_mp4_1280x720_1728kbps",
  targets: targets.map((target_url) => ({ target_url })),
});

/** The types of all events that a service wrote, in their order. */
function eventTypes({ data }: Home): string[] {
  const database = openDatabase(join(data, "pontus.db"));
  try {
    const rows = database.orm.select().from(events).orderBy(asc(events.seq)).prepare().all();
    return rows.map(({ type }) => type);
  } finally {
    database.close();
  }
}

/** Pids of the encoders that a service runs. */
const encodersOf = ({ pid }: RunningService): number[] =>
  childrenRunning(pid).filter(
    (child) => readFileSync(`/proc/${child}/comm`, "utf8") === "ffmpeg\n",
  );

/** Waits until a task is being encoded. */
async function encoding(service: RunningService, id: string): Promise<void> {
  await service.until(id, (task) => (task.progress?.out_time_seconds ?? 0) > 0);
}

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
] as const)("the service on %s", (_, command) => {
  test("makes every target of a task, and tells what happened", async () => {
    const home = await homeWith("in.mp4", clip());
    const service = await start(command, home);
    const id = await service.create(request("in.mp4", "out/a.mp4", "out/b.mp4"));
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.targets.map(({ target_status, output }) => [target_status, output])).toEqual(
      Array(2).fill(["SUCCESS", expect.objectContaining({ container: "mp4" })]),
    );
    expect(task.targets[0]?.output?.video).toMatchObject({ codec: "h264", width: 1280 });
    expect(await service.stop()).toBe(0);
    expect(readdirSync(join(home.media, "out")).sort()).toEqual(["a.mp4", "b.mp4"]);
    const types = eventTypes(home);
    expect(types.slice(0, 2)).toEqual(["created", "started"]);
    expect(types.at(-1)).toBe("ended");
    expect(service.log()).not.toMatch(/"level":"(error|fatal|warning)"(?!.*No client)/);
  });

  test("takes its tasks up again after it was killed", async () => {
    const home = await homeWith("long.mp4", clip(LONG));
    const first = await start(command, home);
    const id = await first.create(request("long.mp4", "out/long.mp4"));
    await encoding(first, id);
    await first.stop("SIGKILL");
    const second = await start(command, home);
    const task = await second.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.attempts.map(({ attempt, error }) => [attempt, error?.code])).toEqual([
      [1, "InternalError"],
      [2, undefined],
    ]);
    expect(readdirSync(join(home.media, "out"))).toEqual(["long.mp4"]);
    // Of the killed one's scratch nothing is left.
    expect(readdirSync(join(home.data, "scratch"))).toHaveLength(1);
  });

  test("ends its encoder when it is asked to stop, and gives the task back", async () => {
    const home = await homeWith("long.mp4", clip(LONG));
    const first = await start(command, home);
    const id = await first.create(request("long.mp4", "out/long.mp4"));
    await encoding(first, id);
    const encoders = encodersOf(first);
    expect(encoders).not.toBeEmpty();
    expect(await first.stop("SIGTERM")).toBe(0);
    expect(encoders.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(readdirSync(join(home.data, "scratch"))).toEqual([]);
    const second = await start(command, home);
    const task = await second.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test("ends the encoder of a task that is cancelled", async () => {
    const service = await start(command, await homeWith("long.mp4", clip(LONG)));
    const id = await service.create(request("long.mp4", "out/long.mp4"));
    await encoding(service, id);
    expect(encodersOf(service)).toHaveLength(1);
    await service.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
    await service.until(id, ({ task_status }) => task_status === "CANCELLED");
    expect(encodersOf(service)).toEqual([]);
  });

  test("leaves a second service on the same folders alone", async () => {
    const home = await homeWith("long.mp4", clip(LONG));
    const first = await start(command, home);
    const id = await first.create(request("long.mp4", "out/long.mp4"));
    await encoding(first, id);
    await start(command, home);
    const task = await first.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(task.attempts).toHaveLength(1);
  });
});
