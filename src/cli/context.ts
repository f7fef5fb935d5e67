import type { Command } from "@commander-js/extra-typings";
import type { Environment } from "../config/config.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { findCredentials, findService } from "./calls/credentials.ts";
import { ServiceCalls } from "./calls/service-calls.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

/** What every command has. */
export type Context = {
  readonly io: Io;
  readonly env: Environment;
  readonly runtime: Runtime;
  readonly version: string;
  /** Runs the service until it is stopped. @returns its exit code */
  readonly serve: (env: Environment) => Promise<number>;
  /** Aborts when the caller presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Says what the process is to end with; without it that all went well. */
  readonly endWith: (code: ExitCode) => void;
};

/** How a service is called. */
export type CallOptions = {
  readonly url?: string | undefined;
  readonly credentials?: string | undefined;
};

/** Begins a command whose help ends with examples. */
export function newCommand(
  program: Command,
  name: string,
  about: string,
  examples: readonly string[],
): Command {
  const shown = examples.map((example) => `  $ pontus ${example}\n`).join("");
  const [first = about] = about.split(/\.(?: |$)/);
  return program
    .command(name)
    .summary(first)
    .description(about)
    .addHelpText("after", `\nExamples:\n${shown.trimEnd()}`);
}

/** Begins a command that calls the service. */
export const newCall = (
  program: Command,
  name: string,
  about: string,
  examples: readonly string[],
) =>
  newCommand(program, name, about, examples)
    .option("--url <address>", "the service; else PONTUS_URL, else http://127.0.0.1:8080")
    .option(
      "--credentials <file>",
      "a file with the client's keys, or its JSON; else PONTUS_CREDENTIALS, else data/credentials.json",
    )
    .option("--json", "answer with JSON");

/** The service that a command calls. @throws {CliError} if there are no keys */
export const callsOf = ({ env, signal }: Context, options: CallOptions): ServiceCalls =>
  new ServiceCalls(
    findService(options.url, env),
    findCredentials(options.credentials, env),
    signal,
  );
