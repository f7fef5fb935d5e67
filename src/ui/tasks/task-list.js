import { useEffect, useRef, useState } from "preact/hooks";
import { useEvents } from "../base/events.js";
import { number } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded, useSoon } from "../base/loading.js";
import { Empty, Fault, STATUSES, statusName, typed } from "../base/parts.js";
import { useSession } from "../base/session.js";
import { Rows } from "./rows.js";

/** @typedef {import("../base/api.js").Task} Task */

const PAGE = 50;
/** How often to ask where nothing tells what happens, and where something does. */
const REFRESH_MS = 2_000;
const RESTING_MS = 15_000;
/** Events that come together are one reason to ask. */
const GATHER_MS = 400;
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
 * @param {import("../base/api.js").Api} api
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
  const isTold = useRef(false);
  const { value, problem, patch, reload } = useLoaded(
    (signal) => find(api, filter, wanted, signal),
    [api, filter, wanted],
    // A search reads many pages: it is not made again by itself.
    () => (filter.text ? undefined : isTold.current ? RESTING_MS : REFRESH_MS),
  );
  const reloadSoon = useSoon(reload, GATHER_MS);
  const onEvent = (
    /** @type {import("../base/events.js").TaskEvent} */ { type, task_id, progress },
  ) => {
    if (type !== "progress") return filter.text ? undefined : reloadSoon();
    const withIt = (/** @type {Task} */ task) =>
      task.task_id === task_id && progress ? { ...task, progress } : task;
    return patch((known) => known && { ...known, tasks: known.tasks.map(withIt) });
  };
  isTold.current = useEvents("task/transcoding/events", onEvent, []);
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
