import { dirname } from "node:path";
import type { MediaInfo } from "../../probe/media.ts";
import type { Tail } from "../../probe/tail.ts";
import type { ProbeRequest, TailRequest } from "../engine.ts";
import { openFile } from "../ffmpeg/header-reads.ts";
import { probeWith, readTailWith } from "../ffmpeg/probe-with.ts";
import type { Ffprobe, ProbeLimits } from "../ffmpeg/probing.ts";
import { type EngineBounds, probeLimits, UNBOUNDED } from "../process/bounds.ts";
import { runSubprocess } from "../process/subprocess.ts";
import type { StandbyProbe } from "./standby-probe.ts";

/** The program and the limits of a probe. */
export type ProbeOptions = ProbeLimits & {
  readonly ffprobe: string;
  readonly graceMs: number;
  /** This ffprobe does not report the crop of containers, so it is read here. */
  readonly areCropsRead?: boolean;
  /** By default nothing is bounded. */
  readonly bounds?: EngineBounds;
};

/** The largest picture that is made (8192x8192): an output is as large as its profile wants it, whatever sources may be. */
const OUTPUT_PIXELS_MAX = 67_108_864;

/** The largest picture that a probe may have to decode. */
export const pixelsMaxOf = (
  { maxPixels }: Pick<ProbeOptions, "maxPixels">,
  side: ProbeRequest["side"],
): number => (side === "source" ? maxPixels : Math.max(maxPixels, OUTPUT_PIXELS_MAX));

/**
 * Probes with ffprobe. Errors as in `Engine.probe`.
 *
 * @param standby - one that was started with `standbyArgs` for the headers of a source, or with `expectedArgs` for this output
 */
export function probeFile(
  options: ProbeOptions,
  request: ProbeRequest,
  signal: AbortSignal,
  standby?: StandbyProbe,
): Promise<MediaInfo> {
  const ffprobe = {
    run: ffprobeOf(options, request),
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
  readTailWith(
    { run: ffprobeOf(options, { path: request.path, side: "output" }) },
    options,
    request,
    signal,
  );

const ffprobeOf =
  (
    { ffprobe: command, graceMs, bounds = UNBOUNDED, ...options }: ProbeOptions,
    { path, side }: Pick<ProbeRequest, "path" | "side">,
  ): Ffprobe["run"] =>
  (args, onStdout, signal, concat) => {
    const input = concat ? `concat:${concat.join("|")}` : `file:${path}`;
    const cwd = dirname(path);
    const { confinement, allowance } = bounds;
    const pixels = pixelsMaxOf(options, side);
    const seen = { writes: [], reads: concat ? [cwd] : [path] };
    const within = { confinement, bounds: { limits: probeLimits(allowance, pixels), seen } };
    const program = { command, args: [...args, "-i", input], cwd, graceMs, within };
    return runSubprocess({ ...program, onStdout }, signal);
  };
