import { inspect } from "node:util";
import { CommanderError } from "@commander-js/extra-typings";
import { ConfigError } from "../config/config.ts";
import { permissionNeeded } from "../lib/permission.ts";
import { TaskError } from "../task/errors.ts";
import { COMPLETE } from "./completion/scripts.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { guarded } from "./io.ts";
import { newProgram } from "./program.ts";

/** What a process is given to run a command. */
export type CliParts = Omit<Context, "signal" | "endWith">;

/**
 * Runs one command: reads its arguments, does what it says, and writes what came of it.
 *
 * @returns the exit code, one of `EXIT`
 */
export async function runCli(args: readonly string[], parts: CliParts): Promise<ExitCode> {
  const io = guarded(parts.io);
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  // `serve` hears signals itself.
  const hears = args[0] !== "serve";
  if (hears) for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, onInterrupt);
  let code: ExitCode = EXIT.ok;
  const endWith = (wanted: ExitCode): void => {
    code = wanted;
  };
  try {
    const context = { ...parts, io, signal: interrupt.signal, endWith };
    const program = await newProgram(args[0], context);
    // `complete -- WORDS`: the words are another command's, and may be half of it.
    if (args[0] === COMPLETE) {
      const { complete } = await import("./completion/completion.ts");
      await complete(program, args.slice(2), context);
    } else await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (interrupt.signal.aborted) return EXIT.interrupted;
    io.err(errorText(error, args.includes("--json")));
    return error instanceof CliError ? error.exitCode : EXIT.failed;
  } finally {
    if (hears) for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, onInterrupt);
  }
}

function errorText(error: unknown, isJson: boolean): string {
  const isExpected =
    error instanceof CliError || error instanceof ConfigError || error instanceof TaskError;
  const needed = permissionNeeded(error);
  const message = isExpected
    ? error.message
    : needed === undefined
      ? inspect(error)
      : `Cannot go on: ${needed}`;
  if (!isJson) return `${message}\n`;
  const answer = error instanceof CliError ? error.answer : undefined;
  return `${JSON.stringify({ error: { ...answer, message } })}\n`;
}
