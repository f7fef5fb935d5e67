import packageJson from "../package.json" with { type: "json" };
import { runCli } from "./cli/cli.ts";
import { processIo } from "./cli/io.ts";
import type { Environment } from "./config/config.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** The command line as a process. @returns the exit code */
export function runCommand(
  runtime: Runtime,
  args: readonly string[],
  env: Environment,
): Promise<number> {
  return runCli(args, {
    io: processIo(),
    env,
    runtime,
    version: packageJson.version,
    serve: async (given) => (await import("./main.ts")).runService(runtime, [], given),
  });
}
