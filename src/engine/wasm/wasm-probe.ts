import { basename, dirname, extname } from "node:path";
import type { ProbeRequest } from "../engine.ts";
import type { Ffprobe } from "../ffmpeg/probing.ts";
import type { ThreadRun } from "./wasm-thread.ts";
import type { RunProgram } from "./wasm-threads.ts";

/** The core's error numbers are negated WASI numbers; this gives the Linux numbers, which `judge-source` knows. */
const LINUX_ERRORS: Readonly<Record<string, number>> = {
  "-2": -13,
  "-28": -22,
  "-29": -5,
  "-31": -21,
  "-44": -2,
  "-48": -12,
  "-54": -20,
};

/** The core's ffprobe, for the file of a request. For a source it can reach no other file; for an output the files of its set. */
export function wasmFfprobe(
  { path, side }: Pick<ProbeRequest, "path" | "side">,
  run: RunProgram,
): Ffprobe {
  // The extension matters when a demuxer is chosen.
  const name = side === "source" ? `source${extname(path)}` : basename(path);
  const mount =
    side === "source" ? { files: { [name]: path } } : { folder: dirname(path), files: {} };
  return wasmFfprobeOf(name, mount, run);
}

/** The core's ffprobe, for a file with this name among the files that it is given. */
export function wasmFfprobeOf(name: string, mount: ThreadRun["mount"], run: RunProgram): Ffprobe {
  return {
    run: (args, onStdout, signal, concat) =>
      run(
        {
          program: "ffprobe",
          args: [...args, "-i", concat ? `concat:${concat.join("|")}` : `file:${name}`],
          mount,
          // Chunks are whole lines.
          onStdout: (chunk) => onStdout(withLinuxErrors(chunk)),
        },
        signal,
      ),
  };
}

const withLinuxErrors = (chunk: string): string =>
  chunk.replace(/^( *"code": )(-\d+)/gm, (_, key: string, code: string) => {
    return `${key}${LINUX_ERRORS[code] ?? code}`;
  });
