import { Argument, type Command } from "@commander-js/extra-typings";
import { taskAnswer, taskPage } from "../calls/answers.ts";
import { understood } from "../calls/service-calls.ts";
import { type Context, callsOf, newCommand } from "../context.ts";
import { SCRIPTS, SHELLS } from "./scripts.ts";
import { type Suggestion, suggest } from "./suggest.ts";

/** Nobody waits longer for a word. */
const LOOKUP_MS = 2_000;

/** Adds `completion`. */
export function addCompletionCommand(program: Command, context: Context): void {
  newCommand(
    program,
    "completion",
    "Writes the completion for a shell. What it writes says where it belongs.",
    ["completion bash >> ~/.bashrc", "completion zsh >> ~/.zshrc", "completion fish | source"],
  )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell) => context.io.out(SCRIPTS[shell]));
}

/** Writes what fits behind the words that a shell has so far: what it is, a tab, what it means. */
export async function complete(
  program: Command,
  words: readonly string[],
  context: Context,
): Promise<void> {
  const found = await suggest(program, words, { taskIds: () => taskIds(context) });
  const lineOf = ({ word, about }: Suggestion) => (about === "" ? word : `${word}\t${about}`);
  context.io.out(found.map((each) => `${lineOf(each)}\n`).join(""));
}

async function taskIds(context: Context): Promise<readonly Suggestion[]> {
  try {
    const answer = await callsOf(context, {}).call("/task/transcoding", { timeoutMs: LOOKUP_MS });
    const tasks = understood(taskPage, answer).tasks.map((task) => understood(taskAnswer, task));
    return tasks.map(({ task_id: word, task_status, source }) => ({
      word,
      about: `${task_status} ${source.source_url}`,
    }));
  } catch {
    // Without a service, or keys for it, there are no words.
    return [];
  }
}
