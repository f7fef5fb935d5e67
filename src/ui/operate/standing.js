import { clock, moment, number } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded, useWork } from "../base/loading.js";
import { Empty, Facts, Fault } from "../base/parts.js";
import { useSession } from "../base/session.js";

/** @typedef {typeof import("../../http/schemas/admin-schemas.ts") & typeof import("../../http/schemas/worker-schemas.ts")} Schemas */
/** @typedef {import("@hono/zod-openapi").z.input<Schemas["QueueSchema"]>} Queue */
/** @typedef {import("@hono/zod-openapi").z.input<Schemas["WorkersSchema"]>} Workers */
/** @typedef {import("@hono/zod-openapi").z.input<Schemas["DrainSchema"]>} Drain */

const REFRESH_MS = 3_000;

/**
 * @param {import("../base/api.js").Api} api
 * @param {AbortSignal} signal
 */
async function load(api, signal) {
  const [queue, workers, drain] = await Promise.all(
    ["queue", "workers", "drain"].map((name) =>
      api.call("GET", api.url(`admin/${name}`), undefined, signal),
    ),
  );
  return {
    queue: /** @type {Queue} */ (queue),
    workers: /** @type {Workers} */ (workers).workers,
    drain: /** @type {Drain} */ (drain),
  };
}

/** How the queue and the instances stand. */
export function Standing() {
  const { api } = useSession();
  const { value, problem, reload } = useLoaded(
    (signal) => load(api, signal),
    [api],
    () => REFRESH_MS,
  );
  if (!value)
    return problem ? html`<${Fault} problem=${problem} />` : html`<${Empty}>${t("loading")}<//>`;
  const { queue, workers, drain } = value;
  const age = (/** @type {number | undefined} */ seconds) =>
    seconds !== undefined && clock(seconds);
  return html`
    <${Fault} problem=${problem} />
    <section class="card">
      <h2>${t("operate.queue")}</h2>
      ${!queue.taking && html`<p class="bad">${t("queue.notTaking")}</p>`}
      <${Facts}
        facts=${[
          [t("status.PENDING"), number(queue.pending)],
          [t("queue.waiting"), number(queue.waiting)],
          [t("status.RUNNING"), number(queue.running)],
          [t("queue.oldest"), age(queue.oldest_pending_seconds)],
          [t("queue.longest"), age(queue.longest_run_seconds)],
          [t("queue.next"), age(queue.next_try_seconds)],
        ]}
      />
      <${Loads} clients=${queue.clients} />
    </section>
    <${WorkersCard} workers=${workers} onDone=${reload} />
    <${DrainCard} drain=${drain} onDone=${reload} />`;
}

/** @param {{ clients: Queue["clients"] }} props */
const Loads = ({ clients }) =>
  clients.length > 0 &&
  html`<div class="wide" tabindex="0" role="region" aria-label=${t("queue.byClient")}><table>
    <thead><tr>
      <th scope="col">${t("client.code")}</th><th scope="col">${t("status.PENDING")}</th>
      <th scope="col">${t("status.RUNNING")}</th><th scope="col">${t("queue.oldest")}</th>
    </tr></thead>
    <tbody>
      ${clients.map(
        ({ client_code, pending, running, oldest_pending_seconds }) => html`<tr key=${client_code}>
          <th scope="row">${client_code}</th><td>${number(pending)}</td><td>${number(running)}</td>
          <td>${oldest_pending_seconds !== undefined && clock(oldest_pending_seconds)}</td>
        </tr>`,
      )}
    </tbody>
  </table></div>`;

/** @param {{ workers: Workers["workers"], onDone: () => void }} props */
const WorkersCard = ({ workers, onDone }) =>
  html`<section class="card">
    <h2>${t("operate.workers")}</h2>
    <ul class="plan">
      ${workers.map((worker) => html`<${WorkerLine} key=${worker.worker_id} worker=${worker} onDone=${onDone} />`)}
    </ul>
  </section>`;

/** @param {{ worker: Workers["workers"][number], onDone: () => void }} props */
function WorkerLine({ worker, onDone }) {
  const { worker_id, is_this, running, slots, live, draining, lease_end_time, seen_time } = worker;
  const { engine, engine_version, version, hardware, host, zone, slices = [] } = worker;
  const told = [
    host && (zone ? `${host}, ${zone}` : host),
    engine && (engine_version ? `${engine}, ffmpeg ${engine_version}` : engine),
    hardware,
    version && `Pontus ${version}`,
    live > 0 && t("worker.live", { n: live }),
    slices.length > 0 && t("worker.slices", { n: slices.length }),
    draining && t("worker.draining"),
    seen_time && t("worker.seen", { time: moment(seen_time) }),
    lease_end_time && t("worker.lease", { time: moment(lease_end_time) }),
  ].filter(Boolean);
  return html`<li>
    <code>${worker_id}</code>${is_this && ` (${t("worker.this")})`}
    ${" "}${slots === undefined ? t("worker.running", { n: running }) : t("worker.slots", { n: running, slots })}
    ${told.map((each) => html` · ${each}`)}
    ${!is_this && slots !== undefined && html`<${DrainButton} worker=${worker} onDone=${onDone} />`}
  </li>`;
}

/** Drains another node of the fleet. @param {{ worker: Workers["workers"][number], onDone: () => void }} props */
function DrainButton({ worker: { worker_id, draining }, onDone }) {
  const { api, say } = useSession();
  const work = useWork(async () => {
    if (draining) await api.call("DELETE", api.url("admin/drain", { worker_id }));
    else await api.call("POST", api.url("admin/drain"), { worker_id });
    say(t(draining ? "worker.drainEnded" : "worker.drainBegun"));
    onDone();
  });
  return html` <button disabled=${work.isBusy} onClick=${work.start}>${t(draining ? "drain.end" : "drain.begin")}</button>
    <${Fault} problem=${work.problem} />`;
}

/** @param {{ drain: Drain, onDone: () => void }} props */
function DrainCard({ drain, onDone }) {
  const { api, say } = useSession();
  const work = useWork(async () => {
    if (drain.draining) await api.call("DELETE", api.url("admin/drain"));
    else await api.call("POST", api.url("admin/drain"), {});
    say(t(drain.draining ? "drain.ended" : "drain.begun"));
    onDone();
  });
  return html`<section class="card">
    <h2>${t("drain")}</h2>
    <p>${drain.draining ? t(drain.drained ? "drain.done" : "drain.on", { n: drain.running }) : t("drain.off")}</p>
    <${Fault} problem=${work.problem} />
    <button disabled=${work.isBusy} onClick=${work.start}>${t(drain.draining ? "drain.end" : "drain.begin")}</button>
  </section>`;
}
