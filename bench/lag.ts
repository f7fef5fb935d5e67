import { writeFileSync } from "node:fs";
import { setInterval } from "node:timers";

// Loaded before the service: notes how long its event loop was held at most, in the file that BENCH_LAG_FILE names.

const PERIOD_MS = 2;
/** Writing the note holds the loop too. */
const NOTE_MS = 500;

const file = process.env["BENCH_LAG_FILE"] ?? "";
const held: number[] = [];
let lastMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  held.push(nowMs - lastMs - PERIOD_MS);
  lastMs = nowMs;
}, PERIOD_MS).unref();
setInterval(() => {
  writeFileSync(file, held.map((ms) => ms.toFixed(1)).join("\n"));
  lastMs = performance.now();
}, NOTE_MS).unref();
