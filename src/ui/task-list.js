import { useEffect, useRef, useState } from "preact/hooks";
import { ago, clock, moment, nameOf, number, size, took } from "./format.js";
import { html } from "./html.js";
import { t } from "./language.js";
import { useLoaded } from "./loading.js";
import { Badge, Bar, Empty, Fault, STATUSES, statusName, typed } from "./parts.js";
import { useSession } from "./session.js";

/** @typedef {import("./api.js").Task} Task */

const PAGE = 50;
const REFRESH_MS = 2_000;
/** How far a search looks back, so that it ends. */
const SEARCHED_MAX = 1_000;
const TYPING_MS = 300;
const TASK_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * What is looked for.
 *
 * @typedef {{ status: string, profile: string, text: string }} Filter
 */

/** Whether a task has a text in its id, addresses, profile, error or metadata. @param {Task} task @param {string} text */
function has(task, text) {
  const { task_id, source, targets, profile_name, error, metadata } = task;
  const words = [
    task_id,
    source.source_url,
    profile_name,
    error?.code,
    error?.detail,
    ...targets.map(({ target_url }) => target_url),
    ...Object.entries(metadata ?? {}).flat(),
  ];
  return words.some((word) => word?.toLowerCase().includes(text.toLowerCase()));
}

/**
 * The tasks that fit a filter, newest first.
 *
 * @param {import("./api.js").Api} api
 * @param {Filter} filter
 * @param {number} wanted how many at most
 * @param {AbortSignal} signal
 */
async function find(api, { status, profile, text }, wanted, signal) {
  /** @type {Task[]} */
  const found = [];
  let looked = 0;
  /** @type {string | undefined} */
  let cursor;
  do {
    const query = { status, profile_name: profile, limit: String(PAGE), cursor };
    const page = await api.tasks(query, signal);
    looked += page.tasks.length;
    found.push(...page.tasks.filter((task) => !text || has(task, text)));
    cursor = page.next_cursor;
  } while (cursor && found.length < wanted && (!text || looked < SEARCHED_MAX));
  return { tasks: found.slice(0, wanted), hasMore: cursor !== undefined, looked };
}

/** All tasks of the client, which follow what happens. */
export function TaskList() {
  const { api } = useSession();
  const [filter, setFilter] = useState(
    /** @type {Filter} */ ({ status: "", profile: "", text: "" }),
  );
  const [wanted, setWanted] = useState(PAGE);
  const { value, problem } = useLoaded(
    (signal) => find(api, filter, wanted, signal),
    [api, filter, wanted],
    // A search reads many pages: it is not made again by itself.
    () => (filter.text ? undefined : REFRESH_MS),
  );
  const onFilter = (/** @type {Filter} */ next) => {
    setFilter(next);
    setWanted(PAGE);
  };
  return html`
    <h1>${t("nav.tasks")}</h1>
    <${Filters} filter=${filter} onFilter=${onFilter} />
    <${Fault} problem=${problem} />
    ${!value && !problem && html`<${Empty}>${t("loading")}<//>`}
    ${value && html`<${Rows} tasks=${value.tasks} />`}
    ${value?.tasks.length === 0 && html`<${NoRows} filter=${filter} />`}
    ${
      value?.hasMore &&
      html`<div class="more">
        ${filter.text && html`<p class="hint">${t("list.looked", { n: number(value.looked) })}</p>`}
        <button onClick=${() => setWanted(wanted + PAGE)}>${t("list.more")}</button>
      </div>`
    }`;
}

/** @param {{ filter: Filter }} props */
const NoRows = ({ filter }) =>
  filter.text || filter.status || filter.profile
    ? html`<${Empty}>${t("list.noneFits")}<//>`
    : html`<${Empty}>${t("list.none")} <a href="#/new">${t("list.first")}</a><//>`;

/** @param {{ filter: Filter, onFilter: (filter: Filter) => void }} props */
function Filters({ filter, onFilter }) {
  const [text, setText] = useState(filter.text);
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (text === filter.text) return undefined;
    const timer = setTimeout(() => onFilter({ ...filter, text }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, filter]);
  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (TASK_ID.test(text.trim())) location.hash = `#/task/${text.trim()}`;
    else onFilter({ ...filter, text });
  };
  const choose = (/** @type {string} */ status) => onFilter({ ...filter, status });
  return html`<form class="filters" role="search" onSubmit=${onSubmit}>
    <div class="chips" role="group" aria-label=${t("list.status")}>
      ${["", ...STATUSES].map(
        (status) =>
          html`<button type="button" aria-pressed=${filter.status === status} onClick=${() => choose(status)}>
            ${status ? statusName(status) : t("list.all")}
          </button>`,
      )}
    </div>
    <input
      type="search" ref=${box} value=${text} aria-label=${t("list.search")} placeholder=${t("list.search")}
      onInput=${(/** @type {InputEvent} */ event) => setText(typed(event))}
    />
    <input
      type="search" value=${filter.profile} aria-label=${t("list.profile")} placeholder=${t("list.profile")}
      onChange=${(/** @type {Event} */ event) =>
        onFilter({
          ...filter,
          profile: typed(event).trim(),
        })}
    />
    <button hidden>${t("list.search")}</button>
  </form>`;
}

/** @param {{ tasks: readonly Task[] }} props */
const Rows = ({ tasks }) =>
  html`<ul class="rows">
    ${tasks.map((task) => html`<li key=${task.task_id}><${Row} task=${task} /></li>`)}
  </ul>`;

/** @param {{ task: Task }} props */
function Row({ task }) {
  const [first, ...others] = task.targets;
  return html`<a class="row" href=${`#/task/${task.task_id}`}>
    <${Badge} status=${task.task_status} />
    <span class="row-name">
      <strong>${nameOf(task.source.source_url)}</strong>
      <span class="arrow" aria-hidden="true">→</span>
      <span>${first && nameOf(first.target_url)}${others.length > 0 && ` +${others.length}`}</span>
      <small>${task.profile_name}</small>
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
export const progressLine = ({ percent, speed, eta_seconds, out_time_seconds }) =>
  [
    percent === undefined ? clock(out_time_seconds) : `${number(percent)} %`,
    speed > 0 && `${number(speed, 1)}×`,
    eta_seconds !== undefined && t("left", { time: clock(eta_seconds) }),
  ]
    .filter(Boolean)
    .join(" · ");
