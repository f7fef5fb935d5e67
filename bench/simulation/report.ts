import { figure } from "../report.ts";
import type { DatabaseModel } from "./database-model.ts";
import type { Records } from "./records.ts";
import type { Simulation, SimulationOptions } from "./simulation.ts";

const seconds = (ms: number): string => figure(ms / 1_000);
const percent = (share: number): string => `${figure(share * 100)} %`;
const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

/** Values at some shares of sorted ones. */
function quantiles(values: readonly number[], shares: readonly number[]): readonly number[] {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
}

/** A table in Markdown. */
export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** What a simulation found, in Markdown. */
export function reportOf(simulation: Simulation, options: SimulationOptions): string {
  const { records, database } = simulation;
  return [
    `${figure(options.tasks)} tasks in ${figure(options.dayMs / 3_600_000)} h, all ended after ${figure(simulation.lastedMs / 3_600_000)} h; ${figure(options.workers)} workers of ${options.slots} slots, of which ${records.deaths} died with ${records.lost} runs.`,
    waitsOf(records),
    sharesOf(records),
    serverOf(records, database),
    statementsOf(database, options.tasks),
    `Rows at most: ${Object.entries(records.peaks)
      .map(([name, rows]) => `${name} ${figure(rows ?? 0)}`)
      .join(", ")}.`,
  ].join("\n\n");
}

function waitsOf({ classes }: Records): string {
  const rows = [...classes].map(([name, { made, failed, waits }]) => {
    const [p50 = 0, p95 = 0, p99 = 0, max = 0] = quantiles(waits, [0.5, 0.95, 0.99, 1]);
    const times = [p50, p95, p99, max].map(seconds);
    return [name, figure(made), figure(failed), ...times];
  });
  return tableOf(["waits, s", "tasks", "failed", "p50", "p95", "p99", "longest"], rows);
}

function sharesOf({ classes, evenness }: Records): string {
  const all = [...classes];
  const ran = sum(all.map(([, { ranMs }]) => ranMs));
  const runs = sum(all.map(([, each]) => each.runs));
  const rows = all.map(([name, each]) => [
    name,
    percent(each.runs / runs),
    percent(each.ranMs / ran),
    seconds(each.ranMs / Math.max(1, each.runs)),
  ]);
  const even =
    evenness.length === 0
      ? "There was no window in which two clients that need the same had tasks all the time."
      : `Slots by weight, of clients that need the same and had tasks all the time, in each of ${evenness.length} windows of 10 min (Jain's index, 1 is even): ${mean(evenness).toFixed(4)} on average, ${evenness.reduce((a, b) => Math.min(a, b)).toFixed(4)} at least.`;
  return `${tableOf(["", "of all slots given", "of all time of runs", "a run, s"], rows)}\n\n${even}`;
}

function serverOf({ minutes, behindMs }: Records, { refused }: DatabaseModel): string {
  const of = (key: keyof (typeof minutes)[number]) => minutes.map((minute) => minute[key]);
  const row = (
    what: string,
    key: keyof (typeof minutes)[number],
    tell: (value: number) => string,
  ) => [what, tell(mean(of(key))), tell(most(of(key)))];
  const rows = [
    row("slots that were busy", "busy", percent),
    row("claims a second", "claims", figure),
    row("statements a second", "statements", figure),
    row("cores of the server", "cpu", figure),
    row("time for which the lock of turns was held", "locked", percent),
  ];
  return `${tableOf(["by minutes", "mean", "most"], rows)}\n\nThe server was behind by ${figure(behindMs)} ms at most; ${refused} claims were refused.`;
}

function statementsOf({ asked }: DatabaseModel, tasks: number): string {
  const all = [...asked].toSorted(([, a], [, b]) => b.statements - a.statements);
  const rows = all.map(([name, { calls, statements, cpuMs }]) => [
    name,
    figure(calls / tasks),
    figure(statements / tasks),
    figure(cpuMs / tasks),
  ]);
  const total = [
    "all",
    "",
    figure(sum(all.map(([, each]) => each.statements)) / tasks),
    figure(sum(all.map(([, each]) => each.cpuMs)) / tasks),
  ];
  return tableOf(
    ["for each task", "calls", "statements", "CPU of the server, ms"],
    [...rows, total],
  );
}

/** What one step of a sweep came to, of tasks that run for so long on average. */
export function stepOf(
  { records, database }: Simulation,
  { workers, server: { cores } }: SimulationOptions,
  { connections, taskSeconds }: Readonly<Record<"connections" | "taskSeconds", number>>,
): readonly string[] {
  const { minutes } = records;
  const peak = (key: keyof (typeof minutes)[number]) => most(minutes.map((minute) => minute[key]));
  const waits = [...records.classes.values()].flatMap((each) => each.waits);
  const [p50 = 0, p99 = 0] = quantiles(waits, [0.5, 0.99]);
  const needed = CONNECTIONS * workers;
  const breaks = [
    ...(needed > connections ? ["connections"] : []),
    ...(peak("cpu") > 0.9 * cores ? ["cores"] : []),
    ...(peak("locked") > 0.9 ? ["lock of turns"] : []),
    ...(database.refused > 0 ? ["claims refused"] : []),
  ];
  return [
    figure(workers),
    figure(taskSeconds),
    figure(peak("claims")),
    figure(peak("statements")),
    figure(peak("cpu")),
    percent(peak("locked")),
    figure(needed),
    `${seconds(p50)}, ${seconds(p99)}`,
    breaks.join(", ") || "holds",
  ];
}

/** Of a worker of one slot, as docs/fleet.md has it. */
const CONNECTIONS = 3;

export const STEP_HEAD = [
  ...["workers", "a task, s", "claims/s", "statements/s", "cores", "lock held", "connections"],
  ...["waits, s: p50, p99", "what breaks"],
] as const;
