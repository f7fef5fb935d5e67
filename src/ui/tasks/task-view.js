import { useRef, useState } from "preact/hooks";
import { useEvents } from "../base/events.js";
import { ago, clock, moment, nameOf, number, took } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded, useSoon, useWork } from "../base/loading.js";
import { Badge, Bar, Empty, Facts, Fault, hasEnded } from "../base/parts.js";
import { useSession } from "../base/session.js";
import { Failure, PartFailure } from "./failure.js";
import { History } from "./history.js";
import { SpeedCurve } from "./speed-curve.js";
import { Targets } from "./targets.js";

/** @typedef {import("../base/api.js").Task} Task */
/** @typedef {import("../base/events.js").TaskEvent} TaskEvent */

/** How often to ask where nothing tells what happens, and where something does. */
const REFRESH_MS = 1_000;
const RESTING_MS = 20_000;
/** Events that come together are one reason to ask. */
const GATHER_MS = 150;

/**
 * A task that follows what happens to it, and what happened. The tasks of others tell nothing by themselves.
 *
 * @param {string} id
 * @param {boolean} isOfAnyone
 */
function useTask(id, isOfAnyone) {
  const { api } = useSession();
  const [events, setEvents] = useState(/** @type {readonly TaskEvent[]} */ ([]));
  const isTold = useRef(false);
  const [stay, setStay] = useState(() => new AbortController());
  const loaded = useLoaded(
    (signal) => api.task(id, AbortSignal.any([signal, stay.signal]), isOfAnyone),
    [api, id, isOfAnyone],
    (task) => {
      if (task && hasEnded(task.task_status)) return undefined;
      return isTold.current ? RESTING_MS : REFRESH_MS;
    },
  );
  const { value: task, patch, reload } = loaded;
  const reloadSoon = useSoon(reload, GATHER_MS);
  const onEvent = (/** @type {TaskEvent} */ event) => {
    const { progress, sequence } = event;
    if (progress) patch((known) => known && { ...known, progress });
    if (event.type === "progress") return;
    // A stream that begins anew tells all again.
    setEvents((known) =>
      known.some((one) => one.sequence === sequence) ? known : [...known, event],
    );
    reloadSoon();
  };
  // Of a task that has ended, the stream ends: another one follows what a retry brings.
  const hasEnd = task !== undefined && hasEnded(task.task_status);
  const path = isOfAnyone ? undefined : `task/transcoding/${encodeURIComponent(id)}/events`;
  isTold.current = useEvents(path, onEvent, [hasEnd], stay.signal);
  // What is asked while it is deleted may be answered when it is gone.
  const leave = async (/** @type {() => Promise<unknown>} */ act) => {
    stay.abort();
    try {
      await act();
    } catch (error) {
      setStay(new AbortController());
      reload();
      throw error;
    }
  };
  return { ...loaded, events, leave };
}

/** One task with all that is known of it. @param {{ at: string[], isOfAnyone?: boolean }} props */
export function TaskView({ at: [id = ""], isOfAnyone = false }) {
  const { value: task, problem, reload, events, leave } = useTask(id, isOfAnyone);
  if (!task)
    return problem ? html`<${Fault} problem=${problem} />` : html`<${Empty}>${t("loading")}<//>`;
  return html`
    <p class="crumb"><a href=${isOfAnyone ? "#/operate/tasks" : "#/"}>${t(isOfAnyone ? "operate.tasks" : "nav.tasks")}</a></p>
    <div class="title">
      <h1>${nameOf(task.source.source_url)}</h1>
      <${Badge} status=${task.task_status} />
      <${Actions} task=${task} isOfAnyone=${isOfAnyone} onDone=${reload} leave=${leave} />
    </div>
    <${Fault} problem=${problem} />
    ${task.error && html`<${Failure} failure=${task.error} />`}
    <div class="columns">
      <div class="main">
        <${Progress} task=${task} />
        <${Targets} task=${task} isOfAnyone=${isOfAnyone} />
        <${Attempts} task=${task} />
        ${!isOfAnyone && html`<${History} task=${task} events=${events} />`}
      </div>
      <aside aria-label=${t("task.facts")}><${About} task=${task} /></aside>
    </div>`;
}

/**
 * What can be done with a task in its state.
 *
 * @param {{ task: Task, isOfAnyone: boolean, onDone: () => void, leave: (act: () => Promise<unknown>) => Promise<void> }} props
 */
