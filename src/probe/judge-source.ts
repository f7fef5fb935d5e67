import * as v from "valibot";
import { type ErrorCode, TaskError } from "../task/errors.ts";
import type { MediaInfo, VideoStream } from "./media.ts";
import { parseProbe } from "./parse-probe.ts";

const INPUT_ERROR = -5;

/** The number of an error to which ffmpeg gives four letters, the lowest byte first. */
const tag = (letters: string): number =>
  -[...letters].reduce((sum, letter, at) => sum + letter.charCodeAt(0) * 2 ** (8 * at), 0);

/**
 * What ffprobe's error number says of a file: ffmpeg's AVERROR codes, which are negated errno values, or four letters.
 *
 * @see https://ffmpeg.org/doxygen/5.1/error_8h.html
 */
const PROBE_ERRORS: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map<
  number,
  readonly [ErrorCode, string]
>([
  [-2, ["source_missing", "it does not exist"]],
  [-13, ["source_missing", "it may not be read"]],
  [-20, ["source_missing", "a part of its path is no folder"]],
  [-21, ["source_missing", "it is a folder"]],
  [INPUT_ERROR, ["source_unreachable", "its disk or network does not deliver it"]],
  [-12, ["encoder_killed", "the memory allowed for it is used up"]],
  [-1, ["source_missing", "it may not be read"]],
  [-22, ["source_not_media", "its headers make no sense"]],
  [-33, ["source_not_media", "its headers make no sense"]],
  [-34, ["source_not_media", "its headers make no sense"]],
  [-75, ["source_not_media", "its headers make no sense"]],
  [tag("\xf8DEC"), ["input_not_supported", "no decoder for it is here"]],
  [tag("\xf8DEM"), ["input_not_supported", "its format is not known here"]],
  [tag("\xf8STR"), ["source_damaged", "it holds neither video nor audio"]],
  [tag("BUG!"), ["source_not_media", "its headers make no sense"]],
  [-1094995529, ["source_not_media", "it is empty, cut before its index, or no media file"]],
  [-1163346256, ["input_not_supported", "it uses a feature that ffmpeg does not know"]],
]);

/** Nothing could be read: a file holds no media, or a stream has ended or not begun. */
const END = tag("EOF ");

const errorSchema = v.object({ error: v.object({ code: v.number() }) });
const packetsSchema = v.object({
  packets: v.array(
    v.object({ side_data_list: v.optional(v.array(v.object({ side_data_type: v.string() })), []) }),
  ),
});

/** What ffprobe says of formats and protocols that are not allowed. From 7 on it refuses a playlist that is not named like one. */
const NOT_ALLOWED = /(?:Format|Protocol '[\w+.-]*') not on whitelist|Not detecting m3u8\/hls/;

const refuse = (code: ErrorCode, why: string): TaskError =>
  new TaskError(code, `Cannot read the source: ${why}`);

function isEncrypted(json: unknown): boolean {
  const parsed = v.safeParse(packetsSchema, json);
  const kinds = parsed.success ? parsed.output.packets.flatMap((p) => p.side_data_list) : [];
  return kinds.some(({ side_data_type }) => side_data_type === "Encryption info");
}

/** Why ffprobe failed, by its JSON and its stderr; undefined if it did not. */
function failureOf(json: unknown, stderr: string, unnamed: ErrorCode): TaskError | undefined {
  if (NOT_ALLOWED.test(stderr))
    return refuse(
      "input_not_supported",
      "it is no audio or video file that holds its media itself (a playlist, a text or a picture)",
    );
  if (isEncrypted(json)) return refuse("input_not_supported", "it is encrypted");
  const [, size] = /Picture size (\d+x\d+) (?:exceeds|is invalid)/.exec(stderr) ?? [];
  if (size) return refuse("picture_too_large", `its picture claims ${size} pixels`);
  const { output, success } = v.safeParse(errorSchema, json);
  if (!success) return undefined;
  const { code } = (output as v.InferOutput<typeof errorSchema>).error;
  // The demuxer calls a Matroska file that ends in its headers an input error, though the disk does deliver.
  if (code === INPUT_ERROR && /^Truncating packet of size/m.test(stderr))
    return refuse("source_not_media", "it ends in its headers");
  const otherwise =
    code === END ? "it ends where its media should begin" : `ffprobe gives the error ${code}`;
  const [cause, why] = PROBE_ERRORS.get(code) ?? [unnamed, otherwise];
  return refuse(cause, why);
}

