import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MIGRATIONS } from "../../src/db/postgres/migrations.gen.ts";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { type RunningFleet, startFleet } from "../fixtures/fleet.ts";
import type { RunningService, TaskAnswer } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

let fleet: RunningFleet;
/** Starts a node of the next version. */
let next: readonly string[];

/** What the next version adds to the tables. */
const ADDED = {
  name: "added",
  statements: [
    `ALTER TABLE "tasks" ADD COLUMN "tone" text DEFAULT 'grey' NOT NULL`,
    'CREATE TABLE "tones" ("name" text PRIMARY KEY)',
  ],
};

/** A copy of this program that knows one migration more. */
function nextVersion(): readonly string[] {
  const folder = tempFolder();
  for (const name of ["src", "package.json"]) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const path = join(folder, "src", "db", "postgres", "migrations.gen.ts");
  const text = readFileSync(path, "utf8").replace(/\n\];\n$/, `,\n${JSON.stringify(ADDED)}];\n`);
  writeFileSync(path, text);
  return [process.execPath, join(folder, "src", "main.bun.ts")];
}

beforeAll(async () => {
  fleet = await startFleet();
  next = nextVersion();
  await copyFile(await clip(), join(fleet.media, "short.mp4"));
  await copyFile(await clip({ seconds: 60 }), join(fleet.media, "long.mp4"));
});

afterAll(() => fleet.stop());

let made = 0;

/** Creates a task on a node. @param source - `short` is done at once, `long` takes some seconds */
function create(node: RunningService, source: "short" | "long"): Promise<string> {
  made += 1;
  return node.create({
    source: { source_url: `${source}.mp4` },
    profile_name: "video_mp4_1280x720_1728kbps",
    targets: [{ target_url: `out-${made}.mp4` }],
  });
}

const isDone = ({ task_status }: TaskAnswer): boolean => task_status === "SUCCESS";
const runsAs =
  (number: number) =>
  ({ task_status, attempt }: TaskAnswer): boolean =>
    task_status === "RUNNING" && attempt === number;

const version = async (): Promise<unknown> =>
  (await fleet.server.query("select version from pontus_schema", fleet.url))[0]?.["version"];

test("nodes are upgraded one by one, and back, and nothing is lost", async () => {
  const oldApi = await fleet.node("api");
  const oldWorker = await fleet.node("worker");
  const long = await create(oldApi, "long");
  await oldApi.until(long, runsAs(1));
  expect(await version()).toBe(MIGRATIONS.length);

  const newWorker = await fleet.node("worker", {}, undefined, next);
  expect(await version()).toBe(MIGRATIONS.length + 1);
  // The encode of the old worker goes on beside it, and its fleet answers.
  const beside = await create(oldApi, "short");
  await oldApi.until(beside, isDone);
  expect(await oldApi.task(long)).toMatchObject({ attempt: 1 });
  expect(await oldWorker.stop()).toBe(0);
  await oldApi.until(long, runsAs(2));

  // As after a crash, which comes when it likes.
  await oldApi.stop("SIGKILL");
  const again = await fleet.node("api");
  expect(again.log()).toContain(
    "A newer version of this program has brought the database up to date",
  );
  await again.call(`/api/v1/task/transcoding/${long}/cancel`, { method: "POST" });
  await again.until(long, ({ task_status }) => task_status === "CANCELLED");

  const newApi = await fleet.node("api", {}, undefined, next);
  await newApi.until(await create(newApi, "short"), isDone);
  // And back: the new version was not what was hoped for.
  expect(await newWorker.stop()).toBe(0);
  await fleet.node("worker");
  const back = await create(newApi, "short");
  await again.until(back, isDone);
  const { tasks } = (await (await again.call("/api/v1/task/transcoding")).json()) as {
    tasks: readonly TaskAnswer[];
  };
  expect(tasks.map(({ task_status }) => task_status)).toEqual([
    ...["SUCCESS", "SUCCESS", "SUCCESS"],
    "CANCELLED",
  ]);
});
