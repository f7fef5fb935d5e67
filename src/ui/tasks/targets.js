import { outputLine, size } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded } from "../base/loading.js";
import { Badge } from "../base/parts.js";
import { useSession } from "../base/session.js";
import { PartFailure } from "./failure.js";
import { kindOf, Player } from "./player.js";

/** @typedef {import("../base/api.js").Task} Task */

/** What became of each target. @param {{ task: Task, isOfAnyone: boolean }} props */
export function Targets({ task, isOfAnyone }) {
  const { api } = useSession();
  // Asked where there is something to show, which may not be switched on.
  const isShown = !isOfAnyone && task.targets.some(kindOf);
  const { value: places } = useLoaded(
    async () => (isShown ? api.places() : undefined),
    [api, isShown],
  );
  const poster = task.targets.find((target) => kindOf(target) === "picture")?.target_url;
  return html`<section class="card">
    <h2>${t("task.targets")}</h2>
    <ol class="targets">
      ${task.targets.map((target, index) => html`<${Target} key=${index} target=${target} ofTask=${task.error} player=${places && html`<${Player} target=${target} poster=${poster} />`} />`)}
    </ol>
  </section>`;
}

/** @param {{ target: Task["targets"][number], ofTask: Task["error"], player: unknown }} props */
function Target({ target, ofTask, player }) {
  const { target_url, target_status, output, error, bytes_sent, profile_name } = target;
  return html`<li>
    <p class="target"><${Badge} status=${target_status} /> <code>${target_url}</code></p>
    ${profile_name && html`<p class="hint">${profile_name}</p>`}
    ${output && html`<p>${outputLine(output)}</p>`}
    ${
      output?.renditions &&
      html`<ul class="renditions">${output.renditions.map((one) => html`<li>${outputLine(one)}</li>`)}</ul>`
    }
    ${bytes_sent !== undefined && html`<p>${t("task.sent", { size: size(bytes_sent) })}</p>`}
    ${player}
    <${PartFailure} failure=${error} ofTask=${ofTask} />
  </li>`;
}
