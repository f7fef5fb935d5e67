import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openSqlite } from "../../src/db/sqlite.bun.ts";
import { isAlive } from "../../src/lib/process-identity.ts";
import { clip } from "../fixtures/clips.ts";
import { COPIED_SECONDS, killInDelivery } from "../fixtures/kill-delivery.ts";
import { type MediaServer, part, startMediaServer } from "../fixtures/media-server.ts";
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

const SECONDS = COPIED_SECONDS;

let home: Home;
let server: MediaServer;
const undo: (() => unknown)[] = [];

/** With a lease that no wait of a test outlasts: what goes on after a kill does so for the kill alone. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<RunningService> {
  const service = await startService(home, { PONTUS_LEASE_SECONDS: "60", ...env });
  undo.push(() => service.stop("SIGKILL"));
  return service;
}

beforeEach(async () => {
  home = newHome();
  mkdirSync(join(home.media, "out"));
  server = await startMediaServer();
  undo.push(() => server.close());
  copyFileSync(await clip({ width: 1280, height: 720, rate: "30", seconds: SECONDS }), source());
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const source = () => join(home.media, "in.mp4");
const out = (name = "") => join(home.media, "out", name);

const request = (target: string, source_url = "in.mp4") => ({
  source: { source_url },
  profile_name: "video_mp4_640x360_520kbps",
  targets: [{ target_url: `out/${target}` }],
});

/** An ffprobe that comes to no end with outputs for as long as the service lives that has started it. If it stands by, it waits for who reads its pipe. */
function endlessFfprobe(): string {
  const path = join(home.media, "..", "ffprobe");
  const reached = `${path}.reached`;
  writeFileSync(
    path,
    `#!/bin/sh
case "$*" in
  */standby-*/source*) ;;
  *"file:${home.data}/scratch/"*)
    for word; do
      [ "$before" = -o ] && exec 3>"$word"
      before=$word
    done
    touch "${reached}"
    while kill -0 "$PPID" 2>/dev/null; do sleep 0.1; done
    exit 1 ;;
esac
exec ffprobe "$@"
`,
  );
  chmodSync(path, 0o755);
  return path;
}

/** Keeps others from writing to the database. @returns how to let go */
function holdDatabase(): () => void {
  const held = openSqlite(join(home.data, "pontus.db"));
  held.execute("PRAGMA busy_timeout = 10000");
  held.execute("BEGIN IMMEDIATE");
  undo.push(() => held.close());
  return () => held.execute("ROLLBACK");
}

/** How often a service has made a plan for a task: once for each run that encodes. */
const plansOf = (service: RunningService, id: string): number =>
  service.log().split(`Plan of task ${id}`).length - 1;

/** What the service may have left in scratch, beside targets and of encodes that are kept. */
function leftovers(): readonly string[] {
  const scratch = join(home.data, "scratch");
  const ofRuns = readdirSync(scratch).flatMap((instance) =>
    readdirSync(join(scratch, instance)).filter((name) => /^[\da-f-]{36}-\d+$/.test(name)),
  );
  const instances = readdirSync(scratch).slice(1);
  const kept = join(home.data, "kept");
  const parts = readdirSync(out(), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".pontus-part"),
  );
  return [...ofRuns, ...instances, ...parts, ...(existsSync(kept) ? readdirSync(kept) : [])];
}

/** The types of the events of a task, in their order. */
function eventsOf(id: string): readonly string[] {
  const database = openSqlite(join(home.data, "pontus.db"));
  try {
    const ofTask = `SELECT e.type FROM events e JOIN tasks t ON t.seq = e.task_seq WHERE t.id = '${id}' ORDER BY e.sequence`;
    return String(database.value(`SELECT group_concat(type) FROM (${ofTask})`)).split(",");
  } finally {
    database.close();
  }
}

/** Starts the service again after it was killed: the task is done, once and whole, and nothing is left. */
async function recovers(id: string, target: string): Promise<RunningService> {
  const next = await start();
  const task = await next.until(id, ({ task_status }) => task_status === "SUCCESS");
  expect(task.attempts.map(({ attempt, error }) => [attempt, error?.detail])).toEqual([
    [1, "Cannot go on with attempt 1: its worker was lost"],
    [2, undefined],
  ]);
  const probe = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", out(target)];
  expect(Number(execFileSync("ffprobe", probe, { encoding: "utf8" }))).toBeCloseTo(SECONDS, 0);
  execFileSync("ffmpeg", ["-v", "error", "-xerror", "-i", out(target), "-f", "null", "-"]);
  await eventually(() => leftovers().length === 0 || undefined);
  expect(eventsOf(id).filter((type) => type === "ended")).toHaveLength(1);
  expect(encodersOf(home).filter(isAlive)).toEqual([]);
  return next;
}

describe("a service that is killed", () => {
  test("while it fetches does its task once it is started again", async () => {
    const bytes = readFileSync(source());
    server.files.set("/in.mp4", bytes);
    server.next("/in.mp4", [part(bytes, bytes.length >> 1, "silence")]);
    const killed = await start();
    const id = await killed.create(request("a.mp4", server.url("/in.mp4")));
    await killed.until(id, ({ progress }) => progress?.phase === "FETCHING");
    await eventually(() => server.asked.length > 0 || undefined);
    await killed.stop("SIGKILL");
    await recovers(id, "a.mp4");
  });

  test("while it encodes does its task once it is started again", async () => {
    const killed = await start();
    const id = await killed.create(request("a.mp4"));
    await killed.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > 0);
    await killed.stop("SIGKILL");
    expect(readdirSync(out())).toEqual([]);
    await recovers(id, "a.mp4");
  });

  test("while it verifies does its task once it is started again", async () => {
    const ffprobe = endlessFfprobe();
    const killed = await start({ PONTUS_FFPROBE: ffprobe });
    const id = await killed.create(request("a.mp4"));
    await eventually(() => existsSync(`${ffprobe}.reached`) || undefined);
    await killed.stop("SIGKILL");
    expect(readdirSync(out())).toEqual([]);
    await recovers(id, "a.mp4");
  });

  test("while it delivers goes on with what it had made, and clears up beside the target", async () => {
    const { id, target } = await killInDelivery(home, start);
    const next = await recovers(id, target);
    expect(plansOf(next, id)).toBe(0);
  });

  test("before it could record what it has delivered delivers that again, not another encode", async () => {
    const killed = await start();
    const id = await killed.create(request("a.mp4"));
    await killed.until(id, ({ progress }) => (progress?.out_time_seconds ?? 0) > 0);
    const letGo = holdDatabase();
    await eventually(() => existsSync(out("a.mp4")) || undefined);
    expect((await fetch(`${killed.url}/healthz`)).status).toBe(200);
    await killed.stop("SIGKILL");
    letGo();
    expect(eventsOf(id)).not.toContain("ended");
    const next = await recovers(id, "a.mp4");
    expect(plansOf(next, id)).toBe(0);
  });
});
