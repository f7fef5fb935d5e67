import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { maskSecrets } from "../../lib/mask.ts";
import type { Reach } from "../../lib/reach.ts";
import {
  FIRST_PACKETS_ARGS,
  FIRST_PACKETS_ENTRIES,
  withFirstPackets,
} from "../../probe/first-packets.ts";
import { readSource } from "../../probe/judge-source.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { PROBE_ENTRIES } from "../../probe/parse-probe.ts";
import { TaskError } from "../../task/errors.ts";
import type { LiveArgsRequest, LiveEngine, LiveRunRequest } from "../engine.ts";
import { judgeExit } from "../ffmpeg/judge-stderr.ts";
import { beyondLimit } from "../ffmpeg/probing.ts";
import { createProgressReader } from "../ffmpeg/progress.ts";
import { type EngineBounds, liveLimits, probeLimits, UNBOUNDED } from "../process/bounds.ts";
import { noteEncoder } from "../process/orphans.ts";
import { type Exit, runSubprocess } from "../process/subprocess.ts";
import type { CallOptions } from "../relay/call-peer.ts";
import { StandIns } from "../relay/stand-ins.ts";
import { PeerError } from "../relay/talk.ts";
import { runArgs } from "./live-args.ts";
import { openGates } from "./live-gates.ts";
import { liveInputArgs } from "./live-inputs.ts";
import { createLiveLogReader } from "./live-log.ts";
import { countedUrl, countedUrls, recordedPart } from "./live-outputs.ts";

/** The programs and limits for live streams. */
export type NativeLiveOptions = {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  readonly maxPixels: number;
  readonly graceMs: number;
  /** How the peers of streams are called. */
  readonly peers: CallOptions;
  /** By default nothing is bounded. */
  readonly bounds?: EngineBounds;
};

/** ffmpeg leaves a read that hangs only at the second signal; a run that works ends normally long before. */
const ASK_AGAIN_MS = 500;
/** Seconds between two reports of progress: half the time after which a gap is noticed. */
const REPORT_PERIOD = "0.5";
/** A live stream has no length, whatever its header says. Only the first packets are shown, which have arrived by then. */
const LIVE_ENTRIES = PROBE_ENTRIES.replace(/,(?:duration|size|nb_frames)\b/g, "").replace(
  /:packet=.*$/,
  `:${FIRST_PACKETS_ENTRIES}`,
);
/** Some pictures in text, at four characters a byte: of the largest, and of the highest bitrates, not more. */
const JSON_CHARS_MAX = 32_000_000;

/** Live streams, run by the machine's ffmpeg and ffprobe. */
export class NativeLive implements LiveEngine {
  readonly #options: NativeLiveOptions;

  constructor(options: NativeLiveOptions) {
    this.#options = options;
  }

