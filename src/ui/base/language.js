import { keep, kept } from "./kept.js";
import { TEXTS } from "./texts.js";

/** @typedef {"en" | "zh"} Language */
/** @typedef {keyof typeof TEXTS} TextKey */

const KEPT_AS = "pontus.language";

/** What the page is shown in. @type {{ value: Language }} */
export const language = { value: "en" };

/** The BCP 47 tag of the page's language. */
export const tag = () => (language.value === "zh" ? "zh-CN" : "en");

/** @param {Language} value */
export function setLanguage(value) {
  language.value = value;
  keep(KEPT_AS, value);
  document.documentElement.lang = tag();
}

/** Takes the language that was chosen before, or the browser's. */
export function startLanguage() {
  const chosen = kept(KEPT_AS);
  const isChinese = chosen ? chosen === "zh" : navigator.language.startsWith("zh");
  language.value = isChinese ? "zh" : "en";
  document.documentElement.lang = tag();
}

/**
 * A text in the page's language, with values in the places of `{names}`.
 *
 * @param {TextKey} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const [english, chinese] = TEXTS[key];
  const text = language.value === "zh" ? chinese : english;
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * The text of a word of the API, or the word itself: later versions may have more.
 *
 * @param {string} key
 */
export const named = (key) =>
  Object.hasOwn(TEXTS, key) ? t(/** @type {TextKey} */ (key)) : key.slice(key.indexOf(".") + 1);
