import type * as v from "valibot";
import { type failure, hasEnded, type Output, type Task } from "./calls/answers.ts";
import type { Standing } from "./calls/follow.ts";
import { type Io, REDRAW } from "./io.ts";

const BAR_WIDTH = 30;
const PERCENT = 100;
/** Where nobody draws over lines, a line is written for each so much of the task. */
const STEP_PERCENT = 10;
const INDENT = "           ";
const KBIT = 1000;
const MB = 1e6;
const MINUTE = 60;

/** A result as JSON: one document, readable. */
export const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Rows under headings, in columns as wide as their longest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd();
  return `${all.map(lineOf).join("\n")}\n`;
}

/** What a target holds, in a line for the whole, one for each stream, and one for each rendition of a set. */
function outputLines({ container, video, audio, ...whole }: Output): readonly string[] {
  const size = `${(whole.size_bytes / MB).toFixed(2)} MB, ${whole.duration_seconds.toFixed(2)} s`;
  return [
    `${container}, ${size}, ${Math.round(whole.bitrate_bps / KBIT)} kbit/s`,
    ...(video
      ? [`video ${video.codec} ${video.width}x${video.height}, ${video.framerate} frames/s`]
      : []),
    ...(audio
      ? [`audio ${audio.codec}, ${audio.channels} channel(s), ${audio.samplerate_hz} Hz`]
      : []),
    ...whole.renditions.map((one) => {
      const what = one.video
        ? `${one.video.codec} ${one.video.width}x${one.video.height}`
        : `${one.audio?.codec}`;
      return `rendition ${what}, ${Math.round(one.bitrate_bps / KBIT)} kbit/s`;
    }),
  ];
}

/** Why a task, a target or a plan failed, in a line. */
export const failureText = ({ code, message, detail }: v.InferOutput<typeof failure>): string =>
  `${code}: ${detail ?? message}`;

/** What a task made, or why it did not: all that is left to say of one that nobody else knows of. */
export function resultText({ targets, warnings = [], error }: Task): string {
  const lines = [
    ...targets.flatMap(({ target_url: url, output }) =>
      output ? [url, ...outputLines(output).map((text) => `  ${text}`)] : [],
    ),
    ...warnings.map(({ code, message }) => `warning ${code}: ${message}`),
    ...(error ? [failureText(error)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** A whole task, as a person reads it. */
export function taskText(task: Task): string {
  const line = (name: string, text: string) => `  ${name.padEnd(9)}${text}`;
  const why = task.error && failureText(task.error);
  const times = [
    `created ${task.create_time}`,
    task.start_time && `started ${task.start_time}`,
    task.end_time && `ended ${task.end_time}`,
  ].filter(Boolean);
  const lines = [
    `${task.task_id}  ${task.task_status}`,
    line("profile", task.profile_name),
    line("source", task.source.source_url),
    line("times", times.join(", ")),
    ...(task.attempt === undefined ? [] : [line("attempt", String(task.attempt))]),
    ...(task.progress && !hasEnded(task) ? [line("progress", progressText(task))] : []),
    ...task.targets.flatMap((target) => [
      line("target", `${target.target_url}  ${target.target_status}`),
      ...(target.profile_name === undefined ? [] : [`${INDENT}as ${target.profile_name}`]),
      ...(target.output ? outputLines(target.output) : []).map((text) => `${INDENT}${text}`),
      ...(target.error && failureText(target.error) !== why
        ? [`${INDENT}${failureText(target.error)}`]
        : []),
    ]),
    ...(task.warnings ?? []).map(({ code, message }) => line("warning", `${code}: ${message}`)),
    ...Object.entries(task.metadata ?? {}).map((pair) => line("metadata", pair.join("="))),
    ...(why === undefined ? [] : [line("error", why)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** How far a task is, in a few words. */
function progressText({ task_status: status, progress }: Standing): string {
  if (!progress) return status;
  const { percent, phase, speed, eta_seconds: eta, out_time_seconds: made } = progress;
  return [
    percent === undefined ? `${made.toFixed(0)} s` : `${Math.floor(percent)} %`,
    phase.toLowerCase(),
    ...(speed > 0 ? [`${speed.toFixed(1)} x real time`] : []),
    ...(eta === undefined ? [] : [`${clock(eta)} left`]),
  ].join(", ");
}

/** 75 → `1:15`. */
const clock = (seconds: number): string =>
  `${Math.floor(seconds / MINUTE)}:${String(Math.round(seconds % MINUTE)).padStart(2, "0")}`;

/** Shows how far a task is: one line that is drawn over on a terminal, a line for each tenth elsewhere. */
export class ProgressLine {
  readonly #io: Io;
  #last = "";
  #step = "";

  constructor(io: Io) {
    this.#io = io;
  }

  show(standing: Standing): void {
    const { task_status: status, progress } = standing;
    const percent = status === "SUCCESS" ? PERCENT : (progress?.percent ?? 0);
    const full = Math.round((percent / PERCENT) * BAR_WIDTH);
    const bar = `[${"#".repeat(full)}${"-".repeat(BAR_WIDTH - full)}]`;
    const line = `${bar} ${progressText(standing)}`;
    const step = `${status} ${progress?.phase} ${Math.floor(percent / STEP_PERCENT)}`;
    if (line === this.#last || (!this.#io.isTerminal && step === this.#step)) return;
    this.#last = line;
    this.#step = step;
    const shown = this.#io.isTerminal
      ? `${REDRAW}${line.slice(0, this.#io.columns - 1)}`
      : `${line}\n`;
    this.#io.err(shown);
  }

  /** Leaves the line as it stands. */
  end(): void {
    if (this.#io.isTerminal && this.#last !== "") this.#io.err("\n");
  }
}
