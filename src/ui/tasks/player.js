import { useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "../base/api.js";
import { size } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { Fault } from "../base/parts.js";
import { useSession } from "../base/session.js";

/** @typedef {import("../base/api.js").Task} Task */
/** @typedef {Task["targets"][number]} Target */
/** @typedef {import("../base/api.js").Api} Api */

/** A whole file is held in memory: browsers fetch parts of one by themselves, and cannot sign. */
const WHOLE_BYTES_MAX = 256e6;
const SETS = ["m3u8", "cmaf"];
const PICTURES = ["jpg", "png", "webp", "avif", "gif", "awebp"];
const SOUNDS = ["mp3", "m4a", "ogg"];
const FILMS = ["mp4", "webm", "mov", "mkv"];

/** Whether an address is one of a file of the service. @param {string} address */
const isFile = (address) => !/^(?!file:)[a-z][a-z0-9+.-]*:/i.test(address);

/** How a target can be shown, if at all. @param {Target} target */
export function kindOf({ output, target_status, target_url }) {
  if (!output || target_status !== "SUCCESS" || !isFile(target_url)) return undefined;
  if (SETS.includes(output.container)) return "set";
  if (output.size_bytes > WHOLE_BYTES_MAX) return undefined;
  if (PICTURES.includes(output.container)) return "picture";
  if (SOUNDS.includes(output.container)) return "sound";
  return FILMS.includes(output.container) ? "film" : undefined;
}

/**
 * A whole file as an address of this page.
 *
 * @param {Api} api
 * @param {string} address
 * @param {AbortSignal} signal
 */
async function wholeFile(api, address, signal) {
  const response = await api.fetch("GET", api.mediaUrl(address), undefined, { signal });
  if (!response.ok) throw await problemOf(response);
  return URL.createObjectURL(await response.blob());
}

/**
 * Plays a set: the player asks for playlists and segments, each with a signature of its own.
 *
 * @param {HTMLVideoElement} video
 * @param {Api} api
 * @param {string} address
 * @param {(problem: Error) => void} onProblem
 * @returns {Promise<() => void>} what ends it
 */
async function playSet(video, api, address, onProblem) {
  const { default: Hls } = await import("hls.js");
  const hls = new Hls({
    // Its worker would be a script from a blob: address.
    enableWorker: false,
    xhrSetup: async (xhr, url) => {
      const headers = await api.headers("GET", new URL(url));
      xhr.open("GET", url, true);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    },
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, error }) => {
    if (fatal) onProblem(error);
  });
  hls.loadSource(api.mediaUrl(address).href);
  hls.attachMedia(video);
  return () => hls.destroy();
}

/**
 * Shows what a target holds, once somebody asks for it.
 *
 * @param {{ target: Target, poster: string | undefined }} props
 */
export function Player({ target, poster }) {
  const [isOpen, setOpen] = useState(false);
  const kind = kindOf(target);
  if (!kind) return null;
  if (isOpen) return html`<${Stage} target=${target} poster=${poster} kind=${kind} />`;
  const bytes = target.output?.size_bytes ?? 0;
  return html`<button onClick=${() => setOpen(true)}>
    ${t(kind === "picture" ? "player.show" : "player.play")}${kind === "set" ? "" : ` (${size(bytes)})`}
  </button>`;
}

/** @param {{ target: Target, poster: string | undefined, kind: string }} props */
function Stage({ target, poster, kind }) {
  const { api } = useSession();
  const element = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [source, setSource] = useState(/** @type {string | undefined} */ (undefined));
  const [still, setStill] = useState(/** @type {string | undefined} */ (undefined));
  const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
  useEffect(() => {
    const aborter = new AbortController();
    const { signal } = aborter;
    /** @type {(() => void)[]} */
    const ends = [];
    const hold = async (
      /** @type {string} */ address,
      /** @type {(url: string) => void} */ show,
    ) => {
      const url = await wholeFile(api, address, signal);
      ends.push(() => URL.revokeObjectURL(url));
      show(url);
    };
    const start = async () => {
      if (poster) hold(poster, setStill).catch(() => undefined);
      if (kind !== "set") return hold(target.target_url, setSource);
      const video = element.current;
      if (video) ends.push(await playSet(video, api, target.target_url, setProblem));
      return undefined;
    };
    start().catch((error) => {
      if (!signal.aborted) setProblem(error);
    });
    return () => {
      aborter.abort();
      for (const end of ends) end();
    };
  }, [api, target.target_url]);
  if (problem) return html`<${Fault} problem=${problem} />`;
  if (kind === "picture")
    return source
      ? html`<img class="stage" src=${source} alt=${target.target_url} />`
      : t("loading");
  if (kind === "sound")
    return html`<audio class="stage" controls src=${source} aria-label=${target.target_url}></audio>`;
  return html`<video class="stage" controls playsinline ref=${element} src=${source} poster=${still} aria-label=${target.target_url}></video>`;
}
