import { useState } from "preact/hooks";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded } from "../base/loading.js";
import { Empty, Fault, Field, STATUSES, statusName, TextField, typed } from "../base/parts.js";
import { useSession } from "../base/session.js";
import { Rows } from "../tasks/rows.js";

/** @typedef {typeof import("../../http/schemas/admin-schemas.ts")} Schemas */
/** @typedef {import("@hono/zod-openapi").z.input<Schemas["AdminTaskPage"]>} Page */
/** @typedef {{ status: readonly string[], code: string, client: string, after: string, before: string, metadata: string }} Filter */

const PAGE = 50;
const REFRESH_MS = 5_000;

/** @type {Filter} */
const ALL = { status: [], code: "", client: "", after: "", before: "", metadata: "" };

/** What stands in a field for a moment, in the reader's own time zone. @param {string} local */
const instant = (local) => (local ? new Date(local).toISOString() : "");

/** @param {Filter} filter @param {string | undefined} cursor */
function queryOf({ status, code, client, after, before, metadata }, cursor) {
  const [name = "", ...value] = metadata.split("=");
  return {
    status: status.join(","),
    code,
    client_code: client.trim(),
    created_after: instant(after),
    created_before: instant(before),
    ...(name && { [`metadata.${name.trim()}`]: value.join("=").trim() }),
    limit: String(PAGE),
    cursor,
  };
}

/**
 * @param {import("../base/api.js").Api} api
 * @param {Filter} filter
 * @param {number} pages
 * @param {AbortSignal} signal
 */
async function load(api, filter, pages, signal) {
  /** @type {Page["tasks"]} */
  const tasks = [];
  /** @type {string | undefined} */
  let cursor;
  for (let page = 0; page < pages; page += 1) {
    const url = api.url("admin/tasks", queryOf(filter, cursor));
    const answer = /** @type {Page} */ (await api.call("GET", url, undefined, signal));
    tasks.push(...answer.tasks);
    cursor = answer.next_cursor;
    if (!cursor) break;
  }
  return { tasks, hasMore: cursor !== undefined };
}

/** The tasks of all clients. */
export function AllTasks() {
  const { api } = useSession();
  const [filter, setFilter] = useState(ALL);
  const [pages, setPages] = useState(1);
  const { value, problem } = useLoaded(
    (signal) => load(api, filter, pages, signal),
    [api, filter, pages],
    () => REFRESH_MS,
  );
  const onFilter = (/** @type {Partial<Filter>} */ changes) => {
    setFilter({ ...filter, ...changes });
    setPages(1);
  };
  return html`
    <${Filters} filter=${filter} onFilter=${onFilter} />
    <${Fault} problem=${problem} />
    ${!value && !problem && html`<${Empty}>${t("loading")}<//>`}
    ${value && html`<${Rows} tasks=${value.tasks} at="operate/task" />`}
    ${value?.tasks.length === 0 && html`<${Empty}>${t("list.noneFits")}<//>`}
    ${value?.hasMore && html`<div class="more"><button onClick=${() => setPages(pages + 1)}>${t("list.more")}</button></div>`}`;
}

const CODES = [
  ...["InvalidInputData", "InputNotSupported", "OutputNotSupported", "ParameterError"],
  ...["TimeOut", "InternalError", "Unknown"],
];

/** @param {{ filter: Filter, onFilter: (changes: Partial<Filter>) => void }} props */
function Filters({ filter, onFilter }) {
  const toggle = (/** @type {string} */ status) =>
    onFilter({
      status: filter.status.includes(status)
        ? filter.status.filter((one) => one !== status)
        : [...filter.status, status],
    });
  /** @param {"client" | "after" | "before" | "metadata"} name @param {import("../base/language.js").TextKey} label @param {string} [type] */
  const field = (name, label, type = "text") =>
    html`<${TextField} id=${`filter-${name}`} label=${t(label)} type=${type} value=${filter[name]}
      onText=${(/** @type {string} */ text) => onFilter({ [name]: text })} />`;
  return html`<form role="search" onSubmit=${(/** @type {SubmitEvent} */ event) => event.preventDefault()}>
    <div class="chips" role="group" aria-label=${t("list.status")}>
      ${STATUSES.map(
        (status) =>
          html`<button type="button" aria-pressed=${filter.status.includes(status)} onClick=${() => toggle(status)}>${statusName(status)}</button>`,
      )}
    </div>
    <div class="grid">
      ${field("client", "client.code")}
      <${Field} id="filter-code" label=${t("list.code")}>
        <select id="filter-code" onChange=${(/** @type {Event} */ event) => onFilter({ code: typed(event) })}>
          ${["", ...CODES].map((code) => html`<option value=${code} selected=${code === filter.code}>${code}</option>`)}
        </select>
      <//>
      ${field("after", "list.after", "datetime-local")}
      ${field("before", "list.before", "datetime-local")}
      ${field("metadata", "list.metadata")}
    </div>
  </form>`;
}
