import { canSign, importKey, signatureHeaders } from "../../ui/base/signature.js";

// The reference of the API, and above it who signs the calls that are tried on it. Keys stay in the memory of this page.

/** @type {(options: Record<string, unknown>) => unknown} */
// The bundle of Swagger UI is no module: it leaves its function to all.
const swaggerUi = Reflect.get(globalThis, "SwaggerUIBundle");

const ENGLISH = {
  title: "Pontus API",
  dashboard: "Dashboard",
  code: "Client code",
  publicKey: "Public key",
  privateKey: "Private key",
  file: "or credentials.json",
  signIn: "Sign in",
  signOut: "Sign out",
  anonymous: "Sign in to try calls. The keys stay in this page's memory.",
  signed: "Calls are signed as",
  insecure: "Browsers sign on pages of https: and of this machine alone.",
  badFile: "This file holds no client's keys.",
};

/** @type {typeof ENGLISH} */
const CHINESE = {
  title: "Pontus API",
  dashboard: "控制台",
  code: "客户端代码",
  publicKey: "公钥",
  privateKey: "私钥",
  file: "或 credentials.json",
  signIn: "登录",
  signOut: "退出",
  anonymous: "登录后可试用接口。密钥只保存在本页的内存中。",
  signed: "调用的签名者：",
  insecure: "浏览器只能在 https: 页面或本机页面上签名。",
  badFile: "此文件中没有客户端密钥。",
};

const texts = navigator.language.startsWith("zh") ? CHINESE : ENGLISH;

/** @type {import("../../ui/base/signature.js").Identity | undefined} */
let identity;

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const head = document.querySelector("#sign-in") ?? document.body;

/** @param {string} label @param {string} name @param {string} type */
const field = (label, name, type) =>
  element(
    "label",
    {},
    label,
    element("input", { name, type, autocomplete: "off", spellcheck: "false" }),
  );

/** @param {(Node | string)[]} children */
const show = (...children) =>
  head.replaceChildren(
    element("h1", {}, texts.title),
    element(
      "nav",
      {},
      ...[
        ["./", texts.dashboard],
        ["openapi.json", "JSON"],
        ["openapi.yaml", "YAML"],
      ].map(([href = "", label = ""]) => element("a", { href }, label)),
    ),
    ...children,
  );

function showSignedIn() {
  const button = element("button", { type: "button" }, texts.signOut);
  button.addEventListener("click", () => {
    identity = undefined;
    showSignIn();
  });
  const who = element("strong", {}, identity?.clientCode ?? "");
  show(element("p", { role: "status" }, `${texts.signed} `, who), button);
}

/** @param {FormData} form */
async function keysOf(form) {
  const file = form.get("file");
  const isGiven = file instanceof File && file.size > 0;
  if (!isGiven) return Object.fromEntries(form);
  try {
    return JSON.parse(await file.text());
  } catch {
    return {};
  }
}

function showSignIn() {
  const note = element("p", { role: "status" }, texts.anonymous);
  const form = /** @type {HTMLFormElement} */ (
    element(
      "form",
      {},
      field(texts.code, "client_code", "text"),
      field(texts.publicKey, "public_key", "text"),
      field(texts.privateKey, "private_key", "password"),
      field(texts.file, "file", "file"),
      element("button", { type: "submit" }, texts.signIn),
    )
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const keys = await keysOf(new FormData(form));
    if ([keys.client_code, keys.public_key, keys.private_key].some((key) => !key)) {
      note.textContent = texts.badFile;
      return;
    }
    identity = {
      clientCode: String(keys.client_code).trim(),
      publicKey: String(keys.public_key).trim(),
      privateKey: await importKey(String(keys.private_key)),
    };
    showSignedIn();
  });
  show(canSign() ? form : element("p", { role: "alert" }, texts.insecure), note);
}

/**
 * Signs a call that is tried.
 *
 * @param {{ url: string, method?: string, body?: unknown, headers: Record<string, string> }} request
 */
async function signed(request) {
  const url = new URL(request.url, location.href);
  if (!identity || !url.pathname.includes("/api/")) return request;
  const { body, method = "GET" } = request;
  const bytes = new Uint8Array(
    body instanceof Blob
      ? await body.arrayBuffer()
      : new TextEncoder().encode(typeof body === "string" ? body : ""),
  );
  Object.assign(
    request.headers,
    await signatureHeaders(identity, method.toUpperCase(), url, bytes, 0),
  );
  return request;
}

/** The description, for calls to this very service, signed by this page: without a choice of servers, locks, and optional fields filled in. */
async function readDescription() {
  const description = await (await fetch("openapi.json")).json();
  for (const parameter of Object.values(description.components.parameters))
    if (!parameter.required) delete parameter.schema.example;
  const here = new URL(".", location.href).href.replace(/\/$/, "");
  for (const operations of Object.values(description.paths))
    for (const operation of Object.values(operations)) delete operation.security;
  delete description.components.securitySchemes;
  return { ...description, servers: [{ url: here }] };
}

showSignIn();
if (matchMedia("(prefers-color-scheme: dark)").matches)
  document.documentElement.classList.add("dark-mode");
swaggerUi({
  spec: await readDescription(),
  dom_id: "#reference",
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: false,
  validatorUrl: null,
  requestInterceptor: signed,
});
