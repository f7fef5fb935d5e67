import { clock, rate, size } from "../base/format.js";
import { html } from "../base/html.js";
import { named, t } from "../base/language.js";
import { Facts } from "../base/parts.js";

/** @typedef {import("../../http/schemas/plan-schemas.ts").TaskPlanAnswer} Plan */
/** @typedef {NonNullable<Plan["outputs"]>[number]} Output */
/** @typedef {NonNullable<Plan["source"]["streams"]>[number]} Stream */

/** What would become of a task. @param {{ plan: Plan }} props */
export const PlanView = ({ plan }) =>
  html`
    ${plan.error && html`<div class="fault"><p><strong>${plan.error.code}</strong> ${plan.error.detail}</p></div>`}
    <${Facts}
      facts=${[
        [t("plan.container"), plan.source.container],
        [
          t("plan.duration"),
          plan.source.duration_seconds !== undefined && clock(plan.source.duration_seconds),
        ],
        [
          t("plan.sourceSize"),
          plan.source.size_bytes !== undefined && size(plan.source.size_bytes),
        ],
        [
          t("plan.estimatedSize"),
          plan.estimate?.size_bytes !== undefined && size(plan.estimate.size_bytes),
        ],
        [
          t("plan.estimatedTime"),
          plan.estimate?.seconds !== undefined && clock(plan.estimate.seconds),
        ],
      ]}
    />
    ${plan.warnings && html`<ul>${plan.warnings.map(({ code, message }) => html`<li><strong>${code}</strong> ${message}</li>`)}</ul>`}
    ${plan.source.streams && html`<${Streams} streams=${plan.source.streams} />`}
    ${plan.outputs && html`<${Outputs} outputs=${plan.outputs} />`}
    ${plan.steps && html`<${Steps} steps=${plan.steps} />`}`;

/** @param {Stream} stream */
const streamLine = (stream) =>
  [
    stream.codec,
    stream.width && `${stream.width}×${stream.height}`,
    stream.channels && t("channels", { n: stream.channels }),
    stream.language,
    stream.bitrate_bps && rate(stream.bitrate_bps),
  ]
    .filter(Boolean)
    .join(" · ");

/** `1, 2` of the places 0 and 1. @param {readonly number[]} targets */
const places = (targets) => targets.map((target) => target + 1).join(", ");

/** @param {{ streams: readonly Stream[] }} props */
const Streams = ({ streams }) =>
  html`<h3>${t("plan.streams")}</h3>
    <ul class="plan">
      ${streams.map(
        (stream) => html`<li>
          <strong>${named(`kind.${stream.kind}`)}</strong> ${streamLine(stream)}
          <ul>
            ${stream.uses.map(
              ({ targets, action, why }) =>
                html`<li><span class=${`action action-${action}`}>${named(`action.${action}`)}</span> ${t("plan.for", { targets: places(targets) })} ${why}</li>`,
            )}
          </ul>
        </li>`,
      )}
    </ul>`;

/** @param {{ outputs: readonly Output[] }} props */
const Outputs = ({ outputs }) =>
  html`<h3>${t("plan.outputs")}</h3>
    <ul class="plan">
      ${outputs.map(
        ({ targets, container, video, audio, renditions }) => html`<li>
          <strong>${t("plan.for", { targets: places(targets) })} ${container}</strong>
          <ul>
            <li>${t("kind.video")}: <span class=${`action action-${video.action}`}>${named(`action.${video.action}`)}</span>
              ${" "}${[video.codec, video.width && `${video.width}×${video.height}`].filter(Boolean).join(" ")} ${video.why}</li>
            <li>${t("kind.audio")}: <span class=${`action action-${audio.action}`}>${named(`action.${audio.action}`)}</span>
              ${" "}${audio.codec} ${audio.why}</li>
            ${
              renditions &&
              html`<li>${renditions
                .map(({ width, height }) => width && `${width}×${height}`)
                .filter(Boolean)
                .join(", ")}</li>`
            }
          </ul>
        </li>`,
      )}
    </ul>`;

/** @param {{ steps: NonNullable<Plan["steps"]> }} props */
const Steps = ({ steps }) =>
  html`<h3>${t("plan.steps")}</h3>
    ${steps.map(
      ({ name, arguments: args }, index) => html`<p>${index + 1}. ${named(`step.${name}`)}</p>
        <pre class="log" tabindex="0" role="region" aria-label=${named(`step.${name}`)}>${args.join(" ")}</pre>`,
    )}`;
