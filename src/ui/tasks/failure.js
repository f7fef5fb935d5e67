import { html } from "../base/html.js";

/** @typedef {NonNullable<import("../base/api.js").Task["error"]>} TaskFailure */

/** Why a task, an attempt or a target failed. @param {{ failure: TaskFailure }} props */
export const Failure = ({ failure }) =>
  html`<div class="fault">
    <p><strong>${failure.code}</strong> ${failure.message}</p>
    <p>${failure.detail}</p>
  </div>`;
