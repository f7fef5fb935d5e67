import { useState } from "preact/hooks";
import { Api } from "./base/api.js";
import { html } from "./base/html.js";
import { t } from "./base/language.js";
import { useWork } from "./base/loading.js";
import { Fault, Field, TextField } from "./base/parts.js";
import { canSign, importKey } from "./base/signature.js";

/** The fields of `credentials.json`, as the service writes it. @param {string} text */
function readCredentials(text) {
  try {
    const { client_code, public_key, private_key } = JSON.parse(text);
    return { code: client_code ?? "", publicKey: public_key ?? "", privateKey: private_key ?? "" };
  } catch {
    throw new Error(t("signIn.badFile"));
  }
}

const NOTHING = { code: "", publicKey: "", privateKey: "" };

/** Asks for a client's keys, and tries them. @param {{ onSigned: (api: Api) => void }} props */
export function SignIn({ onSigned }) {
  const [keys, setKeys] = useState(NOTHING);
  const [file, setFile] = useState(/** @type {File | undefined} */ (undefined));
  const work = useWork(async () => {
    const given = file ? readCredentials(await file.text()) : keys;
    const api = new Api({
      publicKey: given.publicKey.trim(),
      clientCode: given.code.trim(),
      privateKey: await importKey(given.privateKey),
    });
    await api.tasks({ limit: "1" });
    onSigned(api);
  });
  if (!canSign())
    return html`<main class="sign-in card" id="main"><h1>Pontus</h1>
    <p role="alert" class="fault">${t("signIn.insecure")}</p></main>`;
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void work.start();
  };
  const onFile = (/** @type {Event} */ event) =>
    setFile(/** @type {HTMLInputElement} */ (event.currentTarget).files?.[0]);
  return html`<main class="sign-in card" id="main">
    <h1><img src=${new URL("look/icon.svg", import.meta.url)} alt="" width="40" height="40" />Pontus</h1>
    <p>${t("signIn.why")}</p>
    <form onSubmit=${onSubmit}>
      <${KeyFields} keys=${keys} setKeys=${setKeys} isNeeded=${!file} />
      <p class="or">${t("signIn.or")}</p>
      <${Field} id="credentials" label=${t("signIn.file")}>
        <input id="credentials" type="file" accept=".json,application/json" onChange=${onFile} />
      <//>
      <${Fault} problem=${work.problem} />
      <button class="primary" disabled=${work.isBusy}>${t("signIn.do")}</button>
    </form>
    <p class="hint">${t("signIn.kept")}</p>
  </main>`;
}

/**
 * @param {{ keys: typeof NOTHING, setKeys: (keys: typeof NOTHING) => void, isNeeded: boolean }} props
 */
function KeyFields({ keys, setKeys, isNeeded }) {
  /**
   * @param {keyof typeof NOTHING} name
   * @param {import("./base/language.js").TextKey} label
   * @param {Record<string, string>} rest
   */
  const field = (name, label, rest) =>
    html`<${TextField} id=${name} label=${t(label)} required=${isNeeded} autocapitalize="off" ...${rest}
      value=${keys[name]} onText=${(/** @type {string} */ text) => setKeys({ ...keys, [name]: text })} />`;
  return html`
    ${field("code", "signIn.code", { autocomplete: "organization" })}
    ${field("publicKey", "signIn.publicKey", { autocomplete: "username" })}
    ${field("privateKey", "signIn.privateKey", { type: "password", autocomplete: "current-password" })}`;
}
