import { readFileSync } from "node:fs";
import type { Command } from "@commander-js/extra-typings";
import { created } from "../calls/answers.ts";
import { understood } from "../calls/service-calls.ts";
import { type Context, callsOf, newCall } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { json } from "../text.ts";
import { watch } from "./tasks.ts";
import { pairsOf, secondsOf, wholeNumber } from "./values.ts";

const WEEK_SECONDS = 604_800;
const PRIORITY_MAX = 10;
const STDIN = 0;

/** Begins a command whose arguments describe a task. */
export const newTaskCall = (
  program: Command,
  name: string,
  about: string,
  examples: readonly string[],
) =>
  newCall(program, name, about, examples)
    .argument(
      "[source]",
      "the address of the source; a plain path is below the service's media folder",
    )
    .argument("[targets...]", "the addresses to write to")
    .option("-p, --profile <name>", "what to make: see pontus profiles")
    .option("--start <seconds>", "where in the source to begin", secondsOf)
    .option("--duration <seconds>", "how much of it to take", secondsOf)
    .option(
      "--priority <number>",
      "-10 to 10; the client's tasks of a higher one run first",
      wholeNumber(-PRIORITY_MAX, PRIORITY_MAX),
    )
    .option("--time-limit <seconds>", "how long a run may take", wholeNumber(1, WEEK_SECONDS))
    .option("-m, --metadata <key=value>", "text of your own; may be given several times", pairsOf)
    .option(
      "--body <file>",
      "take the whole request from a file of JSON, or - for stdin, instead of the above",
    );

/** What those arguments say. */
export type TaskOptions = {
  readonly profile?: string;
  readonly start?: number;
  readonly duration?: number;
  readonly priority?: number;
  readonly timeLimit?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** The body of the request that they stand for. @throws {CliError} `usage` if something is missing */
export function bodyOf(
  source: string | undefined,
  targets: readonly string[],
  options: TaskOptions,
): unknown {
  const { profile, start, duration, priority, timeLimit, metadata, body } = options;
  if (body !== undefined) {
    if (source !== undefined)
      throw new CliError(EXIT.usage, "Cannot take both --body and a source: give one of them");
    return readBody(body);
  }
  if (source === undefined || targets.length === 0)
    throw new CliError(EXIT.usage, "Cannot begin: a source and a target are needed, or --body");
  const hasClip = start !== undefined || duration !== undefined;
  return {
    source: { source_url: source },
    ...(profile !== undefined && { profile_name: profile }),
    targets: targets.map((target_url) => ({ target_url })),
    ...(hasClip && {
      clip: {
        ...(start !== undefined && { start_seconds: start }),
        ...(duration !== undefined && { duration_seconds: duration }),
      },
    }),
    ...(priority !== undefined && { priority }),
    ...(timeLimit !== undefined && { timeout_seconds: timeLimit }),
    ...(metadata && { metadata }),
  };
}

function readBody(path: string): unknown {
  const name = path === "-" ? "stdin" : JSON.stringify(path);
  try {
    return JSON.parse(readFileSync(path === "-" ? STDIN : path, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : (error as Error).message;
    throw new CliError(EXIT.usage, `Cannot use ${name} as the request: ${why}`);
  }
}

/** Adds `submit`. */
export function addSubmitCommand(program: Command, context: Context): void {
  newTaskCall(program, "submit", "Creates a task, and writes its id.", [
    "submit sample.mov out/sample.mp4 -p video_mp4_1280x720_1728kbps",
    "submit sample.mov out/a.m3u8 -p video_hls_adaptive --watch",
    "submit --body request.json --json",
  ])
    .option(
      "--idempotency-key <key>",
      "repeat a create with the same key, and no second task is made",
    )
    .option("-w, --watch", "follow the task to its end")
    .action(async (source, targets, options) => {
      const { idempotencyKey } = options;
      const calls = callsOf(context, options);
      const answer = await calls.call("/task/transcoding", {
        body: bodyOf(source, targets, options),
        ...(idempotencyKey !== undefined && { headers: { "Idempotency-Key": idempotencyKey } }),
      });
      const { task_id: id } = understood(created, answer);
      context.io.out(
        options.json ? (options.watch ? `${JSON.stringify(answer)}\n` : json(answer)) : `${id}\n`,
      );
      if (options.watch) context.endWith(await watch(context, calls, id, options.json === true));
    });
}
