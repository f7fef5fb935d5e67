import { dlopen } from "bun:ffi";
import { closeSync, openSync, readdirSync } from "node:fs";
import { getLogger } from "@logtape/logtape";
import { once } from "../lib/once.ts";
import { leftByNpm } from "./npm.ts";
import type { Runtime, ServeOptions, Server } from "./runtime.ts";

const log = getLogger(["pontus"]);

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
  leftByLauncher: leftByNpm,
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
  const listenAt = (port: number) =>
    Bun.serve({
      hostname: options.host,
      port,
      fetch: (request, server) =>
        options.fetch(request, { holdOpen: (seconds) => server.timeout(request, seconds) }),
      idleTimeout: options.idleTimeoutSeconds,
      maxRequestBodySize: options.bodyBytesMax,
      development: false,
      // Otherwise Bun shares a port with another process, and callers would reach one service or the other by chance.
      reusePort: false,
    });
  const door = openDoor(listenAt, options);
  return {
    port: door.port,
    async stop(graceMs) {
      const grace = AbortSignal.timeout(graceMs);
      const cut = new Promise<void>((resolve) => {
        grace.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([door.close(false), cut]);
      await door.close(true);
    },
  };
}

/** How often the open files are counted. */
const COUNT_EVERY_MS = 250;

type BunServer = ReturnType<typeof Bun.serve>;

/**
 * Listens while there is room for connections. Bun has no limit on them, and does not tell how many there are; each is an open file of
 * this process, though, which can be counted on Linux. A server that has stopped listening answers what it has, and another one takes
 * its place when there is room again.
 */
function openDoor(
  listenAt: (port: number) => BunServer,
  { port: wanted, connectionsMax }: ServeOptions,
): { readonly port: number; readonly close: (isAtOnce: boolean) => Promise<unknown> } {
  const servers = new Set<BunServer>();
  const listen = (port: number): BunServer => {
    const server = listenAt(port);
    servers.add(server);
    return server;
  };
  let current: BunServer | undefined = listen(wanted);
  const port = current.port ?? wanted;
  const filesAtFirst = openFiles();
  const isFull = (): boolean => openFiles() - filesAtFirst > connectionsMax;
  const count = (): void => {
    if (!isFull()) {
      current ??= listen(port);
      return;
    }
    current?.closeIdleConnections();
    if (!current || !isFull()) return;
    const full = current;
    current = undefined;
    log.warn(
      "More than {connectionsMax} connections are open: none is taken until some are closed",
      {
        connectionsMax,
      },
    );
    void full.stop().then(() => servers.delete(full));
  };
  const counting = setInterval(() => {
    try {
      count();
    } catch (error) {
      log.error("Cannot listen again: {error}", { error });
    }
  }, COUNT_EVERY_MS);
  const close = (isAtOnce: boolean) => {
    clearInterval(counting);
    return Promise.all([...servers].map((server) => server.stop(isAtOnce)));
  };
  return { port, close };
}

/** How many files this process has open, connections among them; 0 where the system does not tell. */
function openFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
