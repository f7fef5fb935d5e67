import { dlopen } from "bun:ffi";
import { closeSync, openSync } from "node:fs";
import { once } from "../lib/once.ts";
import type { Runtime, ServeOptions, Server } from "./runtime.ts";

/** Of flock(2), with the same values on Linux and macOS: exclusive, and without waiting. */
const LOCK_EX_NB = 2 | 4;

/** The C library's call, as Bun has none; musl's loader takes the name of glibc's file for its own. */
const flock = once(() => {
  const library = process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6";
  return dlopen(library, { flock: { args: ["i32", "i32"], returns: "i32" } }).symbols.flock;
});

/** Bun's way to serve, and to hold a file. */
export const bunRuntime: Runtime = {
  name: "bun",
  version: Bun.version,
  // Bun has no permissions of its own.
  mayWrite: () => true,
  holdFile,
  serve,
};

function holdFile(path: string): (() => void) | undefined {
  const lock = flock();
  // Closed on exec, so that no child holds it.
  const file = openSync(path, "a");
  const letGo = () => closeSync(file);
  if (lock(file, LOCK_EX_NB) === 0) return letGo;
  letGo();
  return undefined;
}

async function serve(options: ServeOptions): Promise<Server> {
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    fetch: (request) => options.fetch(request),
    idleTimeout: options.idleTimeoutSeconds,
    maxRequestBodySize: options.bodyBytesMax,
    development: false,
    // Otherwise Bun shares a port with another process, and callers would reach one service or the other by chance.
    reusePort: false,
  });
  return {
    port: server.port ?? options.port,
    async stop(graceMs) {
      const grace = AbortSignal.timeout(graceMs);
      const cut = new Promise<void>((resolve) => {
        grace.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([server.stop(), cut]);
      await server.stop(true);
    },
  };
}
