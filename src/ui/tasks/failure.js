import { html } from "../base/html.js";

/** @typedef {NonNullable<import("../base/api.js").Task["error"]>} TaskFailure */

/** Why a task failed. @param {{ failure: TaskFailure }} props */
export const Failure = ({ failure }) =>
  html`<div class="fault">
    <p><strong>${failure.code}</strong> ${failure.message}</p>
    <p>${failure.detail}</p>
  </div>`;

/**
 * Why an attempt or a target failed, unless that is what stands above of the task.
 *
 * @param {{ failure: TaskFailure | undefined, ofTask: TaskFailure | undefined }} props
 */
export const PartFailure = ({ failure, ofTask }) =>
  !failure || (failure.code === ofTask?.code && failure.detail === ofTask.detail)
    ? null
    : html`<${Failure} failure=${failure} />`;
