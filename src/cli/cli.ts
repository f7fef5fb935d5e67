import { inspect } from "node:util";
import { Command, CommanderError } from "@commander-js/extra-typings";
import { ConfigError } from "../config/config.ts";
import { permissionNeeded } from "../lib/permission.ts";
import { TaskError } from "../task/errors.ts";
import { addClientCommands } from "./commands/client.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addInsightCommands } from "./commands/insight.ts";
import { addMigrateStoreCommand } from "./commands/migrate-store.ts";
import { addProfilesCommand } from "./commands/profiles.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addSubmitCommand } from "./commands/submit.ts";
import { addTaskCommands } from "./commands/tasks.ts";
import { addTranscodeCommand } from "./commands/transcode.ts";
import { addCompletionCommand, complete } from "./completion/completion.ts";
import { COMPLETE } from "./completion/scripts.ts";
import type { Context } from "./context.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { guarded } from "./io.ts";

const ABOUT =
  "Transcodes media: one file at once (transcode), or by a service that is started (serve) and given tasks (submit).";
const AFTER = `
Examples:
  $ pontus transcode film.mov film.mp4 -p video_mp4_1280x720_1728kbps
  $ pontus doctor
  $ pontus serve
  $ pontus submit sample.mov out/sample.mp4 -p video_mp4_1280x720_1728kbps --watch

Every command has a help of its own: pontus submit --help`;

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
    const program = newProgram(context);
    // `complete -- WORDS`: the words are another command's, and may be half of it.
    if (args[0] === COMPLETE) await complete(program, args.slice(2), context);
    else await program.parseAsync([...args], { from: "user" });
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

/** All commands. */
function newProgram(context: Context): Command {
  const { io, version } = context;
  const program = new Command("pontus")
    .description(ABOUT)
    .version(`pontus ${version}`, "-V, --version", "write the version")
    .helpOption("-h, --help", "write this help")
    .helpCommand("help [command]", "write the help of a command")
    .addHelpText("after", AFTER)
    .showHelpAfterError("(pontus --help, or --help after a command, says what there is)")
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .exitOverride();
  addTranscodeCommand(program, context);
  addSubmitCommand(program, context);
  addTaskCommands(program, context);
  addInsightCommands(program, context);
  addProfilesCommand(program, context);
  addClientCommands(program, context);
  addServeCommand(program, context);
  addMigrateStoreCommand(program, context);
  addDoctorCommand(program, context);
  addCompletionCommand(program, context);
  return program;
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
