import type { Command } from "@commander-js/extra-typings";
import * as v from "valibot";
import { hasEnded, type Task, taskAnswer, taskPage } from "../calls/answers.ts";
import { followTask } from "../calls/follow.ts";
import { type ServiceCalls, understood } from "../calls/service-calls.ts";
import { type Context, callsOf, newCall } from "../context.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { json, ProgressLine, table, taskText } from "../text.ts";
import { wholeNumber } from "./values.ts";

const PAGE_MAX = 100;
const LISTED = 20;

const pathOf = (id: string, verb = ""): string =>
  `/task/transcoding/${encodeURIComponent(id)}${verb}`;

/** Adds the commands about tasks that there are. */
export function addTaskCommands(program: Command, context: Context): void {
  const { io, endWith } = context;
  addWatch(program, context);
  addList(program, context);
  newCall(program, "show", "Shows one task.", ["show 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d"])
    .argument("<id>", "the id that submit gave")
    .action(async (id, options) => {
      const answer = await callsOf(context, options).call(pathOf(id));
      io.out(options.json ? json(answer) : taskText(understood(taskAnswer, answer)));
    });
  newCall(
    program,
    "cancel",
    "Ends tasks that wait, and asks those that run to stop. With --wait the command ends when they have.",
    ["cancel 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d", "cancel --wait $(pontus list --ids)"],
  )
    .argument("<id...>", "ids of tasks")
    .option("-w, --wait", "wait until they have ended")
    .action(async (ids, options) => {
      const calls = callsOf(context, options);
      await forEach(ids, { calls, io, verb: "cancel", isJson: options.json === true }, (id) =>
        options.wait
          ? followTask(calls, id, { onChange: () => {}, signal: context.signal })
          : undefined,
      );
    });
  newCall(program, "retry", "Lets tasks run again that failed or were cancelled.", [
    "retry 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d",
    "retry --watch 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d",
  ])
    .argument("<id...>", "ids of tasks")
    .option("-w, --watch", "follow them to their ends, one after the other")
    .action(async (ids, options) => {
      const calls = callsOf(context, options);
      if (!options.watch)
        return forEach(ids, { calls, io, verb: "retry", isJson: options.json === true });
      for (const id of ids) {
        await calls.call(pathOf(id, "/retry"), { method: "POST" });
        const code = await watch(context, calls, id, options.json === true);
        if (code !== EXIT.ok) endWith(code);
      }
    });
}

type Each = {
  readonly calls: ServiceCalls;
  readonly io: Io;
  readonly verb: "cancel" | "retry";
  readonly isJson: boolean;
};

/** Makes the same call about each task, and says how each stands then. */
async function forEach(
  ids: readonly string[],
  { calls, io, verb, isJson }: Each,
  then: (id: string) => Promise<unknown> | undefined = () => undefined,
): Promise<void> {
  const standing = v.object({ task_id: v.string(), task_status: v.string() });
  for (const id of ids) {
    const answer = await calls.call(pathOf(id, `/${verb}`), { method: "POST" });
    const last = (await then(id)) ?? answer;
    const { task_id, task_status } = understood(standing, last);
    io.out(isJson ? json(last) : `${task_id}  ${task_status}\n`);
  }
}

function addWatch(program: Command, context: Context): void {
  newCall(
    program,
    "watch",
    "Follows a task to its end, with a progress bar. Ctrl-C ends the command, and leaves the task alone.",
    [
      "watch 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d",
      "watch --json 0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d",
    ],
  )
    .argument("<id>", "the id that submit gave")
    .action(async (id, options) => {
      const calls = callsOf(context, options);
      context.endWith(await watch(context, calls, id, options.json === true));
    });
}

/**
 * Shows a task until it ends, and then the whole of it. With JSON, each change is a line, and the task the last one.
 *
 * @param textOf - what is written of the task at the end
 * @returns what its end means for the process
 */
