import type {
  AudioStream,
  FileMetadata,
  MediaInfo,
  PacketFacts,
  VideoStream,
} from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Warning } from "../../task/warnings.ts";
import type { Expectation } from "../plan.ts";
import { judgeColour } from "./verify-colour.ts";
import { judgeCopies } from "./verify-copy.ts";
import { judgeLength } from "./verify-length.ts";
import { WrongOutput } from "./wrong-output.ts";

/**
 * Judges a finished output by its probe: exit code 0 proves nothing.
 *
 * It checks first that there is anything, then that it is what was planned, then that it is all of it: by the source's
 * header or, if that disagrees (`needsPackets`), by its packets.
 *
 * @param output - the probed output; with packets if a stream of it is a copy
 * @param source - the probed source; with packets if a stream of it was copied
 * @returns warnings about an output that may be delivered all the same
 * @throws {TaskError} `source_damaged` if bytes of the source are missing or gave less than they hold,
 *   `invalid_parameter` if a clip holds nothing of a stream, `output_wrong` if the output is not what was planned or a
 *   copy lost something, `output_not_supported` if the source has no time stamps to copy
 */
export function judgeOutput(
  expect: Expectation,
  output: MediaInfo,
  source: MediaInfo,
): readonly Warning[] {
  judgeStream("video", expect, output.video, source);
  judgeStream("audio", expect, output.audio, source);
  if (expect.video && output.video) judgeVideo(expect.video, output.video, source.video);
  judgeMetadata(expect.metadata, output);
  // A cut last packet may become other packets in the copy, so missing bytes are judged first.
  if (source.isCut) judgeLength(expect, output, source);
  judgeCopies(expect, output, source);
  return judgeLength(expect, output, source);
}

/**
 * Judges what a finished file says of itself by what was planned: its title, its chapters, and that it does not say where it was made.
 *
 * @throws {TaskError} `output_wrong`
 */
export function judgeMetadata(
  metadata: FileMetadata | undefined,
  { tags = {}, chapters = [] }: Pick<MediaInfo, "tags" | "chapters">,
): void {
  const { tags: wanted, chapters: count } = metadata ?? { tags: {}, chapters: 0 };
  if (wanted.title !== undefined && tags.title !== wanted.title)
    throw new WrongOutput(`its title is ${JSON.stringify(tags.title ?? "")}`);
  // Containers may write a chapter of no length at the border of a clip.
  if (chapters.length < count)
    throw new WrongOutput(`it has ${chapters.length} chapters, not ${count}`);
  if (count === 0 && chapters.length > 0)
    throw new WrongOutput("it has chapters, which were not asked for");
  if (tags.location !== undefined && wanted.location === undefined)
    throw new WrongOutput("it says where it was made, which was not asked for");
}

/** A picture without a size is one of a stream without a packet, in containers whose headers tell no size. */
const isEmpty = (stream: VideoStream | AudioStream): boolean =>
  ("frames" in stream && stream.frames === 0) ||
  ("width" in stream && stream.width === 0) ||
  stream.packets?.count === 0;

/** Whether a stream can be shown: pictures need a key frame to begin at. */
const isShowable = (packets: PacketFacts | undefined): boolean =>
  packets !== undefined && (packets.shown === undefined || packets.firstKey !== undefined);

function judgeStream(
  kind: "video" | "audio",
  { clip, [kind]: expect }: Expectation,
  stream: VideoStream | AudioStream | undefined,
  { [kind]: own }: MediaInfo,
): void {
  if (!expect) {
    if (stream) throw new WrongOutput(`it has ${kind}, which was not asked for`);
    return;
  }
  if (!stream || isEmpty(stream)) {
    if (expect.sameAsSource && isShowable(own?.packets))
      throw new WrongOutput(`the ${kind} was not copied`, kind);
    if (expect.sameAsSource) throw damaged(`nothing of its ${kind} can be shown`);
    // If the source says how long the stream lasts, the plan has made sure that the clip holds some of it.
    if (clip && expect.durationSeconds === undefined)
      throw new TaskError(
        "invalid_parameter",
        `Cannot cut the clip: nothing of the source's ${kind} lies in it`,
      );
    throw damaged(`nothing of its ${kind} can be decoded`);
  }
  if (stream.codec !== expect.codec && !("alias" in expect && stream.codec === expect.alias))
    throw new WrongOutput(`its ${kind} is ${stream.codec}, not ${expect.codec}`, kind);
}

function judgeVideo(
  { width, height, isCopy, colour }: NonNullable<Expectation["video"]>,
  video: VideoStream,
  source: VideoStream | undefined,
): void {
  const isTurned = video.width === height && video.height === width && width !== height;
  // ffmpeg turns decoded frames by what they say themselves (an SEI message of H.264 or HEVC), which the probe sees only
  // near the beginning.
  if (isTurned && !isCopy && !source?.isTurnedByFrames)
    throw new TaskError(
      "input_not_supported",
      "Cannot convert the source's picture: its frames say that they are turned, and its header does not",
    );
  if ((width ?? video.width) !== video.width || (height ?? video.height) !== video.height)
    throw new WrongOutput(
      `its picture is ${video.width}x${video.height}, not ${width}x${height}`,
      "video",
    );
  const turn = isCopy ? (source?.rotation ?? 0) : 0;
  // In an output, what frames say themselves is seen only of JPEGs.
  const isTold = !(isCopy && source?.isTurnedByFrames && video.rotation === 0);
  if (video.rotation !== turn && isTold)
    throw new WrongOutput(
      `its picture is turned by ${video.rotation} degrees, not by ${turn}`,
      "video",
    );
  if (colour) judgeColour(colour, video);
}

const damaged = (why: string): TaskError =>
  new TaskError("source_damaged", `Cannot use the source: ${why}`);
