import { dashArgs } from "../../plan/args/sets/dash-args.ts";
import { graphArgs, isCopied, streamsArgs } from "../../plan/args/streams.ts";
import {
  type LiveOutput,
  type LivePlan,
  type LiveRecording,
  type LiveRun,
  RUN_MANIFEST,
} from "../../plan/live/live.ts";
import { countedAs, type LiveProtocol } from "../../plan/live/live-protocols.ts";
import { gateOf } from "./live-gates.ts";

/** A connection without a byte for so long (in µs) counts as dead: shorter than a viewer's patience, longer than a hiccup. */
const TARGET_TIMEOUT_US = "5000000";
/** How many seconds of a recording a crash can lose. */
const FRAGMENT_US = "1000000";
/** The minimum length of a segment of a set; the next key frame ends it. */
const SEGMENT_SECONDS = "2";
/** All segments of a run are listed, so that a service that was away finds what was made meanwhile. */
const LISTED_SEGMENTS = "0";

/** Each live target has a queue of a few seconds, so that one that hangs or reconnects never delays the others. */
const FIFO = [
  "attempt_recovery=1",
  "recover_any_error=1",
  "recovery_wait_time=1",
  "max_recovery_attempts=0",
  "drop_pkts_on_overflow=1",
  "restart_with_keyframe=1",
  "queue_size=250",
].join(":");

/** The pipe that counts what the first live target was sent; those of the others follow. */
export const FIRST_PIPE = 3;

/** How long a gate waits; the queue keeps what comes meanwhile. */
const GATE_MS = "1000";

/** What ffmpeg is given in place of a live address. */
type OwnUrl = (url: string) => string;

/** The live targets of a plan, in the order of the pipes (from 3 on) that count what each was sent. */
export const countedUrls = ({ outputs }: LivePlan): readonly string[] =>
  outputs.flatMap(({ sent }) => sent.map(({ url }) => url));

/** The live target whose bytes a pipe counts. */
export const countedUrl = (plan: LivePlan, pipe: number): string | undefined =>
  countedUrls(plan)[pipe - FIRST_PIPE];

/**
 * The outputs of a run: each encode goes through `tee` to all that it feeds.
 *
 * Every live target has its own `tee` behind its queue: it logs the address when it opens and when it fails, which the queue
 * does not. After its connection it writes the same bytes into a pipe, where they are counted. Before its connection there is
 * a gate: the queue waits after a connection that could not be made, but not after one that was made and cut at once, which
 * it would make again many times a second.
 *
 * A set with separate streams is written by its own muxer. Its time stamps begin at zero in each run: those that the muxer
 * names are not those of its segments otherwise (5.1).
 *
 * @param ownUrl - what ffmpeg is given in place of the address of a target
 */
export const liveOutputArgs = (
  plan: LivePlan,
  run: LiveRun,
  ownUrl: OwnUrl = (url) => url,
): readonly string[] =>
  plan.outputs.flatMap((output) =>
    output.recording?.set
      ? [
          ...streamsArgs(output.streams, true),
          ...dashArgs(
            output.recording.set.files,
            recordedPart(output.recording, run.part),
            `${run.prefix}-`,
          ),
        ]
      : teeArgs(plan, output, run, ownUrl),
  );

/** The filters before all outputs. */
export const liveGraphArgs = ({ outputs }: LivePlan): readonly string[] =>
  graphArgs(outputs.map(({ graphs }) => graphs));

const teeArgs = (
  plan: LivePlan,
  output: LiveOutput,
  run: LiveRun,
  ownUrl: OwnUrl,
): readonly string[] => [
  ...streamsArgs(output.streams, false),
  ...(output.videoTag === undefined ? [] : ["-tag:v", output.videoTag]),
  ...(output.isHeaded ? ["-flags", "+global_header"] : []),
  ...["-output_ts_offset", String(run.offsetSeconds), "-f", "tee"],
  ...["-use_fifo", "1", "-fifo_options", FIFO],
  slavesOf(output, run, countedUrls(plan), ownUrl).join("|"),
];

/** Checked addresses contain nothing that has a meaning in a list of outputs: bars, quotes, backslashes. */
function slavesOf(
  { streams, isHeaded: hasHeader, sent, recording }: LiveOutput,
  run: LiveRun,
  counted: readonly string[],
  ownUrl: OwnUrl,
): readonly string[] {
  // Only for encoded video; a copy has its parameter sets where its source has them.
  const isHeaded = hasHeader && streams.some((one) => one.kind === "video" && !isCopied(one));
  return [
    ...sent.map(({ url, live }) => {
      const at = counted.indexOf(url);
      const options = slaveOptions(live, isHeaded);
      return (
        `[f=tee:onfail=ignore]${gateFor(live, at)}[${options}]${ownUrl(url)}` +
        `\\|[${counterOptions(live, isHeaded)}]pipe:${FIRST_PIPE + at}`
      );
    }),
    ...(recording
      ? [`[${recorderOf(recording, run, isHeaded)}]${recordedPart(recording, run.part)}`]
      : []),
  ];
}

