import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../src/db/database.ts";
import { SqliteTaskStore } from "../src/store/tasks.ts";
import { TaskError } from "../src/task/errors.ts";
import { loadOf, runLoad } from "./creates.ts";
import type { Findings, PartOptions } from "./report.ts";
import { CREDENTIALS, type Home, newHome, readTask, startPontus } from "./service.ts";

/** So many are also read through the API of the service that was started again. */
const READ_BY_API = 50;

/** Which ids the store of a service that has stopped does not have. */
async function missingOf(home: Home, ids: readonly string[]): Promise<readonly string[]> {
  const database = openDatabase(join(home.data, "pontus.db"));
  const store = new SqliteTaskStore(database, { now: Date.now });
  const missing: string[] = [];
  for (const id of ids)
    await store.get(CREDENTIALS.client_code, id).catch((error) => {
      if (!(error instanceof TaskError && error.code === "no_such_task")) throw error;
      missing.push(id);
    });
  database.close();
  return missing;
}

/** Kills the service under load and looks for every task that it had acknowledged. */
async function killOnce(scratch: string, killMs: number) {
  const home = newHome(scratch);
  const env = { PONTUS_CONCURRENCY: "0" };
  const idsFile = join(home.data, "..", "ids");
  const server = await startPontus(home, env);
  const load = loadOf(server.url, { warmUpMs: 0, measureMs: killMs + 60_000 });
  const result = runLoad({ ...load, requestsMax: Math.ceil(killMs * 90) + 90_000, idsFile });
  // The clock runs from the first task that is durable: signing comes before.
  await firstTask(home);
  await new Promise((resolve) => setTimeout(resolve, killMs));
  await server.stop("SIGKILL");
  const { refused } = await result;
  const ids = readFileSync(idsFile, "utf8").split("\n").filter(Boolean);

  const again = await startPontus(home, env);
  for (const id of ids.slice(-READ_BY_API)) await readTask(again.url, id);
  await again.stop();
  const missing = await missingOf(home, ids);
  return { killMs, acknowledged: ids.length, missing: missing.length, refused };
}

async function firstTask(home: Home): Promise<void> {
  const wal = join(home.data, "pontus.db-wal");
  const { size } = statSync(wal);
  while (statSync(wal).size === size) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What is lost of acknowledged tasks when the service is killed under load. */
export async function measureLoss({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const kills = [];
  for (const killMs of isQuick ? [300] : [700, 1_100, 1_500, 1_900, 2_300]) {
    const kill = await killOnce(scratch, killMs);
    say(`killed after ${killMs} ms: ${kill.missing} of ${kill.acknowledged} missing`);
    kills.push(kill);
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const missing = sum(kills.map((kill) => kill.missing));
  const acknowledged = sum(kills.map((kill) => kill.acknowledged));
  const row = {
    key: "creates.loss",
    what: `acknowledged tasks missing after ${kills.length} x kill -9 under that load`,
    ours: `${missing} of ${acknowledged}`,
    peer: "",
    bar: "0",
    isMet: missing === 0 && acknowledged > 0,
  };
  return { rows: [row], facts: { kills } };
}
