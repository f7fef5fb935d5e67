import { tag } from "./language.js";
import { signatureHeaders } from "./signature.js";

/** @typedef {import("../../http/schemas/task-schemas.ts").TaskAnswer} Task */
/** @typedef {import("../../http/schemas/task-schemas.ts").TaskPageAnswer} TaskPage */
/** @typedef {import("../../http/schemas/profile-schemas.ts").ProfileAnswer} Profile */
/** @typedef {{ writable: readonly string[], readable: readonly string[] }} Places where files may be put in, and read out */
/** @typedef {{ path: string, message: string }} FieldFault */
/** @typedef {{ signal?: AbortSignal | undefined, headers?: Record<string, string> }} FetchOptions */

const TASKS = "task/transcoding";
const NOTHING = new Uint8Array();

/** A call that was refused, or that did not reach the service. */
export class Problem extends Error {
  /**
   * @param {string} message
   * @param {{ code?: string, status?: number, faults?: readonly FieldFault[] }} [facts]
   */
  constructor(message, { code = "", status = 0, faults = [] } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.faults = faults;
  }
}

/** What a refused call says. @param {Response} response @returns {Promise<Problem>} */
export async function problemOf(response) {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text);
    return new Problem(error.message, {
      code: error.code,
      status: response.status,
      faults: error.details ?? [],
    });
  } catch {
    // Not the service's own words: something stands between.
    return new Problem(`${response.status} ${response.statusText}`, { status: response.status });
  }
}

/** The calls of the API that this page makes, each signed anew. */
export class Api {
  /** How far the service's clock is ahead of this one, once it said that they differ. */
  #clockMs = 0;

  /** @type {Promise<Places | undefined> | undefined} */
  #places;

  /** @param {import("./signature.js").Identity} identity */
  constructor(identity) {
    this.identity = identity;
  }

  /**
   * Where a call goes.
   *
   * @param {string} path below the version
   * @param {Record<string, string | undefined>} [query]
   */
  url(path, query = {}) {
    const url = new URL(`api/v1/${path}`, document.baseURI);
    for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
    return url;
  }

  /**
   * The headers of a call that something else makes.
   *
   * @param {string} method
   * @param {URL} url
   * @param {Uint8Array<ArrayBuffer>} [body]
   */
  headers(method, url, body = NOTHING) {
    return signatureHeaders(this.identity, method, url, body, this.#clockMs);
  }

  /**
   * Makes a call, a second time if the clocks of the two machines differ.
   *
   * @param {string} method
   * @param {URL} url
   * @param {Uint8Array<ArrayBuffer> | undefined} body
   * @param {FetchOptions} [options]
   * @returns {Promise<Response>} of any status
   */
  async fetch(method, url, body, { signal, headers } = {}) {
    const send = async () =>
      fetch(url, {
        method,
        headers: {
          "Accept-Language": tag(),
          ...(await this.headers(method, url, body)),
          ...headers,
        },
        ...(body && { body }),
        signal: signal ?? null,
        cache: "no-store",
      });
    const response = await send();
    const serverMs = Date.parse(response.headers.get("Date") ?? "");
    if (response.status !== 401 || Number.isNaN(serverMs)) return response;
    const { error } = await response.clone().json();
    if (error?.code !== "RequestExpired") return response;
    this.#clockMs = serverMs - Date.now();
    return send();
  }

  /**
   * Where the service gives and takes a file, by its address in tasks. Its slashes stay, as playlists name their segments beside them.
   *
   * @param {string} address
   */
  mediaUrl(address) {
    const isUrl = address.startsWith("file:");
    const path = isUrl ? decodeURIComponent(new URL(address).pathname) : address;
    const [first = "", ...rest] = path.split("/").map(encodeURIComponent);
    // The slash that an absolute path begins with is no slash of the call's own path.
    const [second = "", ...others] = rest;
    return this.url(
      `media/${(first === "" ? [`%2F${second}`, ...others] : [first, ...rest]).join("/")}`,
    );
  }

  /**
   * Where files may be put in and read out, if that is switched on.
   *
   * @returns {Promise<Places | undefined>}
   */
  places() {
    this.#places ??= this.call("GET", this.url("media")).then(
      (answer) => /** @type {Places} */ (answer),
      (error) => {
        if (error instanceof Problem && error.status === 404) return undefined;
        this.#places = undefined;
        throw error;
      },
    );
    return this.#places;
  }

  /**
   * Makes a call with JSON in and out.
   *
   * @param {string} method
   * @param {URL} url
   * @param {unknown} [content]
   * @param {AbortSignal} [signal]
   * @returns {Promise<unknown>}
   * @throws {Problem}
   */
  async call(method, url, content, signal) {
    const body =
      content === undefined ? undefined : new TextEncoder().encode(JSON.stringify(content));
    const headers = { ...(body && { "Content-Type": "application/json" }) };
    const response = await this.fetch(method, url, body, { signal, headers });
    if (!response.ok) throw await problemOf(response);
    return response.status === 204 ? undefined : response.json();
  }

  /**
   * @param {Record<string, string | undefined>} query
   * @param {AbortSignal} [signal]
   */
  async tasks(query, signal) {
    const answer = await this.call("GET", this.url(TASKS, query), undefined, signal);
    return /** @type {TaskPage} */ (answer);
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   * @param {boolean} isOfAnyone as an operator sees it
   * @returns {Promise<Task & { client_code?: string }>}
   */
  async task(id, signal, isOfAnyone = false) {
    const answer = await this.call("GET", this.taskUrl(id, "", isOfAnyone), undefined, signal);
    return /** @type {Task} */ (answer);
  }

  /**
   * @param {string} id
   * @param {string} [part] `/cancel`
   * @param {boolean} [isOfAnyone] as an operator calls it
   */
  taskUrl(id, part = "", isOfAnyone = false) {
    return this.url(`${isOfAnyone ? "admin/tasks" : TASKS}/${encodeURIComponent(id)}${part}`);
  }

  /** @param {unknown} content @returns {Promise<string>} the id of the new task */
  async createTask(content) {
    const answer = await this.call("POST", this.url(TASKS), content);
    return /** @type {{ task_id: string }} */ (answer).task_id;
  }

  /**
   * What would become of a task.
   *
   * @param {unknown} content as of a create
   * @param {AbortSignal} [signal]
   */
  async plan(content, signal) {
    const answer = await this.call("POST", this.url(`${TASKS}/plan`), content, signal);
    return /** @type {import("../../http/schemas/plan-schemas.ts").TaskPlanAnswer} */ (answer);
  }

  /**
   * What the runs of a task said.
   *
   * @param {string} id
   * @param {AbortSignal} [signal]
   */
  async log(id, signal) {
    const answer = await this.call("GET", this.taskUrl(id, "/log"), undefined, signal);
    return /** @type {import("../../http/schemas/plan-schemas.ts").TaskLogAnswer} */ (answer);
  }

  /** @param {AbortSignal} [signal] */
  async profiles(signal) {
    const answer = await this.call("GET", this.url("profiles"), undefined, signal);
    return /** @type {{ profiles: Profile[] }} */ (answer).profiles;
  }

  /** @param {string} name */
  profileUrl(name) {
    return this.url(`profile/${encodeURIComponent(name)}`);
  }
}
