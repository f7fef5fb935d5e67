import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/db/database.ts";
import { events } from "../../src/db/schema.ts";
import { clip } from "../fixtures/clips.ts";
import {
  type Answer,
  hang,
  type MediaServer,
  part,
  startMediaServer,
  status,
} from "../fixtures/media-server.ts";
import { hasEnded, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SECRET = "hunter2";

let service: RunningService;
let server: MediaServer;
let film: Buffer;

beforeAll(async () => {
  const path = await clip({ seconds: 2 });
  film = readFileSync(path);
  server = await startMediaServer();
  server.files.set("/in.mp4", film);
  service = await startService(undefined, {
    PONTUS_HTTP_TIMEOUT_SECONDS: "1",
    PONTUS_ATTEMPTS_MAX: "1",
  });
  copyFileSync(path, join(service.home.media, "in.mp4"));
});

afterAll(async () => {
  await service.stop();
  await server.close();
});

/** With credentials in user info and query. */
const secret = (path: string) =>
  `${server.url(path).replace("http://", `http://ann:${SECRET}@`)}?token=${SECRET}`;

const request = (source_url: string, ...target_urls: string[]) => ({
  source: { source_url },
  profile_name: "video_mp4_320x240_240kbps",
  targets: target_urls.map((target_url) => ({ target_url })),
});

describe("a task over HTTP", () => {
  test("fetches its source and sends every target, each the same bytes as a file target", async () => {
    const body = request(
      server.url("/in.mp4"),
      server.url("/a.mp4"),
      server.url("/b.mp4"),
      "c.mp4",
    );
    const id = await service.create(body);
    const task = await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    const made = readFileSync(join(service.home.media, "c.mp4"));
    expect(server.files.get("/a.mp4")?.equals(made)).toBe(true);
    expect(server.files.get("/b.mp4")?.equals(made)).toBe(true);
    expect(task.targets.map(({ output }) => output?.size_bytes)).toEqual(
      Array(3).fill(made.length),
    );
  });

  test("sends a set that plays", async () => {
    const id = await service.create({
      ...request(server.url("/in.mp4"), server.url("/live/set.m3u8")),
      profile_name: "video_hls_320x240_240kbps",
    });
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
    const playlist = server.files.get("/live/set.m3u8")?.toString() ?? "";
    const segments = playlist.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(segments.length).toBeGreaterThan(0);
    for (const segment of segments) expect(server.files.has(`/live/${segment}`)).toBe(true);
  });

  test("goes on fetching where its connection was cut", async () => {
    server.files.set("/cut.mp4", film);
    server.next("/cut.mp4", [part(film, film.length >> 1, "cut"), status(503)]);
    const id = await service.create(request(server.url("/cut.mp4"), "cut.mp4"));
    await service.until(id, ({ task_status }) => task_status === "SUCCESS");
  });
});

describe("a task over HTTP that fails", () => {
  const answers: readonly (readonly [string, Answer, string, string])[] = [
    ["401", status(401), "ParameterError", "credentials are missing or wrong"],
    ["404", status(404), "ParameterError", "there is no such file"],
    ["500", status(500), "ParameterError", "the server answered 500"],
    ["loop", status(302, { location: "/loop.mp4" }), "ParameterError", "redirects more than 5"],
    ["hang", hang, "TimeOut", "nothing moved for 1 s"],
    ["text", (_, response) => void response.end("no film"), "InvalidInputData", ""],
  ];
  test.each(answers)("for its source (%s) says why", async (name, answer, code, detail) => {
    server.next(`/${name}.mp4?token=${SECRET}`, [answer], "stays");
    server.next(`/${name}.mp4`, [answer], "stays");
    const id = await service.create(request(secret(`/${name}.mp4`), secret("/o.mp4")));
    const task = await service.until(id, hasEnded);
    expect(task.error).toMatchObject({ code, detail: expect.stringContaining(detail) });
    expect(JSON.stringify(task)).not.toContain(SECRET);
    expect(server.files.has("/o.mp4")).toBe(false);
  });

  test("for one target delivers the others, and tells the credentials of none", async () => {
    server.next(`/denied.mp4?token=${SECRET}`, [status(403)], "stays");
    server.next(`/full.mp4?token=${SECRET}`, [status(507)], "stays");
    const names = ["/denied.mp4", "/full.mp4", "/good.mp4"];
    const id = await service.create(request("in.mp4", ...names.map(secret)));
    const task = await service.until(id, hasEnded);
    expect(task.error?.code).toBe("OutputNotSupported");
    expect(task.targets.map(({ error }) => error?.detail?.split(": ").at(-1))).toEqual([
      "the server answered 403, access is forbidden",
      "the server answered 507, no space is left there",
      undefined,
    ]);
    expect(task.targets[2]).toMatchObject({ target_status: "SUCCESS" });
    expect(JSON.stringify(task)).not.toContain(SECRET);
  });

  test("has left no credentials in log and events", async () => {
    const id = await service.create(request(secret("/none.mp4"), secret("/o.mp4")));
    await service.until(id, hasEnded);
    expect(service.log()).toContain(id);
    expect(service.log()).not.toContain(SECRET);
    const database = openDatabase(join(service.home.data, "pontus.db"));
    const told = JSON.stringify(database.orm.select().from(events).all());
    database.close();
    expect(told).toContain("there is no such file");
    expect(told).not.toContain(SECRET);
  });
});
