import { Command } from "@commander-js/extra-typings";
import type { Context } from "./context.ts";

const ABOUT =
  "Transcodes media: one file at once (transcode), or by a service that is started (serve) and given tasks (submit).";
const AFTER = `
Examples:
  $ pontus transcode film.mov film.mp4 -p video_mp4_1280x720_1728kbps
  $ pontus doctor
  $ pontus serve
  $ pontus submit sample.mov out/sample.mp4 -p video_mp4_1280x720_1728kbps --watch

Every command has a help of its own: pontus submit --help`;

/** Adds commands to a program. */
type Adds = (program: Command, context: Context) => void;

/** Commands of one file, by their names. */
export type CommandFile = {
  readonly names: readonly string[];
  readonly load: () => Promise<Adds>;
};

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandFile[] = [
  {
    names: ["transcode"],
    load: async () => (await import("./commands/transcode.ts")).addTranscodeCommand,
  },
  {
    names: ["submit"],
    load: async () => (await import("./commands/submit.ts")).addSubmitCommand,
  },
  {
    names: ["show", "cancel", "retry", "watch", "list"],
    load: async () => (await import("./commands/tasks.ts")).addTaskCommands,
  },
  {
    names: ["plan", "log"],
    load: async () => (await import("./commands/insight.ts")).addInsightCommands,
  },
  {
    names: ["profiles"],
    load: async () => (await import("./commands/profiles.ts")).addProfilesCommand,
  },
  {
    names: ["client"],
    load: async () => (await import("./commands/client.ts")).addClientCommands,
  },
  { names: ["serve"], load: async () => (await import("./commands/serve.ts")).addServeCommand },
  {
    names: ["migrate-store"],
    load: async () => (await import("./commands/migrate-store.ts")).addMigrateStoreCommand,
  },
  { names: ["doctor"], load: async () => (await import("./commands/doctor.ts")).addDoctorCommand },
  {
    names: ["completion"],
    load: async () => (await import("./completion/completion.ts")).addCompletionCommand,
  },
];

/** The program with the command that is named first, or where none is, with all: for help, for completion, and for what is mistyped. */
export async function newProgram(first: string | undefined, context: Context): Promise<Command> {
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
  const named = COMMANDS.find(({ names }) => first !== undefined && names.includes(first));
  const adds = await Promise.all((named ? [named] : COMMANDS).map(({ load }) => load()));
  for (const add of adds) add(program, context);
  return program;
}