/**
 * How much further than the file is long its video and its audio may begin from each other. Few headers tell less than that too
 * little; one broken time stamp is often days away, which would be made as days of black or silence.
 */
const APART_SECONDS_MAX = 600;

/**
 * Sense checks on a source that could be opened.
 *
 * @param pixelsMax - of one picture, width times height
 * @throws {TaskError} `source_damaged`, `picture_too_large`, `input_not_supported`
 */
export function judgeSource(
  { video, audio, durationSeconds }: Pick<MediaInfo, "video" | "audio" | "durationSeconds">,
  pixelsMax: number,
): void {
  if (!video && !audio) throw refuse("source_damaged", "it holds neither video nor audio");
  if (durationSeconds !== undefined && durationSeconds <= 0)
    throw refuse("source_damaged", "its duration is zero");
  // NaN where either is not known.
  const apart = Math.abs(Number(video?.startSeconds) - Number(audio?.startSeconds));
  if (apart > APART_SECONDS_MAX + (durationSeconds ?? 0))
    throw refuse(
      "source_damaged",
      `its time stamps are broken: its video and its audio begin ${Math.round(apart)} s apart`,
    );
  for (const stream of [video, audio])
    if (stream?.codec === "unknown")
      throw refuse("input_not_supported", `the codec of its stream ${stream.index} is unknown`);
  if (video?.isStill) throw refuse("input_not_supported", "it is a still picture");
  if (video) {
    const { width, height } = video;
    refuseSizeless(video);
    if (width * height > pixelsMax)
      throw refuse(
        "picture_too_large",
        `its picture of ${width}x${height} is above the limit of ${pixelsMax} pixels`,
      );
  }
}

function refuseSizeless({ width, height }: Pick<VideoStream, "width" | "height">): void {
  if (width <= 0 || height <= 0) throw refuse("source_damaged", "its picture has no size");
}

/**
 * Reads what a file holds that is read beside a source and is no film: a picture, a text.
 *
 * @param json - of `PROBE_ENTRIES`
 * @param stderr - what ffprobe wrote at log level `error`
 * @throws {TaskError} what ffprobe's failure stands for, or what `parseProbe` throws; `source_damaged`
 */
export function readFurther(json: unknown, stderr: string): MediaInfo {
  const failure = failureOf(json, stderr, "source_not_media");
  if (failure) throw failure;
  const media = parseProbe(json);
  if (media.streams.length === 0) throw refuse("source_damaged", "it holds nothing");
  if (media.video) refuseSizeless(media.video);
  return media;
}

/**
 * Reads and judges what a source holds: the only way from ffprobe's answer to a source that may be worked on.
 *
 * @param json - of `PROBE_ENTRIES`
 * @param stderr - what ffprobe wrote at log level `error`
 * @param pixelsMax - of one picture, width times height
 * @param unnamed - the code for error numbers that are not in the table: a file's bytes are blamed, or a stream's connection
 * @throws {TaskError} what ffprobe's failure stands for, or what `judgeSource` and `parseProbe` throw
 */
export function readSource(
  json: unknown,
  stderr: string,
  pixelsMax: number,
  unnamed: ErrorCode = "source_not_media",
): MediaInfo {
  const failure = failureOf(json, stderr, unnamed);
  if (failure) throw failure;
  const media = parseProbe(json);
  judgeSource(media, pixelsMax);
  return media;
}