function Actions({ task, isOfAnyone, onDone, leave }) {
  const { api, say } = useSession();
  const work = useWork(async (/** @type {"cancel" | "retry" | "delete"} */ verb) => {
    if (verb === "delete") await leave(() => api.call("DELETE", api.taskUrl(task.task_id)));
    else await api.call("POST", api.taskUrl(task.task_id, `/${verb}`, isOfAnyone));
    say(t(`done.${verb}`));
    if (verb === "delete") location.hash = "#/";
    else onDone();
  });
  const status = task.task_status;
  /** @param {"cancel" | "retry" | "delete"} verb */
  const button = (verb) =>
    html`<button disabled=${work.isBusy || (verb === "cancel" && task.cancel_requested)} onClick=${() => work.start(verb)}>
      ${t(`do.${verb}`)}
    </button>`;
  return html`<div class="actions">
    ${!hasEnded(status) && button("cancel")}
    ${(status === "FAILED" || status === "CANCELLED") && button("retry")}
    ${hasEnded(status) && !isOfAnyone && button("delete")}
    ${!isOfAnyone && html`<a class="button" href=${`#/new/${task.task_id}`}>${t("do.again")}</a>`}
    <${Fault} problem=${work.problem} />
  </div>`;
}

/** How far it has come, and how fast. @param {{ task: Task }} props */
function Progress({ task }) {
  const { progress, task_status } = task;
  if (task_status !== "RUNNING") return null;
  return html`<section class="card" aria-label=${t("progress")}>
    <h2>${progress ? t(`phase.${progress.phase}`) : t("starting")}</h2>
    <${Bar} percent=${progress?.percent} label=${t("progress")} />
    ${
      progress &&
      html`<${Facts}
        facts=${[
          [t("progress"), progress.percent !== undefined && `${number(progress.percent, 1)} %`],
          [t("progress.speed"), progress.speed > 0 && `${number(progress.speed, 2)}×`],
          [t("progress.fps"), progress.fps > 0 && number(progress.fps)],
          [t("progress.done"), clock(progress.out_time_seconds)],
          [t("progress.left"), progress.eta_seconds !== undefined && clock(progress.eta_seconds)],
          [t("progress.dropped"), progress.dropped_frames],
        ]}
      />`
    }
    <${SpeedCurve} key=${task.attempt} progress=${progress} />
  </section>`;
}

/** @param {{ task: Task }} props */
const Attempts = ({ task: { attempts = [], error: ofTask } }) =>
  attempts.length === 0
    ? null
    : html`<section class="card">
        <h2>${t("task.attempts")}</h2>
        <ol class="attempts" reversed>
          ${attempts.toReversed().map(
            ({ attempt, start_time, end_time, engine, error }) =>
              html`<li key=${attempt} value=${attempt}>
                <time datetime=${start_time}>${moment(start_time)}</time>
                ${" · "}${engine}${" · "}${took(start_time, end_time)}
                <${PartFailure} failure=${error} ofTask=${ofTask} />
              </li>`,
          )}
        </ol>
      </section>`;

/** What the task was asked for, and when what happened. @param {{ task: Task & { client_code?: string } }} props */
function About({ task }) {
  const { source, clip, metadata = {}, warnings = [] } = task;
  const part =
    clip &&
    `${clock(clip.start_seconds ?? 0)} – ${clip.duration_seconds === undefined ? t("task.end") : clock((clip.start_seconds ?? 0) + clip.duration_seconds)}`;
  return html`
    ${
      warnings.length > 0 &&
      html`<section class="card warnings">
      <h2>${t("task.warnings")}</h2>
      <ul>${warnings.map(({ code, message }) => html`<li><strong>${code}</strong> ${message}</li>`)}</ul>
    </section>`
    }
    <section class="card">
      <h2>${t("task.facts")}</h2>
      <${Facts}
        facts=${[
          [t("client.code"), task.client_code],
          [t("task.id"), html`<code>${task.task_id}</code>`],
          [t("task.source"), html`<code>${source.source_url}</code>`],
          [t("task.profile"), html`<code>${task.profile_name}</code>`],
          [
            t("task.created"),
            html`<time datetime=${task.create_time} title=${ago(task.create_time)}>${moment(task.create_time)}</time>`,
          ],
          [t("task.started"), moment(task.start_time)],
          [t("task.ended"), moment(task.end_time)],
          [t("task.took"), took(task.start_time, task.end_time)],
          [t("task.priority"), task.priority === 0 ? undefined : String(task.priority)],
          [t("task.timeout"), task.timeout_seconds && clock(task.timeout_seconds)],
          [t("task.clip"), part],
          ...Object.entries(metadata),
        ]}
      />
    </section>`;
}
