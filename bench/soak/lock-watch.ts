/**
 * Asks for the write lock of a database again and again, as another service would, and says for how long it was refused at a stretch.
 *
 * Usage: bun bench/soak/lock-watch.ts DATABASE; ends with its input, and prints the stretches in ms as JSON.
 */
import { openSqlite } from "#sqlite";

const ASK_EVERY_MS = 1;

const connection = openSqlite(process.argv[2] ?? "");
connection.execute("PRAGMA busy_timeout = 0");
const stretchesMs: number[] = [];
let sinceMs: number | undefined;

const asking = setInterval(() => {
  try {
    connection.execute("BEGIN IMMEDIATE");
    connection.execute("ROLLBACK");
    if (sinceMs !== undefined) stretchesMs.push(performance.now() - sinceMs);
    sinceMs = undefined;
  } catch {
    sinceMs ??= performance.now();
  }
}, ASK_EVERY_MS);

process.stdin.on("end", () => {
  clearInterval(asking);
  connection.close();
  process.stdout.write(JSON.stringify(stretchesMs));
});
process.stdin.resume();
