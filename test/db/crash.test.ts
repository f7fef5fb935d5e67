import { expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tempFolder } from "../fixtures/clips.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Has a process create tasks and kills it after so many acknowledgements; the ids of all it acknowledged. */
async function createUntilKilled(path: string, count: number): Promise<readonly string[]> {
  const program = fileURLToPath(import.meta.resolve("../fixtures/creating-process.ts"));
  const child = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let text = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    text += chunk;
    if (text.split("\n").length > count) child.kill("SIGKILL");
  }
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  return text.split("\n").slice(0, -1);
}

test("no acknowledged task is lost by a kill under load, and none is half there", async () => {
  const path = join(tempFolder(), "tasks.sqlite");
  const acknowledged: string[] = [];
  for (const count of [1, 500, 2000]) acknowledged.push(...(await createUntilKilled(path, count)));
  expect(acknowledged.length).toBeGreaterThan(2500);

  const bench = sqliteBench(path);
  for (const id of acknowledged) expect((await bench.tasks.get("ada", id)).status).toBe("PENDING");
  const counts = ["tasks", "events", "active_targets", "nonces"].map((table) =>
    bench.database.orm.values(`SELECT count(*) FROM ${table}`).flat().at(0),
  );
  expect(new Set(counts).size).toBe(1);
  bench.database.close();
});
