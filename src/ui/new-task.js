import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { t } from "./language.js";
import { useLoaded, useWork } from "./loading.js";
import { described, Fault, Field, faultAt, TextField, typed } from "./parts.js";
import { useSession } from "./session.js";

/** @typedef {import("./api.js").Task} Task */

/**
 * What stands in the form: text, as it was typed.
 *
 * @typedef {{
 *   source: string, profile: string, targets: { url: string, profile: string }[],
 *   priority: string, timeout: string, start: string, duration: string, metadata: string,
 * }} Draft
 */

/** @type {Draft} */
const EMPTY = {
  source: "",
  profile: "",
  targets: [{ url: "", profile: "" }],
  priority: "",
  timeout: "",
  start: "",
  duration: "",
  metadata: "",
};

/** @param {Task} task @returns {Draft} */
const draftOf = (task) => ({
  source: task.source.source_url,
  profile: task.profile_name,
  targets: task.targets.map(({ target_url, profile_name = "" }) => ({
    url: target_url,
    profile: profile_name,
  })),
  priority: task.priority === 0 ? "" : String(task.priority),
  timeout: String(task.timeout_seconds ?? ""),
  start: String(task.clip?.start_seconds ?? ""),
  duration: String(task.clip?.duration_seconds ?? ""),
  metadata: Object.entries(task.metadata ?? {})
    .map((pair) => pair.join("="))
    .join("\n"),
});

/** `order=A-17`, one a line. @param {string} text */
const metadataOf = (text) =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => {
        const [name = "", ...value] = line.split("=");
        return [name.trim(), value.join("=").trim()];
      }),
  );

/** The body of the create. The service judges what stands in it. @param {Draft} draft */
export function bodyOf({ source, profile, targets, priority, timeout, start, duration, metadata }) {
  return {
    source: { source_url: source.trim() },
    ...(profile && { profile_name: profile.trim() }),
    targets: targets.map((target) => ({
      target_url: target.url.trim(),
      ...(target.profile && { profile_name: target.profile.trim() }),
    })),
    ...(priority && { priority: Number(priority) }),
    ...(timeout && { timeout_seconds: Number(timeout) }),
    ...((start || duration) && {
      clip: {
        start_seconds: Number(start),
        ...(duration && { duration_seconds: Number(duration) }),
      },
    }),
    ...(metadata.trim() && { metadata: metadataOf(metadata) }),
  };
}

/** The form of a new task, empty or like another task. @param {{ at: string[] }} props */
export function NewTask({ at: [like] }) {
  const { api, say } = useSession();
  const [draft, setDraft] = useState(EMPTY);
  const { value: profiles = [] } = useLoaded((signal) => api.profiles(signal), [api]);
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
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void work.start();
  };
  return html`
    <h1>${t("nav.new")}</h1>
    <${Fault} problem=${problem} />
    <form class="card form" onSubmit=${onSubmit}>
      <datalist id="profile-names">
        ${profiles.map(({ profile_name }) => html`<option value=${profile_name}></option>`)}
      </datalist>
      <${Main} draft=${draft} setDraft=${setDraft} problem=${work.problem} />
      <${More} draft=${draft} setDraft=${setDraft} problem=${work.problem} />
      <${Fault} problem=${work.problem} />
      <button class="primary" disabled=${work.isBusy}>${t("new.do")}</button>
    </form>`;
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
   * @param {import("./language.js").TextKey} label
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
