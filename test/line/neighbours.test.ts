import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../../src/lib/process-identity.ts";
import { clip } from "../fixtures/clips.ts";
import { hang, type MediaServer, startMediaServer } from "../fixtures/media-server.ts";
import { BUN, denoAllowed } from "../fixtures/runtimes.ts";
import {
  encodersOf,
  eventually,
  type Home,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** Long enough to be met while it is encoded, on a fast machine too. */
const LONG = { width: 1280, height: 720, rate: "30", seconds: 12 } as const;

let home: Home;
let server: MediaServer;
const services: RunningService[] = [];

/** A service on the home that all share; with no slots it only answers. */
async function start(slots: number, command = BUN): Promise<RunningService> {
  const service = await startService(home, { PONTUS_CONCURRENCY: String(slots) }, command);
  services.push(service);
  return service;
}

beforeEach(async () => {
  home = newHome();
  server = await startMediaServer();
});

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop("SIGKILL")));
  await server.close();
});

const instances = () => readdirSync(join(home.data, "scratch"));

describe.each([
  ["Bun", BUN],
  ["Deno", denoAllowed()],
])("a neighbour on %s that lives on", (_, command) => {
  test("ends the encoder of one that was killed, empties its scratch and runs its task", async () => {
    copyFileSync(await clip(LONG), join(home.media, "long.mp4"));
    const killed = await start(1);
    const id = await killed.create({
      source: { source_url: "long.mp4" },
      profile_name: "video_mp4_1280x720_1728kbps",
      targets: [{ target_url: "out/long.mp4" }],
    });
    const orphan = await eventually(() => encodersOf(home).find(isAlive));
    const neighbour = await start(1, command);
    expect(instances()).toHaveLength(2);
    await killed.stop("SIGKILL");
    expect(isAlive(orphan)).toBe(true);
    const task = await neighbour.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(isAlive(orphan)).toBe(false);
    expect(task.attempts.map(({ error }) => error?.detail)).toEqual([
      "Cannot go on with attempt 1: its worker was lost",
      undefined,
    ]);
    expect(instances()).toHaveLength(1);
    expect(readdirSync(join(home.media, "out"))).toEqual(["long.mp4"]);
  });

  test("delivers what one that was killed had made, without encoding again", async () => {
    copyFileSync(await clip({ seconds: 2 }), join(home.media, "in.mp4"));
    const killed = await start(1);
    server.next("/a.mp4", [hang]);
    const id = await killed.create({
      source: { source_url: "in.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: server.url("/a.mp4") }],
    });
    await eventually(() => server.asked.length > 0 || undefined);
    const neighbour = await start(1, command);
    await killed.stop("SIGKILL");
    const task = await neighbour.until(id, ({ task_status }) => task_status === "SUCCESS");
    expect(server.files.get("/a.mp4")?.length).toBe(task.targets[0]?.output?.size_bytes ?? 0);
    expect(neighbour.log()).not.toContain(`Plan of task ${id}`);
    await eventually(() => instances().length === 1 || undefined);
    expect(existsSync(join(home.data, "kept", id))).toBe(false);
  });
});
