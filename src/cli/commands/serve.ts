import type { Command } from "@commander-js/extra-typings";
import { KEYS } from "../../config/keys.ts";
import { type Context, newCommand } from "../context.ts";
import { EXIT } from "../exit.ts";

/** Adds `serve`. */
export function addServeCommand(program: Command, context: Context): void {
  newCommand(
    program,
    "serve",
    "Starts the service, and runs until it is stopped. All that can be set is set by the environment (docs/configuration.md); these options are for the keys that are set most often.",
    ["serve", "serve --port 9000 --media /srv/media --data /var/lib/pontus"],
  )
    .option("--host <name>", `where it listens (${KEYS.host.env})`)
    .option("--port <number>", `its port (${KEYS.port.env})`)
    .option("--data <folder>", `its own folder (${KEYS.dataFolder.env})`)
    .option("--media <folders>", `the folders of sources and targets (${KEYS.mediaRoots.env})`)
    .action(async ({ host, port, data, media }) => {
      const code = await context.serve({
        ...context.env,
        ...(host !== undefined && { [KEYS.host.env]: host }),
        ...(port !== undefined && { [KEYS.port.env]: port }),
        ...(data !== undefined && { [KEYS.dataFolder.env]: data }),
        ...(media !== undefined && { [KEYS.mediaRoots.env]: media }),
      });
      if (code !== 0) context.endWith(code === EXIT.usage ? EXIT.usage : EXIT.failed);
    });
}
