import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { openDatabase } from "../../src/db/database.ts";
import { SqliteTaskStore } from "../../src/store/tasks.ts";
import { fillStore } from "../fill.ts";
import { ROOT } from "../processes.ts";
import { type Findings, figure, type PartOptions } from "../report.ts";
import { spreadOf } from "../statistics.ts";

const TASKS = { quick: 50_000, long: 1_000_000 };
const DAY_MS = 86_400_000;
const HELD_MS_MAX = 50;

/** Asks for the write lock beside this process. @returns a function that ends it: for how long it was refused, each time */
function watchLock(path: string): () => Promise<readonly number[]> {
  const script = join(ROOT, "bench", "soak", "lock-watch.ts");
  const child = spawn(process.execPath, [script, path], { stdio: ["pipe", "pipe", "inherit"] });
  const printed = text(child.stdout);
  return async () => {
    child.stdin.end();
    return JSON.parse(await printed) as number[];
  };
}

/** A day's tasks of a large store fall due together: for how long their removal keeps another service from writing. */
export async function soakRetention({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const path = join(scratch, "pontus.db");
  const tasks = isQuick ? TASKS.quick : TASKS.long;
  await fillStore(path, tasks);
  say(`a store of ${tasks} tasks`);
  const database = openDatabase(path);
  const numberOf = (query: string) => Number(database.orm.values(query)[0]?.[0]);
  const nowMs = numberOf("SELECT min(end_ms) FROM tasks WHERE end_ms IS NOT NULL") + DAY_MS;
  const store = new SqliteTaskStore(database, { now: () => nowMs, retentionMs: 1 });
  const stopWatching = watchLock(path);
  let removed = 0;
  for (let rows = await store.purge(); rows > 0; rows = await store.purge()) {
    removed += rows;
    say(`${removed} rows removed`);
  }
  const heldMs = spreadOf(await stopWatching());
  const pages = numberOf("PRAGMA page_count");
  database.close();
  const row = {
    key: "retention",
    what: `removing a day's tasks (${figure(removed)} rows) of ${figure(tasks)}: another service waits for the database`,
    ours: `p50 ${figure(heldMs.p50)} ms, p99 ${figure(heldMs.p99)} ms, at most ${figure(heldMs.max)} ms`,
    peer: "",
    bar: `under ${HELD_MS_MAX} ms`,
    isMet: removed > 0 && heldMs.max < HELD_MS_MAX,
  };
  return { rows: [row], facts: { tasks, removed, heldMs, pages } };
}
