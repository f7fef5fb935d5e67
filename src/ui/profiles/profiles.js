import { useState } from "preact/hooks";
import { moment, rate } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { useLoaded, useWork } from "../base/loading.js";
import { Empty, Fault } from "../base/parts.js";
import { useSession } from "../base/session.js";
import { ProfileForm } from "./profile-form.js";

/** @typedef {import("../base/api.js").Profile} Profile */

/** The client's own profiles and the catalogue. @param {{ at: string[] }} props */
export function Profiles({ at: [part] }) {
  const { api } = useSession();
  const { value, problem, reload } = useLoaded((signal) => api.profiles(signal), [api]);
  if (part === "new") return html`<${ProfileForm} />`;
  const own = value?.filter(({ create_time }) => create_time) ?? [];
  const system = value?.filter(({ create_time }) => !create_time) ?? [];
  return html`
    <div class="title">
      <h1>${t("nav.profiles")}</h1>
      <div class="actions"><a class="button primary" href="#/profiles/new">${t("profile.new")}</a></div>
    </div>
    <${Fault} problem=${problem} />
    ${!value && !problem && html`<${Empty}>${t("loading")}<//>`}
    ${
      value &&
      html`<h2>${t("profile.own")}</h2>
        ${own.length === 0 && html`<${Empty}>${t("profile.none")}<//>`}
        ${own.map((profile) => html`<${OneProfile} key=${profile.profile_name} profile=${profile} onGone=${reload} />`)}
        <h2>${t("profile.system")}</h2>
        <p class="hint">${t("profile.grammar")}</p>
        ${system.map((profile) => html`<${OneProfile} key=${profile.profile_name} profile=${profile} />`)}`
    }`;
}

/** @param {{ profile: Profile, onGone?: () => void }} props */
function OneProfile({ profile, onGone }) {
  const { api, say } = useSession();
  const [isSure, setSure] = useState(false);
  const { profile_name, description, qlties, create_time, thumbnails } = profile;
  const work = useWork(async () => {
    await api.call("DELETE", api.profileUrl(profile_name));
    say(t("profile.gone"));
    onGone?.();
  });
  return html`<details class="card profile">
    <summary><code>${profile_name}</code> <span class="hint">${description}</span></summary>
    ${create_time && html`<p class="hint">${moment(create_time)}</p>`}
    <div class="wide" tabindex="0" role="region" aria-label=${profile_name}><table>
      <thead><tr>
        <th scope="col">${t("profile.container")}</th><th scope="col">${t("profile.video")}</th>
        <th scope="col">${t("profile.size")}</th><th scope="col">${t("profile.rate")}</th>
        <th scope="col">${t("profile.audio")}</th><th scope="col">${t("profile.rate")}</th>
      </tr></thead>
      <tbody>${qlties.map((qlty) => html`<${Qlty} qlty=${qlty} />`)}</tbody>
    </table></div>
    ${thumbnails && html`<p>${t("profile.thumbnails", { s: thumbnails.interval_seconds, w: thumbnails.width })}</p>`}
    <${Fault} problem=${work.problem} />
    ${
      onGone &&
      (isSure
        ? html`<p>${t("profile.sure")} <button class="danger" disabled=${work.isBusy} onClick=${work.start}>${t("do.delete")}</button>
            <button onClick=${() => setSure(false)}>${t("profile.keep")}</button></p>`
        : html`<button onClick=${() => setSure(true)}>${t("do.delete")}</button>`)
    }
  </details>`;
}

/** @param {{ qlty: Profile["qlties"][number] }} props */
const Qlty = ({ qlty }) =>
  html`<tr>
    <td>${qlty.container}</td>
    <td>${qlty.format} ${qlty.framerate && `${qlty.framerate} fps`}</td>
    <td>${qlty.width && qlty.height ? `${qlty.width}×${qlty.height}` : (qlty.width ?? qlty.height ?? t("profile.asSource"))}</td>
    <td>${qlty.bitrate && rate(qlty.bitrate)}</td>
    <td>${qlty.audio_format} ${qlty.channels && t("channels", { n: qlty.channels })}</td>
    <td>${qlty.audio_bitrate && rate(qlty.audio_bitrate)}</td>
  </tr>`;
