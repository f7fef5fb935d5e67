import { useEffect, useState } from "preact/hooks";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded, useWork } from "../base/loading.js";
import { described, Fault, Field, faultAt, TextField, typed } from "../base/parts.js";
import { useSession } from "../base/session.js";
import { bodyOf, draftOf, EMPTY } from "./draft.js";
import { PlanView } from "./plan-view.js";
import { DropFile } from "./upload.js";

/** @typedef {import("./draft.js").Draft} Draft */

/** `films/a.mov` → `films/a.out.mp4`: a target that is not the source. @param {string} source */
const beside = (source) => `${source.replace(/\.[^./]*$/, "")}.out.mp4`;

/** The form of a new task, empty or like another task. @param {{ at: string[] }} props */
export function NewTask({ at: [like] }) {
  const { api, say } = useSession();
  const [draft, setDraft] = useState(EMPTY);
  const [plan, setPlan] = useState(
    /** @type {import("./plan-view.js").Plan | undefined} */ (undefined),
  );
  const { value: profiles = [] } = useLoaded((signal) => api.profiles(signal), [api]);
  const { value: places } = useLoaded(() => api.places(), [api]);
  const folder = places?.writable[0];
  const onUploaded = (/** @type {string} */ source) =>
    setDraft((now) => ({
      ...now,
      source,
      targets: now.targets.map((one) => (one.url ? one : { ...one, url: beside(source) })),
    }));
  const { value: other, problem } = useLoaded(
    async (signal) => (like ? api.task(like, signal) : undefined),
    [api, like],
  );
  useEffect(() => {
    if (other) setDraft(draftOf(other));
  }, [other]);
  const work = useWork(async () => {
    const id = await api.createTask(bodyOf(draft));
    say(t("new.done"));
    location.hash = `#/task/${id}`;
  });
  const planning = useWork(async () => setPlan(await api.plan(bodyOf(draft))));
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void work.start();
  };
  return html`
    <h1>${t("nav.new")}</h1>
    <${Fault} problem=${problem} />
    ${folder !== undefined && html`<${DropFile} folder=${folder} onDone=${onUploaded} />`}
    <form class="card form" onSubmit=${onSubmit}>
      <datalist id="profile-names">
        ${profiles.map(({ profile_name }) => html`<option value=${profile_name}></option>`)}
      </datalist>
      <${Main} draft=${draft} setDraft=${setDraft} problem=${work.problem ?? planning.problem} />
      <${More} draft=${draft} setDraft=${setDraft} problem=${work.problem ?? planning.problem} />
      <${Fault} problem=${work.problem ?? planning.problem} />
      <div class="actions">
        <button type="button" disabled=${planning.isBusy} onClick=${planning.start}>${t("new.plan")}</button>
        <button class="primary" disabled=${work.isBusy}>${t("new.do")}</button>
      </div>
    </form>
    ${plan && html`<section class="card"><h2>${t("history.plan")}</h2><${PlanView} plan=${plan} /></section>`}`;
}

/** @typedef {{ draft: Draft, setDraft: (draft: Draft) => void, problem: Error | undefined }} FormProps */

/** @param {FormProps} props */
function Main({ draft, setDraft, problem }) {
  const set = (/** @type {Partial<Draft>} */ changes) => setDraft({ ...draft, ...changes });
  const setTarget = (
    /** @type {number} */ index,
    /** @type {Partial<Draft["targets"][number]>} */ changes,
  ) =>
    set({ targets: draft.targets.map((one, at) => (at === index ? { ...one, ...changes } : one)) });
  return html`
    <${TextField} id="source" label=${t("task.source")} hint=${t("new.sourceHint")} required
      fault=${faultAt(problem, "source.source_url")}
      value=${draft.source} onText=${(/** @type {string} */ source) => set({ source })} />
    <${TextField} id="profile" label=${t("task.profile")} hint=${t("new.profileHint")} list="profile-names"
      fault=${faultAt(problem, "profile_name")}
      value=${draft.profile} onText=${(/** @type {string} */ profile) => set({ profile })} />
    <fieldset>
      <legend>${t("task.targets")}</legend>
      ${draft.targets.map(
        (target, index) => html`<div class="target-row" key=${index}>
          <${TextField} id=${`target-${index}`} label=${t("new.target", { n: index + 1 })} required
            fault=${faultAt(problem, `targets[${index}].target_url`)}
            value=${target.url} onText=${(/** @type {string} */ url) => setTarget(index, { url })} />
          <${TextField} id=${`target-profile-${index}`} label=${t("new.ownProfile")} list="profile-names"
            fault=${faultAt(problem, `targets[${index}].profile_name`)}
            value=${target.profile} onText=${(/** @type {string} */ profile) => setTarget(index, { profile })} />
          ${
            draft.targets.length > 1 &&
            html`<button type="button" aria-label=${t("new.removeTarget", { n: index + 1 })}
              onClick=${() => set({ targets: draft.targets.filter((_, at) => at !== index) })}>✕</button>`
          }
        </div>`,
      )}
      <button type="button" onClick=${() => set({ targets: [...draft.targets, { url: "", profile: "" }] })}>
        ${t("new.addTarget")}
      </button>
    </fieldset>`;
}

/** What few tasks need. @param {FormProps} props */
function More({ draft, setDraft, problem }) {
  /**
   * @param {"priority" | "timeout" | "start" | "duration"} name
   * @param {import("../base/language.js").TextKey} label
   * @param {string} path
   * @param {Record<string, unknown>} [limits]
   */
  const numberField = (name, label, path, limits = {}) =>
    html`<${TextField} id=${name} label=${t(label)} fault=${faultAt(problem, path)} type="number" step="any" ...${limits}
      value=${draft[name]} onText=${(/** @type {string} */ text) => setDraft({ ...draft, [name]: text })} />`;
  const metadata = {
    id: "metadata",
    label: t("new.metadata"),
    hint: t("new.metadataHint"),
    fault: faultAt(problem, "metadata"),
  };
  return html`<details>
    <summary>${t("new.more")}</summary>
    <div class="grid">
      ${numberField("start", "new.start", "clip.start_seconds", { min: 0 })}
      ${numberField("duration", "new.duration", "clip.duration_seconds", { min: 0 })}
      ${numberField("priority", "new.priority", "priority", { min: -10, max: 10, step: 1 })}
      ${numberField("timeout", "new.timeout", "timeout_seconds", { min: 1, step: 1 })}
    </div>
    <${Field} ...${metadata}>
      <textarea ...${described(metadata)} rows="3" value=${draft.metadata}
        onInput=${(/** @type {Event} */ event) => setDraft({ ...draft, metadata: typed(event) })}></textarea>
    <//>
  </details>`;
}
