import type { Argument, Command, Option } from "@commander-js/extra-typings";
import { CATALOGUE } from "../../profile/system-profiles.ts";
import { TASK_STATUSES } from "../../task/status.ts";
import { FILES } from "./scripts.ts";

/** A word that fits, and what it means. */
export type Suggestion = { readonly word: string; readonly about: string };

/** Finds out what only the service knows. */
export type Lookup = { readonly taskIds: () => Promise<readonly Suggestion[]> };

const isOption = (word: string): boolean => word.startsWith("-") && word !== "-";
const plain = (words: readonly string[]): readonly Suggestion[] =>
  words.map((word) => ({ word, about: "" }));

/**
 * What may stand where the last word does.
 *
 * @param words - those behind `pontus`; the last one is where the cursor is, and may be empty
 */
export async function suggest(
  program: Command,
  words: readonly string[],
  lookup: Lookup,
): Promise<readonly Suggestion[]> {
  // Bash gives the `=` of `--profile=a` as a word of its own.
  const split = words.filter((word, at) => word !== "=" || at === words.length - 1);
  const current = (split.at(-1) ?? "").replace(/^=$/, "");
  const [, head = "", tail] = /^(--[^=]+=)(.*)$/.exec(current) ?? [];
  const { command, option, given } = read(program, split.slice(0, -1));
  if (tail !== undefined) {
    const named = optionOf(command, head.slice(0, -1));
    const values = named?.required ? fitting(await valuesOf(named, lookup), tail) : [];
    return values.map(({ word, about }) => ({ word: `${head}${word}`, about }));
  }
  if (option) return fitting(await valuesOf(option, lookup), current);
  if (isOption(current) || current === "-") return fitting(optionsOf(command), current);
  const below = given === 0 ? commandsOf(command) : [];
  const argument = command.registeredArguments[given] ?? last(command);
  const values = argument ? await valuesOf(argument, lookup) : [];
  return fitting([...below, ...values], current);
}

type Place = {
  /** Whose arguments these are. */
  readonly command: Command;
  /** The option whose value comes next. */
  readonly option: Option | undefined;
  /** How many arguments were given to it. */
  readonly given: number;
};

function read(program: Command, words: readonly string[]): Place {
  let command = program;
  let option: Option | undefined;
  let given = 0;
  for (const word of words) {
    if (option) option = undefined;
    else if (isOption(word)) {
      const named = optionOf(command, word);
      option = named?.required ? named : undefined;
    } else {
      const below = command.commands.find((each) => each.name() === word);
      if (below && given === 0) command = below as Command;
      else given += 1;
    }
  }
  return { command, option, given };
}

const optionOf = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ short, long }) => short === flag || long === flag);

const optionsOf = (command: Command): readonly Suggestion[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ word: long ?? short ?? "", about: description }));

const commandsOf = (command: Command): readonly Suggestion[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((each) => ({ word: each.name(), about: each.summary() || each.description() }));

/** The argument that takes all further words. */
function last(command: Command): Argument | undefined {
  const argument = command.registeredArguments.at(-1);
  return argument?.variadic ? argument : undefined;
}

/** What an option or an argument may be, by its choices, else by its name in the usage. */
async function valuesOf(asked: Option | Argument, lookup: Lookup): Promise<readonly Suggestion[]> {
  if (asked.argChoices) return plain(asked.argChoices);
  const name = "flags" in asked ? `${asked.long} ${asked.flags}` : asked.name();
  if (/^--status/.test(name)) return plain(TASK_STATUSES);
  if (/^(--profile|name$)/.test(name)) return plain(CATALOGUE);
  if (/^id$/.test(name)) return lookup.taskIds();
  if (/<(file|folders?)>|^(in|out|source|targets)$/.test(name)) return plain([FILES]);
  return [];
}

const fitting = (all: readonly Suggestion[], begin: string): readonly Suggestion[] =>
  all.filter(({ word }) => word === FILES || word.startsWith(begin));
