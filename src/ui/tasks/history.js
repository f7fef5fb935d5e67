import { useState } from "preact/hooks";
import { timeOfDay } from "../base/format.js";
import { html } from "../base/html.js";
import { named, t } from "../base/language.js";
import { useLoaded } from "../base/loading.js";
import { Badge, Empty, Fault } from "../base/parts.js";
import { useSession } from "../base/session.js";
import { bodyOf, draftOf } from "./draft.js";
import { PlanView } from "./plan-view.js";

/** @typedef {import("../base/api.js").Task} Task */
/** @typedef {import("../base/events.js").TaskEvent} TaskEvent */

/**
 * A part of the page that is loaded when somebody opens it.
 *
 * @param {{ title: string, children: () => unknown }} props
 */
function Drawer({ title, children }) {
  const [isOpen, setOpen] = useState(false);
  const onToggle = (/** @type {Event} */ event) =>
    setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open);
  return html`<details class="card drawer" onToggle=${onToggle}>
    <summary><h2>${title}</h2></summary>
    ${isOpen && children()}
  </details>`;
}

/** What happened, what the encoder said, and what was planned. @param {{ task: Task, events: readonly TaskEvent[] }} props */
export const History = ({ task, events }) =>
  html`
    <${Drawer} title=${t("history.events")}>${() => html`<${Events} events=${events} />`}<//>
    <${Drawer} title=${t("history.log")}>${() => html`<${Log} task=${task} />`}<//>
    <${Drawer} title=${t("history.plan")}>${() => html`<${Plan} task=${task} />`}<//>`;

/** What an event tells beside its type. @param {TaskEvent} event */
function detailOf({ target, error, attempt, type }) {
  if (target)
    return html`<code>${target.target_url}</code> <${Badge} status=${target.target_status} />`;
  if (error) return html`<span class="bad">${error.code}</span> ${error.detail}`;
  return type === "started" && attempt ? t("attempt", { n: attempt }) : "";
}

/** The newest first. @param {{ events: readonly TaskEvent[] }} props */
const Events = ({ events }) =>
  events.length === 0
    ? html`<${Empty}>${t("history.noEvents")}<//>`
    : html`<ol class="events" reversed>
        ${events.toReversed().map(
          (event) => html`<li class="event" key=${event.sequence}>
            <time datetime=${event.time}>${timeOfDay(event.time)}</time>
            <strong>${named(`event.${event.type}`)}</strong>
            <span>${detailOf(event)}</span>
          </li>`,
        )}
      </ol>`;

/** @param {{ task: Task }} props */
function Log({ task }) {
  const { api } = useSession();
  const { value, problem } = useLoaded(
    (signal) => api.log(task.task_id, signal),
    [api, task.task_id, task.attempt, task.task_status],
  );
  if (!value)
    return problem ? html`<${Fault} problem=${problem} />` : html`<${Empty}>${t("loading")}<//>`;
  if (value.attempts.length === 0) return html`<${Empty}>${t("history.noLog")}<//>`;
  return html`${value.attempts.toReversed().map(
    ({ attempt, decisions, lines }) => html`<section key=${attempt}>
      <h3>${t("attempt", { n: attempt })}</h3>
      <ul class="decisions">${decisions.map((decision) => html`<li>${decision}</li>`)}</ul>
      ${
        lines.length > 0 &&
        html`<pre class="log" tabindex="0" role="region" aria-label=${t("history.lines", { n: attempt })}>${lines.join("\n")}</pre>`
      }
    </section>`,
  )}`;
}

/** What would become of the same request now. @param {{ task: Task }} props */
function Plan({ task }) {
  const { api } = useSession();
  const { value, problem } = useLoaded(
    (signal) => api.plan(bodyOf(draftOf(task)), signal),
    [api, task.task_id],
  );
  if (!value)
    return problem ? html`<${Fault} problem=${problem} />` : html`<${Empty}>${t("loading")}<//>`;
  return html`<p class="hint">${t("history.planNow")}</p><${PlanView} plan=${value} />`;
}
