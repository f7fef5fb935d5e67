import { dirname } from "node:path";
import type { MediaInfo } from "../../probe/media.ts";
import type { Tail } from "../../probe/tail.ts";
import type { ProbeRequest, TailRequest } from "../engine.ts";
import { openFile } from "../ffmpeg/header-reads.ts";
import { probeWith, readTailWith } from "../ffmpeg/probe-with.ts";
import type { Ffprobe, ProbeLimits } from "../ffmpeg/probing.ts";
import { runSubprocess } from "../process/subprocess.ts";
import type { StandbyProbe } from "./standby-probe.ts";

/** The program and the limits of a probe. */
export type ProbeOptions = ProbeLimits & {
  readonly ffprobe: string;
  readonly graceMs: number;
  /** This ffprobe does not report the crop of containers, so it is read here. */
  readonly areCropsRead?: boolean;
};

/**
 * Probes with ffprobe. Errors as in `Engine.probe`.
 *
 * @param standby - one that was started with `standbyArgs`; it reads the headers of a source and ends
 */
export function probeFile(
  options: ProbeOptions,
  request: ProbeRequest,
  signal: AbortSignal,
  standby?: StandbyProbe,
): Promise<MediaInfo> {
  const ffprobe = {
    run: ffprobeOf(options, request.path),
    open: () => openFile(request.path),
    areCropsRead: options.areCropsRead === true,
    ...(standby && {
      runAtOnce: (charsMax: number, limit: AbortSignal) =>
        standby.probe(request.path, charsMax, limit),
    }),
  };
  return probeWith(ffprobe, options, request, signal);
}

/** Decodes the end of an output. Errors as in `Engine.readTail`. */
export const readFileTail = (
  options: ProbeOptions,
  request: TailRequest,
  signal: AbortSignal,
): Promise<Tail> =>
  readTailWith({ run: ffprobeOf(options, request.path) }, options, request, signal);

const ffprobeOf =
  ({ ffprobe: command, graceMs }: ProbeOptions, path: string): Ffprobe["run"] =>
  (args, onStdout, signal, concat) => {
    const input = concat ? `concat:${concat.join("|")}` : `file:${path}`;
    const cwd = dirname(path);
    return runSubprocess({ command, args: [...args, "-i", input], cwd, graceMs, onStdout }, signal);
  };