const numbered = (part: number): string => String(part).padStart(5, "0");

/** What a run adds to a recording, relative to the work folder: a file, or for a set the list of its segments or its manifest. */
export const recordedPart = ({ folder, segments, set }: LiveRecording, part: number): string => {
  const path = `${folder}/part-${numbered(part)}`;
  return set ? `${path}/${RUN_MANIFEST}` : `${path}.${segments ? "m3u8" : "mp4"}`;
};

const recorderOf = (recording: LiveRecording, run: LiveRun, isHeaded: boolean): string =>
  [
    "use_fifo=0:onfail=ignore",
    ...(recording.segments ? setOptions(recording, run, isHeaded) : fileOptions(recording)),
  ].join(":");

/** Its segments have the names under which they are published, and appear when they are complete. */
const setOptions = (
  { folder, segments, isAacCopied }: LiveRecording,
  { prefix }: LiveRun,
  isHeaded: boolean,
): readonly string[] => [
  `f=hls:hls_time=${SEGMENT_SECONDS}:hls_list_size=${LISTED_SEGMENTS}:hls_flags=temp_file`,
  `hls_segment_filename=${folder}/${prefix}-%05d.${segments === "fmp4" ? "m4s" : "ts"}`,
  ...(segments === "fmp4"
    ? [
        `hls_segment_type=fmp4:hls_fmp4_init_filename=${prefix}-init.mp4`,
        ...(isAacCopied ? ["bsfs/a=aac_adtstoasc"] : []),
      ]
    : formatOptions("mpegts", isHeaded)),
];

const fileOptions = ({ isAacCopied }: LiveRecording): readonly string[] => [
  "f=mp4",
  // It does so by default as well, but not for fragments.
  ...(isAacCopied ? ["bsfs/a=aac_adtstoasc"] : []),
  "movflags=+delay_moov+default_base_moof",
  `frag_duration=${FRAGMENT_US}:flush_packets=1`,
];

function slaveOptions({ format, protocols }: LiveProtocol, isHeaded: boolean): string {
  const [scheme] = protocols;
  return [
    `f=${format}`,
    "onfail=abort",
    ...formatOptions(format, isHeaded),
    ...(format === "rtsp" ? ["rtsp_transport=tcp"] : []),
    ...(scheme === "udp" ? ["pkt_size=1316"] : []),
    ...(format === "rtsp" || scheme === "udp" ? [] : [`rw_timeout=${TARGET_TIMEOUT_US}`]),
  ].join(":");
}

/**
 * A gate is a socket to which nobody connects: ffmpeg waits at it for a while, and then goes on without it. If its folder is
 * missing, there is nothing to wait for. A UDP target has no connection that could be cut.
 */
function gateFor({ format, protocols }: LiveProtocol, at: number): string {
  if (protocols[0] === "udp") return "";
  return `[f=${countedAs(format)}:onfail=ignore:listen=1:timeout=${GATE_MS}]unix:${gateOf(at)}/wait\\|`;
}

/** Written in blocks of 32 KiB, so that counting costs almost nothing; it never stops the stream. */
const counterOptions = ({ format: own }: LiveProtocol, isHeaded: boolean): string => {
  const format = countedAs(own);
  const options = ["onfail=ignore", ...formatOptions(format, isHeaded), "flush_packets=0"];
  return [`f=${format}`, ...options].join(":");
};

const formatOptions = (format: string, isHeaded: boolean): readonly string[] => [
  ...(format === "flv" ? ["flvflags=no_duration_filesize"] : []),
  ...(format === "mpegts" && isHeaded ? ["bsfs/v=dump_extra"] : []),
];

/** The outputs of a run that only watches: they store nothing, and no amount of damage ends the run. */
export const watchingArgs = ({ watched: { video, audio } }: LivePlan): readonly string[] => [
  ...(video === undefined ? [] : ["-map", video, "-c:v", "wrapped_avframe", ...NOWHERE]),
  ...(audio === undefined ? [] : ["-map", audio, "-c:a", "pcm_s16le", ...NOWHERE]),
];

const NOWHERE = ["-f", "null", "-"];
