import { useState } from "preact/hooks";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded, useWork } from "../base/loading.js";
import { described, Empty, Fault, Field, faultAt, TextField, typed } from "../base/parts.js";
import { useSession } from "../base/session.js";

/**
 * A field of a parameter group, as the API's own description has it.
 *
 * @typedef {{ $ref?: string, type?: string, enum?: readonly (string | number)[], minimum?: number, maximum?: number, description?: string }} Shape
 */
/** @typedef {Record<string, string>} Group what stands in the form, as text */

/**
 * The fields of a parameter group. The service describes them, so a new one needs no change here.
 *
 * @param {AbortSignal} signal
 */
async function shapesOf(signal) {
  const response = await fetch(new URL("openapi.json", document.baseURI), { signal });
  const { components } = await response.json();
  /** @type {Record<string, Shape & { properties: Record<string, Shape> }>} */
  const schemas = components.schemas;
  // A list of words that several schemas share has a name of its own.
  const whole = (/** @type {Shape} */ { $ref, ...shape }) => ({
    ...schemas[$ref?.split("/").at(-1) ?? ""],
    ...shape,
  });
  return Object.fromEntries(
    Object.entries(schemas["Qlty"]?.properties ?? {})
      .map(([name, shape]) => /** @type {const} */ ([name, whole(shape)]))
      .toSorted(([one], [other]) => placeOf(one) - placeOf(other)),
  );
}

/** The fields that most profiles need, in the order in which people think of them. */
const ORDER = [
  ...["container", "format", "bitrate", "width", "height", "framerate"],
  ...["audio_format", "audio_bitrate", "channels", "audio_samplerate", "rc_mode", "preset"],
];

/** @param {string} name */
const placeOf = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

/** @type {Group} */
const FIRST = {
  container: "mp4",
  format: "h264",
  bitrate: "1600000",
  width: "1280",
  audio_format: "aac",
  audio_bitrate: "128000",
};

/** What was typed, as the API takes it: it reads numbers from text. @param {Group} group */
const qltyOf = (group) =>
  Object.fromEntries(Object.entries(group).filter(([, value]) => value !== ""));

/** The form of a new profile. */
export function ProfileForm() {
  const { api, say } = useSession();
  const { value: shapes, problem } = useLoaded(shapesOf, []);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [groups, setGroups] = useState([FIRST]);
  const work = useWork(async () => {
    await api.call("POST", api.url("profile"), {
      profile_name: name.trim(),
      description,
      qlties: groups.map(qltyOf),
    });
    say(t("profile.done"));
    location.hash = "#/profiles";
  });
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void work.start();
  };
  if (!shapes)
    return problem ? html`<${Fault} problem=${problem} />` : html`<${Empty}>${t("loading")}<//>`;
  return html`
    <p class="crumb"><a href="#/profiles">${t("nav.profiles")}</a></p>
    <h1>${t("profile.new")}</h1>
    <form class="card form" onSubmit=${onSubmit}>
      <${TextField} id="name" label=${t("profile.name")} required fault=${faultAt(work.problem, "profile_name")} value=${name} onText=${setName} />
      <${TextField} id="description" label=${t("profile.description")} fault=${faultAt(work.problem, "description")}
        value=${description} onText=${setDescription} />
      ${groups.map(
        (
          group,
          index,
        ) => html`<${GroupFields} key=${index} index=${index} shapes=${shapes} group=${group} problem=${work.problem}
          onChange=${(/** @type {Group} */ next) => setGroups(groups.map((one, at) => (at === index ? next : one)))}
          onRemove=${groups.length > 1 && (() => setGroups(groups.filter((_, at) => at !== index)))} />`,
      )}
      <button type="button" onClick=${() => setGroups([...groups, { ...groups.at(-1) }])}>${t("profile.addGroup")}</button>
      <${Fault} problem=${work.problem} />
      <button class="primary" disabled=${work.isBusy}>${t("profile.do")}</button>
    </form>`;
}

/**
 * @param {{
 *   index: number, shapes: Record<string, Shape>, group: Group, problem: Error | undefined,
 *   onChange: (group: Group) => void, onRemove: false | (() => void),
 * }} props
 */
const GroupFields = ({ index, shapes, group, problem, onChange, onRemove }) =>
  html`<fieldset>
    <legend>${t("profile.group", { n: index + 1 })}</legend>
    <div class="grid">
      ${Object.entries(shapes).map(([name, shape]) => {
        const field = {
          id: `${name}-${index}`,
          label: name,
          hint: shape.description,
          fault: faultAt(problem, `qlties[${index}].${name}`),
        };
        return html`<${Control} key=${name} field=${field} shape=${shape} value=${group[name] ?? ""}
          onText=${(/** @type {string} */ value) => onChange({ ...group, [name]: value })} />`;
      })}
    </div>
    ${onRemove && html`<button type="button" onClick=${onRemove}>${t("profile.removeGroup", { n: index + 1 })}</button>`}
  </fieldset>`;

/**
 * The field with the input that suits it.
 *
 * @param {{
 *   field: { id: string, label: string, hint: string | undefined, fault: string | undefined },
 *   shape: Shape, value: string, onText: (value: string) => void,
 * }} props
 */
function Control({ field, shape, value, onText }) {
  const options = shape.type === "boolean" ? ["true", "false"] : shape.enum;
  if (!options)
    return html`<${TextField} ...${field} type="number" value=${value} min=${shape.minimum} max=${shape.maximum} onText=${onText} />`;
  return html`<${Field} ...${field}>
    <select ...${described(field)} onChange=${(/** @type {Event} */ event) => onText(typed(event))}>
      ${["", ...options].map((option) => html`<option value=${option} selected=${String(option) === value}>${option}</option>`)}
    </select>
  <//>`;
}
