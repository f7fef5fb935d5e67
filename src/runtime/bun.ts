import type { Runtime, ServeOptions, Server } from "./runtime.ts";

/** Bun's way to serve. */
export const bunRuntime: Runtime = {
  name: "bun",
  version: Bun.version,
  // Bun has no permissions of its own.
  mayWrite: () => true,
  serve,
};

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
