import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { openSqlite } from "#sqlite";
import { isAlive, type ProcessIdentity } from "../../src/lib/process-identity.ts";
import { clip } from "../fixtures/clips.ts";
import {
  encodersOf,
  eventually,
  newHome,
  type RunningService,
  startService,
} from "../fixtures/service.ts";
import { freshNonce } from "../fixtures/signed-client.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** What an operator types: how to back up, and how to restore. */
const BLOCKS = [...readFileSync("docs/backup.md", "utf8").matchAll(/^```bash\n([\s\S]*?)^```$/gm)];
const [BACK_UP = "", RESTORE = ""] = BLOCKS.map(([, block]) => block);

/** So long that it can be stopped while it runs. */
const LONG = { width: 1280, height: 720, rate: "30", seconds: 12 } as const;

const TASKS = "/api/v1/task/transcoding";
const home = newHome();
const folder = dirname(home.data);
const type = (block: string) => promisify(execFile)("bash", ["-euc", block], { cwd: folder });

let service: RunningService;

const start = async (): Promise<void> => {
  service = await startService(home, { PONTUS_CONCURRENCY: "1" });
};
const request = (source: string, target: string) => ({
  source: { source_url: source },
  profile_name: "video_mp4_320x240_240kbps",
  targets: [{ target_url: target }],
});
const create = (source: string, target: string): Promise<string> =>
  service.create(request(source, target));
const untilSuccess = (id: string) =>
  service.until(id, ({ task_status }) => task_status === "SUCCESS");

/** The encoder of a task, stopped, so that it still runs when the task is backed up. */
async function stuckEncoder(id: string): Promise<ProcessIdentity> {
  const encoder = await eventually(() => encodersOf(home).find(isAlive));
  process.kill(encoder.pid, "SIGSTOP");
  expect((await service.task(id)).task_status).toBe("RUNNING");
  return encoder;
}

beforeAll(async () => {
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  copyFileSync(await clip({ seconds: 2 }), join(home.media, "short.mp4"));
  copyFileSync(await clip(LONG), join(home.media, "long.mp4"));
  await start();
});

afterAll(() => service.stop("SIGKILL"));

describe("a backup", () => {
  test("of a service that works is restored with all its tasks, and those that had not ended run", async () => {
    const { credentials } = service;
    const ended = await create("short.mp4", "ended.mp4");
    await untilSuccess(ended);
    const running = await create("long.mp4", "running.mp4");
    const pending = await create("short.mp4", "pending.mp4");
    const encoder = await stuckEncoder(running);

    const heard = { nonce: freshNonce() };
    expect((await service.call(TASKS, heard)).status).toBe(200);
    await type(BACK_UP);
    const copies = readdirSync(join(folder, "backup"));
    expect(copies.toSorted()).toEqual(["credentials.json", "pontus.db", "secret.key"]);
    for (const copy of copies)
      expect(statSync(join(folder, "backup", copy)).mode & 0o777).toBe(0o600);
    const later = await create("short.mp4", "later.mp4");
    process.kill(encoder.pid, "SIGCONT");
    await service.stop();

    await type(RESTORE);
    await start();
    expect(service.credentials).toEqual(credentials);
    expect((await service.task(ended)).task_status).toBe("SUCCESS");
    expect((await service.call(`${TASKS}/${later}`)).status).toBe(404);
    const replay = await service.call(TASKS, heard);
    expect(await replay.json()).toMatchObject({ error: { code: "RequestReplayed" } });
    const [again] = await Promise.all([running, pending].map(untilSuccess));
    expect(again?.attempts).toHaveLength(2);
    expect(existsSync(join(home.media, "running.mp4"))).toBeTrue();
    expect(existsSync(join(home.media, "pending.mp4"))).toBeTrue();
  });

  test("is not written over an older one", async () => {
    rmSync(join(folder, "backup"), { recursive: true, force: true });
    await type(BACK_UP);
    await expect(type(BACK_UP)).rejects.toThrow("already exists");
  });
});

describe("a service whose database has lost its log while it was open", () => {
  test("writes all that the log held into the database when it is stopped", async () => {
    const robbed = newHome();
    const path = join(robbed.data, "pontus.db");
    const first = await startService(robbed, { PONTUS_CONCURRENCY: "0" });
    const id = await first.create(request("short.mp4", "out.mp4"));
    rmSync(`${path}-wal`);
    expect(await first.stop()).toBe(0);
    const next = await startService(robbed, { PONTUS_CONCURRENCY: "0" });
    expect((await next.task(id)).task_status).toBe("PENDING");
    expect(await next.stop()).toBe(0);
  });
});

describe("a start on a database of a newer version", () => {
  test("says so in a line, and ends", async () => {
    const newer = newHome();
    const first = await startService(newer);
    await first.stop();
    const database = openSqlite(join(newer.data, "pontus.db"));
    database.execute("PRAGMA user_version = 9999");
    database.close();
    // Nothing follows the line: no stack.
    await expect(startService(newer)).rejects.toThrow(
      /Cannot open the database: a newer version of this program made it;[^\n]*\n$/,
    );
  });
});
