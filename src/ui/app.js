import { render } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { decoded } from "./base/format.js";
import { html } from "./base/html.js";
import { language, setLanguage, startLanguage, t } from "./base/language.js";
import { SessionContext } from "./base/session.js";
import { nextTheme, startTheme, theme } from "./base/theme.js";
import { SignIn } from "./sign-in.js";
import { TaskList } from "./tasks/task-list.js";

/** Views that are loaded when they are first opened. */
const LATER = {
  task: async () => (await import("./tasks/task-view.js")).TaskView,
  new: async () => (await import("./tasks/new-task.js")).NewTask,
  operate: async () => (await import("./operate/operate.js")).Operate,
  profiles: async () => (await import("./profiles/profiles.js")).Profiles,
};

/** `#/task/0197…` → `["task", "0197…"]`. */
const place = () => location.hash.replace(/^#\/?/, "").split("/").map(decoded);

/** What the address bar says, and again when it changes. */
function usePlace() {
  const [now, setNow] = useState(place);
  useEffect(() => {
    const onChange = () => {
      setNow(place());
      document.getElementById("main")?.focus();
    };
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, []);
  return now;
}

/** A view of its own module. @param {{ name: keyof typeof LATER, rest: string[] }} props */
function Later({ name, rest }) {
  const [view, setView] = useState(
    /** @type {{ of: string, component: unknown } | undefined} */ (undefined),
  );
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    LATER[name]()
      .then((component) => setView({ of: name, component }))
      // The service has other files by now, or is away.
      .catch(() => setLost(true));
  }, [name]);
  if (isLost) return html`<p class="fault" role="alert">${t("reload")}</p>`;
  if (view?.of !== name) return html`<p class="empty">${t("loading")}</p>`;
  return html`<${view.component} key=${name === "operate" ? name : rest[0]} at=${rest} />`;
}

/** @param {{ at: string, name: string, text: string }} props */
const Tab = ({ at, name, text }) =>
  html`<a href=${`#/${name}`} aria-current=${at === name || (at === "task" && name === "") ? "page" : undefined}>${text}</a>`;

/** @param {{ at: string, clientCode: string | undefined, isOperator: boolean, signOut: () => void, redraw: () => void }} props */
function Header({ at, clientCode, isOperator, signOut, redraw }) {
  const onLanguage = () => {
    setLanguage(language.value === "zh" ? "en" : "zh");
    redraw();
  };
  const onTheme = () => {
    nextTheme();
    redraw();
  };
  return html`<header class="top">
    <a class="skip" href="#main" onClick=${skip}>${t("skip")}</a>
    <a class="home" href="#/"><img src=${new URL("look/icon.svg", import.meta.url)} alt="" width="28" height="28" />Pontus</a>
    ${
      clientCode &&
      html`<nav aria-label=${t("nav")}>
        <${Tab} at=${at} name="" text=${t("nav.tasks")} />
        <${Tab} at=${at} name="new" text=${t("nav.new")} />
        <${Tab} at=${at} name="profiles" text=${t("nav.profiles")} />
        ${isOperator && html`<${Tab} at=${at} name="operate" text=${t("nav.operate")} />`}
      </nav>`
    }
    <div class="tools">
      <button class="quiet" onClick=${onLanguage} lang=${language.value === "zh" ? "en" : "zh-CN"}>
        ${language.value === "zh" ? "English" : "中文"}
      </button>
      <button class="quiet" onClick=${onTheme}>${t(`theme.${theme.value}`)}</button>
      ${clientCode && html`<button class="quiet" onClick=${signOut}>${t("signOut", { client: clientCode })}</button>`}
    </div>
  </header>`;
}

/** Moves the focus without a change of the address, which names the view. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** @param {{ at: string, rest: string[] }} props */
const View = ({ at, rest }) =>
  at in LATER ? html`<${Later} name=${at} rest=${rest} />` : html`<${TaskList} />`;

/**
 * Whether the client may make the calls of operators.
 *
 * @param {import("./base/api.js").Api | undefined} api
 */
function useIsOperator(api) {
  const [isOperator, setOperator] = useState(false);
  useEffect(() => {
    const ask = async () =>
      setOperator(api ? (await api.fetch("GET", api.url("admin/queue"), undefined)).ok : false);
    // Away for a moment: the list says so.
    ask().catch(() => setOperator(false));
  }, [api]);
  return isOperator;
}

/** What the window is called in each view. @type {Readonly<Record<string, import("./base/language.js").TextKey>>} */
const TITLES = {
  task: "task.facts",
  new: "nav.new",
  operate: "nav.operate",
  profiles: "nav.profiles",
};

function App() {
  const [at = "", ...rest] = usePlace();
  const [api, setApi] = useState(
    /** @type {import("./base/api.js").Api | undefined} */ (undefined),
  );
  const isOperator = useIsOperator(api);
  useEffect(() => {
    document.title = `${api ? t(TITLES[at] ?? "nav.tasks") : t("signIn.do")} · Pontus`;
  });
  const [said, setSaid] = useState({ text: "", count: 0 });
  const say = useCallback(
    (/** @type {string} */ text) => setSaid(({ count }) => ({ text, count: count + 1 })),
    [],
  );
  const [, setDrawn] = useState(0);
  const redraw = useCallback(() => setDrawn((count) => count + 1), []);
  const session = useMemo(() => api && { api, clientCode: api.identity.clientCode, say }, [api]);
  return html`
    <${Header} at=${at} clientCode=${session?.clientCode} isOperator=${isOperator} signOut=${() => setApi(undefined)} redraw=${redraw} />
    ${
      session
        ? html`<${SessionContext.Provider} value=${session}>
            <main id="main" tabindex="-1"><${View} at=${at} rest=${rest} /></main>
          <//>`
        : html`<${SignIn} onSigned=${setApi} />`
    }
    <div role="status">${said.text && html`<p class="said" key=${said.count}>${said.text}</p>`}</div>`;
}

startLanguage();
startTheme();
render(html`<${App} />`, document.body);
