import type { MediaInfo } from "../probe/media.ts";
import type { ProbeRequest } from "./engine.ts";
import { type ProbeLimits, probeWith } from "./probe-with.ts";
import type { StandbyProbe } from "./standby-probe.ts";
import { runSubprocess } from "./subprocess.ts";

/** How to probe. */
export type ProbeOptions = ProbeLimits & { readonly ffprobe: string; readonly graceMs: number };

/**
 * Probes with ffprobe. Errors as in `Engine.probe`.
 *
 * @param standby - one that was started with `standbyArgs`, to be used up for the headers of a source
 */
export function probeFile(
  options: ProbeOptions,
  request: ProbeRequest,
  signal: AbortSignal,
  standby?: StandbyProbe,
): Promise<MediaInfo> {
  const { ffprobe: command, graceMs } = options;
  const { path } = request;
  const ffprobe = {
    run: (args: readonly string[], onStdout: (chunk: string) => void, limit: AbortSignal) =>
      runSubprocess({ command, args: [...args, "-i", `file:${path}`], graceMs, onStdout }, limit),
    ...(standby && {
      runAtOnce: (charsMax: number, limit: AbortSignal) => standby.probe(path, charsMax, limit),
    }),
  };
  return probeWith(ffprobe, options, request, signal);
}
