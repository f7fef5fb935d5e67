import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { TaskView } from "../tasks/task-view.js";
import { AllTasks } from "./all-tasks.js";
import { Clients } from "./clients.js";
import { Limits } from "./limits.js";
import { Standing } from "./standing.js";

const PARTS = /** @type {const} */ (["standing", "tasks", "clients", "limits"]);
const VIEWS = { standing: Standing, tasks: AllTasks, clients: Clients, limits: Limits };

/** What operators see and do. @param {{ at: string[] }} props */
export function Operate({ at: [part = "", id = ""] }) {
  if (part === "task") return html`<${TaskView} key=${id} at=${[id]} isOfAnyone=${true} />`;
  const name = PARTS.find((one) => one === part) ?? "standing";
  return html`
    <h1>${t("nav.operate")}</h1>
    <nav class="chips parts" aria-label=${t("nav.operate")}>
      ${PARTS.map(
        (one) =>
          html`<a class="button" href=${`#/operate/${one}`} aria-current=${one === name ? "page" : undefined}>${t(`operate.${one}`)}</a>`,
      )}
    </nav>
    <${VIEWS[name]} />`;
}
