import { useState } from "preact/hooks";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded, useWork } from "../base/loading.js";
import { Empty, Fault, faultAt, TextField } from "../base/parts.js";
import { useSession } from "../base/session.js";

/** @typedef {typeof import("../../http/schemas/admin-schemas.ts")} Schemas */
/** @typedef {import("@hono/zod-openapi").z.input<Schemas["ClientSchema"]>} Client */
/** @typedef {import("@hono/zod-openapi").z.input<Schemas["ClientPage"]>} Page */
/** @typedef {import("@hono/zod-openapi").z.input<Schemas["ClientWithKeys"]>} WithKeys */

const PAGE = 100;
const FLAGS = /** @type {const} */ (["disabled", "admin", "strong_only"]);
const LIMITS = /** @type {const} */ ([
  "weight",
  "pending_max",
  "running_max",
  "requests_per_second",
]);

/**
 * @param {import("../base/api.js").Api} api
 * @param {AbortSignal} signal
 */
async function load(api, signal) {
  /** @type {Client[]} */
  const clients = [];
  /** @type {string | undefined} */
  let cursor;
  do {
    const url = api.url("admin/clients", { limit: String(PAGE), cursor });
    const page = /** @type {Page} */ (await api.call("GET", url, undefined, signal));
    clients.push(...page.clients);
    cursor = page.next_cursor;
  } while (cursor);
  return clients;
}

/** The clients of the service. */
export function Clients() {
  const { api } = useSession();
  const { value, problem, reload } = useLoaded((signal) => load(api, signal), [api]);
  const [made, setMade] = useState(/** @type {WithKeys | undefined} */ (undefined));
  const onMade = (/** @type {WithKeys} */ client) => {
    setMade(client);
    reload();
  };
  return html`
    <${Fault} problem=${problem} />
    ${made && html`<${NewKeys} client=${made} />`}
    <${AddClient} onMade=${onMade} />
    ${!value && !problem && html`<${Empty}>${t("loading")}<//>`}
    ${value?.map((client) => html`<${OneClient} key=${client.client_code} client=${client} onChanged=${reload} onMade=${onMade} />`)}`;
}

/** The keys that were made, which nobody is told again. @param {{ client: WithKeys }} props */
function NewKeys({ client }) {
  const { client_code, public_key, private_key } = client;
  const text = JSON.stringify({ client_code, public_key, private_key }, null, 2);
  return html`<section class="card" role="alert">
    <h2>${t("client.keys", { client: client_code })}</h2>
    <p>${t("client.once")}</p>
    <pre class="log" tabindex="0" role="region" aria-label=${t("client.keys", { client: client_code })}>${text}</pre>
    <button onClick=${() => navigator.clipboard.writeText(text)}>${t("client.copy")}</button>
  </section>`;
}

/** @param {{ onMade: (client: WithKeys) => void }} props */
function AddClient({ onMade }) {
  const { api, say } = useSession();
  const [code, setCode] = useState("");
  const work = useWork(async () => {
    const made = await api.call("POST", api.url("admin/clients"), { client_code: code.trim() });
    say(t("client.added"));
    setCode("");
    onMade(/** @type {WithKeys} */ (made));
  });
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void work.start();
  };
  return html`<form class="card" onSubmit=${onSubmit}>
    <h2>${t("client.new")}</h2>
    <${TextField} id="client-code" label=${t("client.code")} required value=${code} onText=${setCode}
      fault=${faultAt(work.problem, "client_code")} />
    <${Fault} problem=${work.problem} />
    <button class="primary" disabled=${work.isBusy}>${t("client.add")}</button>
  </form>`;
}

/** @param {{ client: Client, onChanged: () => void, onMade: (client: WithKeys) => void }} props */
function OneClient({ client, onChanged, onMade }) {
  const { api, say } = useSession();
  const { client_code } = client;
  const url = (part = "") => api.url(`admin/clients/${encodeURIComponent(client_code)}${part}`);
  const rotation = useWork(async () => {
    const made = await api.call("POST", url("/rotate"), {});
    say(t("client.rotated"));
    onMade(/** @type {WithKeys} */ (made));
  });
  return html`<details class="card profile">
    <summary>
      <strong>${client_code}</strong>
      ${FLAGS.filter((flag) => client[flag]).map((flag) => html` <span class="badge">${t(`client.${flag}`)}</span>`)}
    </summary>
    <p class="hint">${t("signIn.publicKey")}: <code>${client.public_key}</code>
      ${client.second_public_key && html` · <code>${client.second_public_key}</code>`}</p>
    <${Settings} client=${client} url=${url()} onChanged=${onChanged} />
    <${Fault} problem=${rotation.problem} />
    <button class="apart" disabled=${rotation.isBusy} onClick=${() => rotation.start()}>${t("client.rotate")}</button>
  </details>`;
}

/** @param {{ client: Client, url: URL, onChanged: () => void }} props */
function Settings({ client, url, onChanged }) {
  const { api, say } = useSession();
  const [draft, setDraft] = useState(() => ({
    ...Object.fromEntries(FLAGS.map((flag) => [flag, client[flag] ? "yes" : ""])),
    ...Object.fromEntries(LIMITS.map((limit) => [limit, String(client[limit] ?? "")])),
  }));
  const work = useWork(async () => {
    await api.call("PATCH", url, {
      ...Object.fromEntries(FLAGS.map((flag) => [flag, draft[flag] !== ""])),
      // Nothing is what the service is set to; a weight is always one.
      ...Object.fromEntries(
        LIMITS.map((limit) => [
          limit,
          draft[limit] === "" ? (limit === "weight" ? 1 : null) : Number(draft[limit]),
        ]),
      ),
    });
    say(t("client.changed"));
    onChanged();
  });
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void work.start();
  };
  return html`<form onSubmit=${onSubmit}>
    <div class="grid">
      ${LIMITS.map(
        (
          limit,
        ) => html`<${TextField} key=${limit} id=${`${limit}-${client.client_code}`} label=${t(`client.${limit}`)} type="number" min="0"
          hint=${limit === "weight" ? undefined : t("client.limitHint")} fault=${faultAt(work.problem, limit)}
          value=${draft[limit]} onText=${(/** @type {string} */ text) => setDraft({ ...draft, [limit]: text })} />`,
      )}
    </div>
    <p class="chips">
      ${FLAGS.map(
        (flag) => html`<label class="check"><input type="checkbox" checked=${draft[flag] !== ""}
          onChange=${(/** @type {Event} */ event) =>
            setDraft({
              ...draft,
              [flag]: /** @type {HTMLInputElement} */ (event.currentTarget).checked ? "yes" : "",
            })} />
          ${t(`client.${flag}`)}</label>`,
      )}
    </p>
    <${Fault} problem=${work.problem} />
    <button class="primary" disabled=${work.isBusy}>${t("client.save")}</button>
  </form>`;
}