export async function watch(
  { io, signal }: Pick<Context, "io" | "signal">,
  calls: ServiceCalls,
  id: string,
  isJson: boolean,
  textOf: (task: Task) => string = taskText,
): Promise<ExitCode> {
  const line = new ProgressLine(io);
  let last = "";
  const onChange = ({ task_status, progress }: Pick<Task, "task_status" | "progress">): void => {
    if (!isJson) line.show({ task_status, progress });
    if (!isJson || hasEnded({ task_status })) return;
    const text = `${JSON.stringify({ task_id: id, task_status, progress })}\n`;
    if (text !== last) io.out(text);
    last = text;
  };
  const answer = await followTask(calls, id, { onChange, signal }).finally(() => line.end());
  const task = understood(taskAnswer, answer);
  io.out(isJson ? `${JSON.stringify(answer)}\n` : textOf(task));
  if (task.task_status === "SUCCESS") return EXIT.ok;
  return task.task_status === "CANCELLED" ? EXIT.cancelled : EXIT.failed;
}

function addList(program: Command, context: Context): void {
  newCall(program, "list", "Lists the client's tasks, the newest first.", [
    "list",
    "list --status FAILED --after 2026-11-01T00:00:00Z",
    "list --all --status FAILED --after 2026-11-01T00:00:00Z",
    "list --limit 500 --json",
  ])
    .option(
      "-s, --status <status>",
      "those in this state: PENDING, RUNNING, SUCCESS, FAILED or CANCELLED",
      (text) => text.toUpperCase(),
    )
    .option("-p, --profile <name>", "those with this profile")
    .option("--after <time>", "those created after this time")
    .option("-a, --all", "those of all clients, for operators; with the client of each")
    .option("-n, --limit <count>", "how many at most", wholeNumber(1, 1_000_000), LISTED)
    .option("--ids", "write their ids alone, one a line")
    .action(async (options) => {
      const query = {
        ...(options.status !== undefined && { status: options.status }),
        ...(options.profile !== undefined && { profile_name: options.profile }),
        ...(options.after !== undefined && { created_after: options.after }),
      };
      const path = options.all ? "/admin/tasks" : "/task/transcoding";
      const tasks = await readTasks(callsOf(context, options), path, query, options.limit);
      context.io.out(listText(tasks, options));
    });
}

type Listing = {
  readonly json?: true;
  readonly ids?: true;
  readonly all?: true;
  readonly status?: string;
};

function listText(tasks: readonly unknown[], { json: isJson, ids, all, status }: Listing): string {
  if (isJson) return json(tasks);
  const read = tasks.map((task) => understood(taskAnswer, task));
  if (ids) return read.map((task) => `${task.task_id}\n`).join("");
  const columns: readonly (readonly [string, (task: Task) => string | undefined])[] = [
    ["id", (task) => task.task_id],
    ["status", (task) => task.task_status],
    ["created", (task) => task.create_time],
    ...(all ? [["client", (task: Task) => task.client_code] as const] : []),
    ["profile", (task) => task.profile_name],
    ["source", (task) => task.source.source_url],
    ...(status === "FAILED"
      ? [["error", ({ error }: Task) => error?.detail ?? error?.message] as const]
      : []),
  ];
  const rows = read.map((task) => columns.map(([, cell]) => cell(task) ?? ""));
  return table(
    columns.map(([heading]) => heading),
    rows,
  );
}

/** Reads pages until there are as many tasks as wanted. */
async function readTasks(
  calls: ServiceCalls,
  path: string,
  query: Readonly<Record<string, string>>,
  count: number,
): Promise<readonly unknown[]> {
  const tasks: unknown[] = [];
  let cursor: string | undefined;
  do {
    const limit = String(Math.min(PAGE_MAX, count - tasks.length));
    const asked = new URLSearchParams({ ...query, limit, ...(cursor && { cursor }) });
    const page = understood(taskPage, await calls.call(`${path}?${asked}`));
    tasks.push(...page.tasks);
    cursor = page.next_cursor;
  } while (cursor !== undefined && tasks.length < count);
  return tasks;
}
