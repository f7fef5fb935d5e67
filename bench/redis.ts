import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { hasProgram } from "../scripts/run-program.ts";
import { end, start } from "./processes.ts";

const START_MS_MAX = 10_000;

/** Why there is no Redis to measure against; nothing where there is one. */
export const redisMissing = (): string | undefined =>
  hasProgram("redis-server")
    ? undefined
    : "redis-server is not found in PATH (Debian, Ubuntu: apt-get install --no-install-recommends redis-server)";

/** The version of the Redis here. */
export const redisVersion = (): string | undefined =>
  /v=(\S+)/.exec(spawnSync("redis-server", ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1];

/** A Redis of our own. */
export type RedisProcess = {
  readonly socket: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

/** Starts a Redis with an empty log on the same disk, that has every write on it before it answers. */
export async function startRedis(scratch: string): Promise<RedisProcess> {
  const folder = mkdtempSync(join(scratch, "redis-"));
  const socket = join(folder, "s");
  const network = ["--port", "0", "--unixsocket", socket];
  const durability = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  // A rewrite of the log would disturb the round.
  const log = ["--auto-aof-rewrite-percentage", "0", "--dir", folder, "--loglevel", "warning"];
  const child = start("redis-server", [...network, ...durability, ...log]);
  const endMs = performance.now() + START_MS_MAX;
  while (!existsSync(socket)) {
    if (performance.now() > endMs || child.exitCode !== null)
      throw new Error("Cannot go on: redis-server does not start");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { socket, pid: child.pid ?? 0, stop: () => end(child, "SIGKILL") };
}