  async probe(url: string, signal: AbortSignal, reach?: Reach): Promise<MediaInfo> {
    const { ffprobe: command, maxPixels, graceMs } = this.#options;
    const { confinement, allowance } = this.#options.bounds ?? UNBOUNDED;
    const seen = { writes: [], reads: [], network: true } as const;
    const bounds = { limits: probeLimits(allowance, maxPixels), seen };
    const standIns = await openStandIns(
      { source: url, targets: [] },
      { ...this.#options.peers, reach },
    );
    let json = "";
    try {
      const { stderr, hit } = await runSubprocess(
        {
          command,
          args: [
            ...["-v", "error", "-max_pixels", String(maxPixels)],
            ...["-show_entries", LIVE_ENTRIES, ...FIRST_PACKETS_ARGS, "-print_format", "json"],
            ...liveInputArgs(standIns.ownUrl(url), true),
          ],
          graceMs,
          within: { confinement, bounds },
          askAgainMs: ASK_AGAIN_MS,
          onStdout: (chunk) => {
            if (json.length < JSON_CHARS_MAX) json += chunk;
          },
        },
        signal,
      );
      if (hit !== undefined) throw beyondLimit("source", hit);
      const told = { stderr: standIns.realText(stderr), failure: standIns.failureOf(url) };
      return describe(json, told, maxPixels);
    } finally {
      await standIns.close();
    }
  }

  async argsOf({ plan, run, input }: LiveArgsRequest): Promise<readonly string[]> {
    const named = "path" in input ? { ...input, path: "input" } : input;
    return runArgs({ plan, run, input: named }, this.#options, (url) => url);
  }

  async run(request: LiveRunRequest, signal: AbortSignal): Promise<void> {
    const { plan, run, recordings } = request;
    for (const { recording } of plan.outputs)
      if (recording)
        await mkdir(dirname(join(recordings, recordedPart(recording, run.part))), {
          recursive: true,
        });
    const { input } = request;
    const urls = { ...("url" in input && { source: input.url }), targets: countedUrls(plan) };
    const standIns = await openStandIns(urls, {
      ...this.#options.peers,
      reach: request.reach,
      onUdp: (url, failure) =>
        request.onTarget(
          failure ? { kind: "failed", url, why: failure.state } : { kind: "open", url },
        ),
    });
    try {
      const exit = await this.#encode(request, standIns, signal);
      const failure = "url" in input ? standIns.failureOf(input.url) : undefined;
      const error = judgeLiveExit({ ...exit, stderr: standIns.realText(exit.stderr) }, failure);
      if (error) throw error;
    } finally {
      await standIns.close();
    }
  }

  async #encode(
    request: LiveRunRequest,
    { ownUrl, realText, failureOf }: StandIns,
    signal: AbortSignal,
  ): Promise<Exit> {
    const { plan, run, folder, recordings, input } = request;
    const { onProgress, onTarget, onChanged, onSent, onLog } = request;
    const { ffmpeg: command, graceMs } = this.#options;
    const { confinement, allowance } = this.#options.bounds ?? UNBOUNDED;
    const reads = "path" in input ? [input.path] : [];
    const seen = { writes: [recordings, folder], reads, network: true } as const;
    const bounds = { limits: liveLimits(allowance, plan.load), seen };
    const isRecording = (name: string) => !name.includes("://");
    const gates = await openGates(recordings);
    const urls = countedUrls(plan);
    const onTold: typeof onTarget = (event) => {
      // Only the first time is it opened at once.
      if (event.kind !== "unrecorded") gates.shut(urls.indexOf(event.url));
      onTarget(event);
    };
    const readLine = createLiveLogReader({ onTarget: onTold, onChanged, onLog }, isRecording, {
      urlOfPipe: (pipe) => countedUrl(plan, pipe),
      failureOf,
    });
    let forget = () => {};
    try {
      return await runSubprocess(
        {
          command,
          args: [
            ...["-hide_banner", "-nostdin", "-nostats", "-y", "-v", "repeat+level+verbose"],
            // Frames that are decoded badly or not at all are handled here.
            ...["-max_error_rate", "1"],
            ...["-progress", "pipe:1", "-stats_period", REPORT_PERIOD],
            ...runArgs({ plan, run, input }, this.#options, ownUrl),
          ],
          cwd: recordings,
          graceMs,
          within: { confinement, bounds },
          askAgainMs: ASK_AGAIN_MS,
          onSpawn: (pid) => {
            forget = noteEncoder(folder, pid);
          },
          onStdout: createProgressReader(({ sizeBytes: _, isEnd: __, ...told }) =>
            onProgress(told),
          ),
          onStderrLine: (line) => readLine(realText(line)),
          feeds: "tracks" in input ? input.tracks.flatMap((track) => track?.bytes ?? []) : [],
          onPipes: urls.map((url) => (sizeBytes: number) => onSent(url, sizeBytes)),
        },
        signal,
      );
    } finally {
      forget();
    }
  }
}

/** The error lines, without ffmpeg's level marks, which the patterns of the taxonomy do not expect. */
const complaintsIn = (stderr: string): string =>
  stderr
    .split("\n")
    .filter((line) => /\[(?:error|fatal|panic)\] /.test(line))
    .filter((line) => !/^\[(?:tee|fifo|rtmps?|tcp|srt|rtsp|tls|(?:live_)?flv|mpegts) @ /.test(line))
    .map((line) => line.replace(/\[(?:error|fatal|panic)\] /, ""))
    .join("\n");

/** Failures that only mean that a stream does not open now, and do not concern files. */
const NOT_JUDGED = [
  ...["unknown", "internal"],
  ...["source_not_media", "source_missing", "source_unreachable"],
];

/** Logged for a stream that the probe found and this run does not; in 7.1 and 9.0 also for the options with which video is watched. */
const UNFOUND = /matches no streams|skip_frame:v .* is not a decoding option/;

/** Every live stream ends with the end of its source or of its connection. */
function judgeLiveExit(exit: Exit, failure: PeerError | undefined): TaskError | undefined {
  const complaints = complaintsIn(exit.stderr);
  const error = judgeExit({ ...exit, stderr: complaints });
  if (!error) return undefined;
  // ffmpeg takes a peer that is not reached for one that says nothing, or nonsense.
  if (failure) return failedPeer(failure);
  if (UNFOUND.test(complaints)) return unreachable("a stream of it does not come");
  if (!NOT_JUDGED.includes(error.code)) return error;
  // ffmpeg 5 reports a missing source only with the address and an error number.
  const last = complaints.trimEnd().split("\n").at(-1) ?? "";
  const why =
    /Error opening input: (.+)$/m.exec(complaints)?.[1] ?? /^\w+:\/\/.*: (.+)$/.exec(last)?.[1];
  return why === undefined
    ? new TaskError(error.code, maskSecrets(error.message))
    : unreachable(why);
}

const unreachable = (why: string): TaskError =>
  new TaskError("source_unreachable", `Cannot read the source: ${maskSecrets(why)}`);

/** @throws {TaskError} `source_unreachable` if the source is one that may not be listened for */
async function openStandIns(
  ...[urls, options]: Parameters<typeof StandIns.open>
): Promise<StandIns> {
  try {
    return await StandIns.open(urls, options);
  } catch (error) {
    throw error instanceof PeerError ? failedPeer(error) : error;
  }
}

const failedPeer = ({ state, isUntrusted }: PeerError): TaskError =>
  isUntrusted
    ? new TaskError("source_untrusted", `Cannot read the source: ${state}`)
    : unreachable(state);

/** Messages that mean that there is no stream, and not that it cannot be read. */
const ABSENT_CODES = ["source_unreachable", "source_missing"];

/** What a probe says besides its answer. */
type Told = { readonly stderr: string; readonly failure: PeerError | undefined };

function describe(json: string, { stderr, failure }: Told, maxPixels: number): MediaInfo {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // The JSON is cut off; stderr says why.
  }
  try {
    return withFirstPackets(readSource(parsed, stderr, maxPixels, "source_unreachable"), parsed);
  } catch (error) {
    if (failure) throw failedPeer(failure);
    if (!(error instanceof TaskError && ABSENT_CODES.includes(error.code))) throw error;
    const [line = ""] = stderr.split("\n");
    const why = line.replace(/^\[[^\]]*\] /, "").replace(/^\w+:\/\/\S+: /, "");
    throw unreachable(why === "" ? "it ended at once" : why);
  }
}
