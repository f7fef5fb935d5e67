import { readFileSync } from "node:fs";
import { OPEN_EGRESS } from "../src/net/egress-policy.ts";
import { HttpStorage } from "../src/storage/http/http.ts";
import { S3Storage } from "../src/storage/s3/s3.ts";

// One delivery in a process of its own, under Bun or Deno: `deliver-once.ts FILE SMALL_FILE URL`. Writes what it took as JSON.
const [file = "", small = "", url = ""] = process.argv.slice(2);
const idleTimeoutMs = 30_000;
const isS3 = url.startsWith("http") === false;
const endpoint = process.env["BENCH_S3_ENDPOINT"] ?? "";
const access = {
  endpoint,
  region: "us-east-1",
  accessKeyId: "bench",
  secretAccessKey: "bench-secret",
  isPathStyle: true,
};
const storage = isS3
  ? new S3Storage({ access, idleTimeoutMs })
  : new HttpStorage({ idleTimeoutMs, policy: OPEN_EGRESS });

/** A field of /proc/self/status in bytes. */
const memoryBytes = (field: string): number => {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
};

const deliver = (entry: string, to: string) =>
  storage.deliver({ entry }, to, {
    tag: "bench-1",
    mayPublish: async () => {},
    mayTidy: async () => {},
    signal: new AbortController().signal,
  });

// Everything is loaded and connected once before it counts.
await deliver(small, `${url}.small`);
const beforeBytes = memoryBytes("VmRSS");
const cpuBefore = process.cpuUsage();
const startMs = performance.now();
await deliver(file, url);
const tookSeconds = (performance.now() - startMs) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const extraBytes = memoryBytes("VmHWM") - beforeBytes;
const cpuSeconds = (user + system) / 1e6;
process.stdout.write(`${JSON.stringify({ tookSeconds, cpuSeconds, extraBytes })}\n`);
