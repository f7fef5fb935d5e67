import { keep, kept } from "./kept.js";

/** @typedef {"auto" | "light" | "dark"} Theme */

const KEPT_AS = "pontus.theme";
const THEMES = /** @type {readonly Theme[]} */ (["auto", "light", "dark"]);

/** How the page looks: as the system does, or as was chosen. @type {{ value: Theme }} */
export const theme = { value: "auto" };

/** @param {Theme} value */
function show(value) {
  theme.value = value;
  document.documentElement.dataset["theme"] = value;
}

/** Takes what was chosen before. */
export const startTheme = () => show(THEMES.find((one) => one === kept(KEPT_AS)) ?? "auto");

/** Goes to the next one. */
export function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "auto";
  show(next);
  keep(KEPT_AS, next);
}
