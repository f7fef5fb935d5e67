import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { startService } from "../src/app.ts";
import { ConfigError } from "../src/config/config.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { openSqlite } from "../src/db/sqlite.bun.ts";
import type { Readiness } from "../src/http/health.ts";
import type { TaskPlanAnswer } from "../src/http/schemas/plan-schemas.ts";
import { once } from "../src/lib/once.ts";
import { bunRuntime } from "../src/runtime/bun.ts";
import { clip, ffmpeg, tempFolder } from "./fixtures/clips.ts";
import { TASKS } from "./fixtures/http-app.ts";
import { logged } from "./fixtures/logged.ts";
import { startMediaServer } from "./fixtures/media-server.ts";
import { eventually, hasEnded, newHome, type TaskAnswer } from "./fixtures/service.ts";
import { type Credentials, signedRequest } from "./fixtures/signed-client.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const ADA: Credentials = { client_code: "ada", public_key: "pk-ada", private_key: "of ada" };
const PROFILE = "video_mp4_160x120_200kbps";

/** The service in this process, with folders of its own; it stops with the test. */
async function aService(
  env: Readonly<Record<string, string>> = {},
  home = newHome(),
  signal?: AbortSignal,
) {
  const settings = {
    PONTUS_PORT: "0",
    PONTUS_DATA_DIR: home.data,
    PONTUS_MEDIA_ROOTS: home.media,
    PONTUS_EGRESS: "open",
    PONTUS_CLIENTS: JSON.stringify([ADA]),
    ...env,
  };
  const { config } = parseConfig(settings, { cores: 1 });
  const started = await startService(config, bunRuntime, "1.2.3", signal);
  const service = { ...started, stop: once(started.stop) };
  onTestFinished(service.stop);
  const call = async (path: string, body?: unknown): Promise<Response> =>
    fetch(signedRequest(ADA, `${service.url}${path}`, body === undefined ? {} : { body }));
  /** Creates a task, and gives it once it has ended. */
  const done = async (source_url: string, target_url: string): Promise<TaskAnswer> => {
    const body = { source: { source_url }, profile_name: PROFILE, targets: [{ target_url }] };
    const { task_id } = (await (await call(TASKS, body)).json()) as { task_id: string };
    return eventually(async () => {
      const task = (await (await call(`${TASKS}/${task_id}`)).json()) as TaskAnswer;
      return hasEnded(task) ? task : undefined;
    });
  };
  /** What would become of such a task. */
  const planned = async (source_url: string, target_url: string): Promise<TaskPlanAnswer> => {
    const body = { source: { source_url }, profile_name: PROFILE, targets: [{ target_url }] };
    return (await (await call(`${TASKS}/plan`, body)).json()) as TaskPlanAnswer;
  };
  const isReady = async () => (await fetch(`${service.url}/readyz`)).ok;
  return { service, home, call, done, planned, isReady };
}

