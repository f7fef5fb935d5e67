import { parentPort, workerData } from "node:worker_threads";
import { parseDash } from "../../manifest/read/dash.ts";
import { parseHls } from "../../manifest/read/hls.ts";
import { toTaskError } from "../../task/errors.ts";
import type { ManifestAnswer, ManifestText } from "./parse-manifest.ts";

// The thread in which `parse-manifest.ts` has long manifests parsed: one text in, one answer out.

function answer({ kind, text, base, nowMs }: ManifestText): ManifestAnswer {
  try {
    return { parsed: kind === "dash" ? parseDash(text, base, nowMs) : parseHls(text, base) };
  } catch (error) {
    const { code, message } = toTaskError(error);
    const { stack } = error instanceof Error ? error : {};
    return { refused: { code, message, stack } };
  }
}

parentPort?.postMessage(answer(workerData));
