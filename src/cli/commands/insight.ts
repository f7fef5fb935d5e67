import type { Command } from "@commander-js/extra-typings";
import type * as v from "valibot";
import { shellQuoted } from "../../plan/tell.ts";
import { logAnswer, planAnswer } from "../calls/insight-answers.ts";
import { understood } from "../calls/service-calls.ts";
import { type Context, callsOf, newCall } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { failureText, json } from "../text.ts";
import { bodyOf, newTaskCall } from "./submit.ts";
import { wholeNumber } from "./values.ts";

/** A plan is made of a source that was probed, which may come from far. */
const PLAN_MS = 180_000;
const ATTEMPTS_MAX = 1_000_000;
const MB = 1e6;

/** Adds `plan` and `log`: what would become of a task, and what became of one. */
export function addInsightCommands(program: Command, context: Context): void {
  newTaskCall(
    program,
    "plan",
    "Says what would become of a task, without creating it: every stream of the source, what is copied or encoded and why, the steps of ffmpeg, and about how large and long it gets.",
    [
      "plan sample.mov out/sample.mp4 -p video_mp4_1280x720_1728kbps",
      "plan --body request.json --json",
    ],
  ).action(async (source, targets, options) => {
    const body = bodyOf(source, targets, options);
    const call = { body, timeoutMs: PLAN_MS };
    const answer = await callsOf(context, options).call("/task/transcoding/plan", call);
    const plan = understood(planAnswer, answer);
    context.io.out(options.json ? json(answer) : planText(plan));
    if (plan.error) context.endWith(EXIT.failed);
  });
  newCall(
    program,
    "log",
    "Writes what was decided in each attempt at a task, and the last lines of its encoder.",
    [
      "log 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d",
      "log --attempt 2 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d",
    ],
  )
    .argument("<id>", "the id that submit gave")
    .option("--attempt <number>", "this attempt alone", wholeNumber(1, ATTEMPTS_MAX))
    .action(async (id, options) => {
      const path = `/task/transcoding/${encodeURIComponent(id)}/log`;
      const answer = await callsOf(context, options).call(path);
      const { attempts } = understood(logAnswer, answer);
      const { attempt: wanted } = options;
      const shown = attempts.filter(({ attempt }) => wanted === undefined || attempt === wanted);
      if (wanted !== undefined && shown.length === 0)
        throw new CliError(EXIT.failed, `Cannot show attempt ${wanted}: it has no log`);
      if (options.json) context.io.out(json({ attempts: shown }));
      else context.io.out(shown.length === 0 ? "No attempt has a log\n" : logText(shown));
    });
}

function planText(plan: v.InferOutput<typeof planAnswer>): string {
  const { source, steps, estimate, warnings, error } = plan;
  const { size_bytes: size, duration_seconds: seconds } = source;
  const facts = [
    source.container,
    seconds === undefined ? undefined : `${seconds.toFixed(2)} s`,
    size === undefined ? undefined : `${(size / MB).toFixed(2)} MB`,
  ].filter((fact) => fact !== undefined);
  const guess = [
    estimate?.size_bytes === undefined ? undefined : `${(estimate.size_bytes / MB).toFixed(2)} MB`,
    estimate?.seconds === undefined ? undefined : `${estimate.seconds.toFixed(0)} s of work`,
  ].filter((fact) => fact !== undefined);
  const line = (name: string, text: string) => `${name.padEnd(11)}${text}`;
  const lines = [
    line("profile", plan.profile_name),
    line("source", [source.source_url, ...facts].join(", ")),
    ...source.streams.flatMap((stream) => [
      line(`stream ${stream.index}`, streamText(stream)),
      ...stream.uses.map(({ targets, action, why }) =>
        line("", `${action} for target ${targets.map((at) => at + 1).join(", ")}: ${why}`),
      ),
    ]),
    ...steps.map((step) =>
      line("step", `${step.name}: ffmpeg ${step.arguments.map(shellQuoted).join(" ")}`),
    ),
    ...(guess.length > 0 ? [line("about", guess.join(", "))] : []),
    ...warnings.map(({ code, message }) => line("warning", `${code}: ${message}`)),
    ...(error ? [line("error", failureText(error))] : []),
  ];
  return `${lines.join("\n")}\n`;
}

type PlannedStream = v.InferOutput<typeof planAnswer>["source"]["streams"][number];

function streamText({
  kind,
  codec,
  language,
  width,
  height,
  framerate,
  channels,
}: PlannedStream): string {
  return [
    `${kind} ${codec}`,
    ...(width === undefined ? [] : [`${width}x${height}`]),
    ...(framerate === undefined ? [] : [`${framerate} frames/s`]),
    ...(channels === undefined ? [] : [`${channels} channel(s)`]),
    ...(language === undefined ? [] : [language]),
  ].join(", ");
}

const logText = (attempts: v.InferOutput<typeof logAnswer>["attempts"]): string =>
  attempts
    .flatMap(({ attempt, decisions, lines }) => [
      `attempt ${attempt}`,
      ...decisions.map((decision) => `  - ${decision}`),
      ...lines.map((text) => `  | ${text}`),
    ])
    .map((text) => `${text}\n`)
    .join("");
