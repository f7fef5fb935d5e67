import { ago, clock, moment, nameOf, number, size, took } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { Badge, Bar } from "../base/parts.js";

/** @typedef {import("../base/api.js").Task} Task */

/**
 * Tasks, a line each, that lead to their views.
 *
 * @param {{ tasks: readonly (Task & { client_code?: string })[], at?: string }} props
 */
export const Rows = ({ tasks, at = "task" }) =>
  html`<ul class="rows">
    ${tasks.map((task) => html`<li key=${task.task_id}><${Row} task=${task} at=${at} /></li>`)}
  </ul>`;

/** @param {{ task: Task & { client_code?: string }, at: string }} props */
function Row({ task, at }) {
  const [first, ...others] = task.targets;
  return html`<a class="row" href=${`#/${at}/${task.task_id}`}>
    <${Badge} status=${task.task_status} />
    <span class="row-name">
      <strong>${nameOf(task.source.source_url)}</strong>
      <span class="arrow" aria-hidden="true">→</span>
      <span>${first && nameOf(first.target_url)}${others.length > 0 && ` +${others.length}`}</span>
      <small>${task.client_code && `${task.client_code} · `}${task.profile_name}</small>
    </span>
    <span class="row-state"><${State} task=${task} /></span>
    <time class="row-time" datetime=${task.create_time} title=${moment(task.create_time)}>${ago(task.create_time)}</time>
  </a>`;
}

/** How it goes with a task, or went. @param {{ task: Task }} props */
function State({ task }) {
  const { progress, error, targets, task_status } = task;
  if (task_status === "RUNNING")
    return html`<${Bar} percent=${progress?.percent} label=${t("progress")} />
      <small>${progress ? progressLine(progress) : t("starting")}</small>`;
  if (error) return html`<span class="bad">${error.code}</span><small>${error.detail}</small>`;
  const bytes = targets.reduce((sum, { output }) => sum + (output?.size_bytes ?? 0), 0);
  if (task_status === "SUCCESS")
    return html`<span>${size(bytes)}</span><small>${took(task.start_time, task.end_time)}</small>`;
  return html`<small>${(task.attempt ?? 0) > 0 ? t("attempt", { n: task.attempt ?? 0 }) : ""}</small>`;
}

/** `42 % · 3.1× · 0:12 left`. @param {NonNullable<Task["progress"]>} progress */
const progressLine = ({ percent, speed, eta_seconds, out_time_seconds }) =>
  [
    percent === undefined ? clock(out_time_seconds) : `${number(percent)} %`,
    speed > 0 && `${number(speed, 1)}×`,
    eta_seconds !== undefined && t("left", { time: clock(eta_seconds) }),
  ]
    .filter(Boolean)
    .join(" · ");
