import { availableParallelism } from "node:os";
import { startService } from "../src/app.ts";
import { configureLogging, disposeLogging } from "../src/config/logging.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { denoRuntime } from "../src/runtime/deno.ts";
import { type DemoPlace, type DemoService, ownEnvironment, runDemo } from "./demo-tour.ts";

// `deno task demo`. The service runs in this process: to start another, the demo would need the permission to run Deno,
// and with it every permission.

async function start(place: DemoPlace): Promise<DemoService> {
  const { config } = parseConfig(ownEnvironment(place), { cores: availableParallelism() });
  await configureLogging({ level: "error", format: "text" });
  const { url, ready, stop } = await startService(config, denoRuntime, "demo");
  await ready;
  return {
    url,
    logTail: () => "what it had to say stands above",
    stop: async () => {
      await stop();
      await disposeLogging();
    },
  };
}

await runDemo(start, process.argv.slice(2));
