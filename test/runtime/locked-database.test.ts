import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../../src/db/connection.ts";
import { openSqlite } from "../../src/db/sqlite.bun.ts";
import { clip } from "../fixtures/clips.ts";
import { TASKS } from "../fixtures/http-app.ts";
import { noteRunning } from "../fixtures/running.ts";
import { BUN, deno } from "../fixtures/runtimes.ts";
import { eventually, newHome, type RunningService, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A service, and the lock of a backup tool on its database. */
async function lockedService(
  command: readonly string[],
): Promise<{ readonly service: RunningService; readonly backup: Connection }> {
  const home = newHome();
  copyFileSync(await clip(), join(home.media, "in.mp4"));
  const service = await startService(home, {}, command);
  undo.push(() => service.stop());
  const backup = openSqlite(join(home.data, "pontus.db"));
  undo.push(() => backup.close());
  backup.execute("PRAGMA busy_timeout = 10000");
  backup.execute("BEGIN IMMEDIATE");
  return { service, backup };
}

const request = {
  source: { source_url: "in.mp4" },
  profile_name: "video_mkv_transmux",
  targets: [{ target_url: "out.mkv" }],
};

describe.each([
  ["Bun", BUN],
  ["Deno", deno()],
] as const)("a database that another process holds, on %s", (_, command) => {
  test("is waited for by the calls that write, and by no other", async () => {
    const { service, backup } = await lockedService(command);
    let isAnswered = false;
    const created = service.create(request).finally(() => {
      isAnswered = true;
    });
    for (let asked = 0; asked < 20; asked += 1)
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    expect(isAnswered).toBeFalse();
    backup.execute("ROLLBACK");
    await service.until(await created, ({ task_status }) => task_status === "SUCCESS");
  });

  test("is given up after a while: the answer says when to come again", async () => {
    const { service, backup } = await lockedService(command);
    const [answer, readiness] = await Promise.all([
      service.call(TASKS, { body: request }),
      fetch(`${service.url}/readyz`),
    ]);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("Retry-After")).toMatch(/^\d+$/);
    expect(await answer.json()).toMatchObject({ error: { code: "ServiceUnavailable" } });
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      checks: {
        store: { ok: false, detail: "Cannot use the database: another process holds it" },
      },
    });
    backup.execute("ROLLBACK");
    await service.until(
      await service.create(request),
      ({ task_status }) => task_status === "SUCCESS",
    );
  });

  test("is waited for by a start, which says so and ends by SIGTERM", async () => {
    const { data, media } = newHome();
    mkdirSync(data);
    const backup = openSqlite(join(data, "pontus.db"));
    undo.push(() => backup.close());
    backup.execute("BEGIN EXCLUSIVE");
    const [program = "", ...args] = command;
    const env = { PONTUS_PORT: "0", PONTUS_DATA_DIR: data, PONTUS_MEDIA_ROOTS: media };
    const child = spawn(program, args, { env: { ...process.env, ...env } });
    noteRunning(child);
    let log = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    await eventually(() => log.includes("Waits for the database") || undefined);
    expect(log).toContain("another process holds it");
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
