import { join } from "node:path";
import { startDemoNode } from "./demo-node.ts";
import { ownEnvironment, runDemo } from "./demo-tour.ts";
import { inPinnedBun } from "./pinned-bun.ts";

// `npx --yes bun run demo` needs nothing but Node and npm. It starts the real service in a process of its own.

await inPinnedBun(import.meta.path);
const args = process.argv.slice(2);
const flag = args.indexOf("--installed");
await runDemo(
  (place, signal) =>
    startDemoNode({
      env: ownEnvironment(place),
      logFile: join(place.scratch, "service.log"),
      signal,
    }),
  args.toSpliced(flag, 2),
);
