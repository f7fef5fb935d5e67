import { Problem } from "./api.js";
import { number } from "./format.js";
import { html } from "./html.js";
import { named, t } from "./language.js";

/** The states of a task, in the order of the filter. */
export const STATUSES = /** @type {const} */ ([
  "PENDING",
  "RUNNING",
  "SUCCESS",
  "FAILED",
  "CANCELLED",
]);

/** Whether a task has come to an end of any kind. @param {string} status */
export const hasEnded = (status) => ["SUCCESS", "FAILED", "CANCELLED"].includes(status);

/** The name of a state. @param {string} status */
export const statusName = (status) => named(`status.${status}`);

/** A state, by word and colour. @param {{ status: string }} props */
export const Badge = ({ status }) =>
  html`<span class=${`badge badge-${status.toLowerCase()}`}>${statusName(status)}</span>`;

/**
 * How far something has come; of live tasks only that they go on.
 *
 * @param {{ percent: number | undefined, label: string }} props
 */
export const Bar = ({ percent, label }) =>
  html`<progress aria-label=${label} max="100" value=${percent} class="bar">
    ${percent === undefined ? "" : `${number(percent)} %`}
  </progress>`;

/** A failure, said at once. @param {{ problem: Error | undefined }} props */
export function Fault({ problem }) {
  if (!problem) return null;
  const faults = problem instanceof Problem ? problem.faults : [];
  const isOffline = problem instanceof TypeError;
  return html`<div class="fault" role="alert">
    <p>${isOffline ? t("offline") : problem.message}</p>
    ${
      faults.length > 0 &&
      html`<ul>
        ${faults.map(({ path, message }) => html`<li><code>${path}</code> ${message}</li>`)}
      </ul>`
    }
  </div>`;
}

/**
 * A field of a form with its name, a hint, and what is wrong with it.
 *
 * @param {{ label: string, hint?: string, fault?: string | undefined, id: string, children: unknown }} props
 */
export const Field = ({ label, hint, fault, id, children }) =>
  html`<div class="field">
    <label for=${id}>${label}</label>
    ${children}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${fault && html`<p class="field-fault" id=${`${id}-fault`}>${fault}</p>`}
  </div>`;

/**
 * What an input says of itself to those who do not see the field: its hint, and what is wrong with it.
 *
 * @param {{ id: string, hint?: string | undefined, fault?: string | undefined }} field
 */
export const described = ({ id, hint, fault }) => ({
  id,
  "aria-invalid": fault ? "true" : undefined,
  "aria-describedby":
    [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ") || undefined,
});

/**
 * A field for text. What is not named here goes to the input.
 *
 * @param {{
 *   id: string, label: string, hint?: string, fault?: string | undefined,
 *   value: string, onText: (text: string) => void, [attribute: string]: unknown,
 * }} props
 */
export const TextField = ({ id, label, hint, fault, value, onText, ...rest }) =>
  html`<${Field} id=${id} label=${label} hint=${hint} fault=${fault}>
    <input ...${described({ id, hint, fault })} value=${value} spellcheck=${false} ...${rest}
      onInput=${(/** @type {Event} */ event) => onText(typed(event))} />
  <//>`;

/** What is wrong with the field at a path, if a call was refused for it. @param {Error | undefined} problem @param {string} path */
export const faultAt = (problem, path) =>
  problem instanceof Problem
    ? problem.faults.find((fault) => fault.path === path)?.message
    : undefined;

/** A line of facts: names and values. @param {{ facts: readonly (readonly [string, unknown])[] }} props */
export const Facts = ({ facts }) =>
  html`<dl class="facts">
    ${facts
      .filter(([, value]) => value !== undefined && value !== "" && value !== false)
      .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;

/** What stands where there is nothing. @param {{ children: unknown }} props */
export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

/** What an input was changed to. @param {Event} event */
export const typed = (event) => /** @type {HTMLInputElement} */ (event.currentTarget).value;