describe("startService", () => {
  test("answers, takes tasks up and stops", async () => {
    const { service, home, done } = await aService();
    await service.ready;
    const { ready, checks } = (await (await fetch(`${service.url}/readyz`)).json()) as Readiness;
    expect(ready).toBeTrue();
    expect(checks["engine"]?.detail).toMatch(/^(native|wasm): ffmpeg \d/);
    expect(checks["store"]?.detail).toBe("0 tasks pending, 0 running");
    expect(checks["worker"]?.detail).toBe("0 of 1 slots in use");
    copyFileSync(await clip(), join(home.media, "in.mp4"));
    const task = await done("in.mp4", "out.mp4");
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    expect(existsSync(join(home.media, "out.mp4"))).toBeTrue();
    await service.stop();
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });

  test("keeps its tasks over a restart", async () => {
    const first = await aService();
    copyFileSync(await clip(), join(first.home.media, "in.mp4"));
    const { task_id } = await first.done("in.mp4", "out.mp4");
    await first.service.stop();
    const second = await aService({}, first.home);
    await second.service.ready;
    const request = signedRequest(ADA, `${second.service.url}${TASKS}/${task_id}`, {});
    expect(((await (await fetch(request)).json()) as TaskAnswer).task_status).toBe("SUCCESS");
  });

  test("transcodes from and to a network where there is no disk, and writes nothing", async () => {
    const server = await startMediaServer();
    onTestFinished(() => server.close());
    server.files.set("/in.mp4", readFileSync(await clip()));
    const { service, home, done, planned, isReady } = await aService({
      PONTUS_DISK: "no",
      PONTUS_ENGINE: "wasm",
    });
    await service.ready;
    expect(await isReady()).toBeTrue();
    const plan = await planned(server.url("/in.mp4"), server.url("/out.mp4"));
    expect(plan).toMatchObject({ steps: [{ name: "encode" }], outputs: [{ container: "mp4" }] });
    const task = await done(server.url("/in.mp4"), server.url("/out.mp4"));
    expect(task.error?.detail ?? task.task_status).toBe("SUCCESS");
    expect(server.files.get("/out.mp4")?.byteLength).toBe(
      task.targets[0]?.output?.size_bytes ?? Number.NaN,
    );
    expect(existsSync(home.data)).toBeFalse();
  });

  test("plans for files and sets, here and elsewhere, and keeps nothing of it", async () => {
    const server = await startMediaServer();
    onTestFinished(() => server.close());
    const { service, home, call, planned } = await aService();
    await service.ready;
    copyFileSync(await clip(), join(home.media, "in.mp4"));
    server.files.set("/in.mp4", readFileSync(await clip()));
    const set = tempFolder();
    await ffmpeg(["-i", await clip(), "-c", "copy", "-f", "hls", join(set, "in.m3u8")]);
    server.folders.set("/set/", set);
    for (const source of ["in.mp4", server.url("/in.mp4"), server.url("/set/in.m3u8")]) {
      const { error, outputs, steps = [] } = await planned(source, "out.mp4");
      expect(error).toBeUndefined();
      expect(outputs).toMatchObject([{ targets: [0], container: "mp4" }]);
      expect(steps.map(({ arguments: args }) => args.at(-1))).toEqual(["0/out.mp4"]);
    }
    expect((await planned("none.mp4", "out.mp4")).error?.code).toBe("ParameterError");
    expect(await (await call(TASKS)).json()).toMatchObject({ tasks: [] });
    const scratch = readdirSync(join(home.data, "scratch"), { recursive: true }).join("\n");
    expect(scratch).not.toContain("plan-");
  });

  test("says which setting is wrong where it cannot listen", async () => {
    const { service } = await aService();
    const { port } = new URL(service.url);
    const starting = aService({ PONTUS_PORT: port });
    await expect(starting).rejects.toBeInstanceOf(ConfigError);
    await expect(starting).rejects.toThrow(`PONTUS_PORT "${port}"`);
  });

  test("is not ready where there is no ffmpeg that it was told to use", async () => {
    const { service, isReady } = await aService({
      PONTUS_ENGINE: "native",
      PONTUS_FFMPEG: "/no/such/ffmpeg",
    });
    await expect(service.ready).rejects.toThrow();
    expect(await isReady()).toBeFalse();
  });

  test("waits for a database that another process holds, says so, and stops waiting when it is told", async () => {
    const records = await logged();
    const home = newHome();
    mkdirSync(home.data);
    const other = openSqlite(join(home.data, "pontus.db"));
    onTestFinished(() => other.close());
    other.execute("BEGIN EXCLUSIVE");
    const stop = new AbortController();
    const stopped = aService({}, home, stop.signal);
    const isWaiting = () =>
      records.some(({ rawMessage }) => String(rawMessage).startsWith("Waits for the database"));
    await eventually(() => isWaiting() || undefined);
    stop.abort();
    await expect(stopped).rejects.toThrow("aborted");
    const starting = aService({}, home);
    other.execute("ROLLBACK");
    const { isReady, service } = await starting;
    await service.ready;
    expect(await isReady()).toBeTrue();
  });

  test("takes no task while its database file is away or another one, and says so", async () => {
    const { service, home, call, isReady } = await aService();
    await service.ready;
    copyFileSync(await clip(), join(home.media, "in.mp4"));
    const path = join(home.data, "pontus.db");
    renameSync(path, `${path}.away`);
    await eventually(async () => ((await isReady()) ? undefined : true));
    const readiness = await fetch(`${service.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      checks: {
        database: { ok: false, detail: "the database file was deleted while it was open" },
      },
    });
    const body = {
      source: { source_url: "in.mp4" },
      profile_name: PROFILE,
      targets: [{ target_url: "out.mp4" }],
    };
    const refused = await call(TASKS, body);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("Retry-After")).toMatch(/^\d+$/);
    writeFileSync(path, "another one");
    const replaced = await fetch(`${service.url}/readyz`);
    expect(await replaced.json()).toMatchObject({
      checks: {
        database: { ok: false, detail: "the database file was replaced while it was open" },
      },
    });
    expect((await call(TASKS, body)).status).toBe(503);
    renameSync(`${path}.away`, path);
    await eventually(async () => (await isReady()) || undefined);
    expect((await call(TASKS, body)).status).toBe(200);
  });

  test("says that its reserve cannot be made, and makes it once it can", async () => {
    const records = await logged();
    const home = newHome();
    const reserve = join(home.data, "pontus.db-reserve");
    mkdirSync(reserve, { recursive: true });
    await aService({}, home);
    const isTold = () =>
      records.some(({ rawMessage }) => String(rawMessage).startsWith("Cannot look after the disk"));
    await eventually(() => isTold() || undefined);
    rmdirSync(reserve);
    await eventually(() => statSync(reserve, { throwIfNoEntry: false })?.isFile() || undefined);
  });

  test("says what was dropped of a damaged log, and goes on with the rest", async () => {
    const records = await logged();
    const first = await aService();
    await first.service.ready;
    copyFileSync(await clip(), join(first.home.media, "in.mp4"));
    await first.done("in.mp4", "out.mp4");
    // As a crash and a bad disk leave them.
    const home = newHome();
    mkdirSync(home.data);
    const [path, left] = [first.home, home].map(({ data }) => join(data, "pontus.db"));
    copyFileSync(`${path}`, `${left}`);
    copyFileSync(join(first.home.data, "secret.key"), join(home.data, "secret.key"));
    const log = readFileSync(`${path}-wal`);
    log.fill(0xff, log.length / 2, log.length / 2 + 5000);
    writeFileSync(`${left}-wal`, log);
    const { isReady, service } = await aService({}, home);
    await service.ready;
    expect(await isReady()).toBeTrue();
    const told = records.find(({ rawMessage }) => String(rawMessage).includes("is damaged"));
    expect(told?.properties).toEqual({
      path: `${left}`,
      what: expect.stringMatching(/^its last [1-9]\d* commits, of [1-9]\d* pages,$/),
    });
    expect(told?.level).toBe("error");
  });
});
