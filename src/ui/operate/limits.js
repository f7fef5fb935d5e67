import { number } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded } from "../base/loading.js";
import { Empty, Facts, Fault } from "../base/parts.js";
import { useSession } from "../base/session.js";

/** What the service is set to. The names are those of its keys. */
export function Limits() {
  const { api } = useSession();
  const { value, problem } = useLoaded(
    async (signal) =>
      /** @type {Record<string, unknown>} */ (
        await api.call("GET", api.url("admin/limits"), undefined, signal)
      ),
    [api],
  );
  if (!value)
    return problem ? html`<${Fault} problem=${problem} />` : html`<${Empty}>${t("loading")}<//>`;
  return html`<section class="card">
    <p class="hint">${t("limits.zero")}</p>
    <${Facts}
      facts=${Object.entries(value).map(([name, limit]) => [
        html`<code>${name}</code>`,
        typeof limit === "number" ? number(limit) : String(limit),
      ])}
    />
  </section>`;
}
