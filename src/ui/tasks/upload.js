import { useRef, useState } from "preact/hooks";
import { problemOf } from "../base/api.js";
import { size } from "../base/format.js";
import { html } from "../base/html.js";
import { t } from "../base/language.js";
import { sleep } from "../base/loading.js";
import { Bar, Fault } from "../base/parts.js";
import { useSession } from "../base/session.js";

/** @typedef {import("../base/api.js").Api} Api */

/** Held in memory and signed as a whole. */
const PIECE_BYTES = 8 * 1024 * 1024;
const TRIES_MAX = 6;
const RETRY_MS = 2_000;

/** @param {ArrayBuffer} bytes */
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/**
 * How much of a file is there of an upload that was broken off.
 *
 * @param {Api} api
 * @param {URL} url
 * @param {File} file
 * @param {AbortSignal} signal
 */
async function offsetOf(api, url, file, signal) {
  const { ok, headers } = await api.fetch("HEAD", url, undefined, { signal });
  const isOfThis =
    headers.get("Upload-Complete") === "?0" && Number(headers.get("Upload-Length")) === file.size;
  return ok && isOfThis ? Number(headers.get("Upload-Offset")) : 0;
}

/**
 * Sends one piece.
 *
 * @param {Api} api
 * @param {URL} url
 * @param {File} file
 * @param {number} start
 * @param {AbortSignal} signal
 */
async function sendPiece(api, url, file, start, signal) {
  const end = Math.min(file.size, start + PIECE_BYTES);
  const body = new Uint8Array(await file.slice(start, end).arrayBuffer());
  const digest = base64(await crypto.subtle.digest("SHA-256", body));
  const response = await api.fetch("PUT", url, body, {
    signal,
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Digest": `sha-256=:${digest}:`,
      ...(file.size > 0 && { "Content-Range": `bytes ${start}-${end - 1}/${file.size}` }),
    },
  });
  if (!response.ok) throw await problemOf(response);
  return end;
}

/**
 * Puts a file in, piece by piece. One whose connection broke is gone on with where it stands.
 *
 * @param {Api} api
 * @param {URL} url
 * @param {File} file
 * @param {{ signal: AbortSignal, onOffset: (bytes: number) => void }} options
 */
async function upload(api, url, file, { signal, onOffset }) {
  let offset = 0;
  let tries = 0;
  do {
    try {
      offset = await sendPiece(api, url, file, offset, signal);
      tries = 0;
      onOffset(offset);
    } catch (error) {
      tries += 1;
      // The service's own words are final; a connection is not.
      if (!(error instanceof TypeError) || signal.aborted || tries > TRIES_MAX) throw error;
      await sleep(RETRY_MS, signal);
      offset = await offsetOf(api, url, file, signal).catch(() => offset);
    }
  } while (offset < file.size);
}

/**
 * Takes a file that is dropped or chosen, and puts it into the client's root.
 *
 * @param {{ folder: string, onDone: (path: string) => void }} props
 */
export function DropFile({ folder, onDone }) {
  const { api, say } = useSession();
  const [state, setState] = useState(
    /** @type {{ file: File, offset: number } | undefined} */ (undefined),
  );
  const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
  const [isOver, setOver] = useState(false);
  const aborter = useRef(/** @type {AbortController | undefined} */ (undefined));
  const take = async (/** @type {File | undefined} */ file) => {
    if (!file || aborter.current) return;
    const path = `${folder}${file.name}`;
    aborter.current = new AbortController();
    setProblem(undefined);
    setState({ file, offset: 0 });
    try {
      const { signal } = aborter.current;
      await upload(api, api.mediaUrl(path), file, {
        signal,
        onOffset: (offset) => setState({ file, offset }),
      });
      say(t("upload.done", { name: file.name }));
      onDone(path);
    } catch (error) {
      if (!aborter.current.signal.aborted) setProblem(/** @type {Error} */ (error));
    }
    aborter.current = undefined;
    setState(undefined);
  };
  const onDrop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer?.files[0]);
  };
  const onDragOver = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(true);
  };
  return html`<div class=${isOver ? "drop drop-over" : "drop"} onDrop=${onDrop} onDragOver=${onDragOver} onDragLeave=${() => setOver(false)}>
    ${
      state
        ? html`<p>${state.file.name}: ${size(state.offset)} / ${size(state.file.size)}</p>
            <${Bar} percent=${state.file.size > 0 ? (100 * state.offset) / state.file.size : 0} label=${t("upload.progress")} />
            <button type="button" onClick=${() => aborter.current?.abort()}>${t("upload.stop")}</button>`
        : html`<label for="upload">${t("upload.drop", { folder: folder || t("upload.root") })}</label>
            <input id="upload" type="file"
              onChange=${(/** @type {Event} */ event) => take(/** @type {HTMLInputElement} */ (event.currentTarget).files?.[0])} />`
    }
    <${Fault} problem=${problem} />
  </div>`;
}
