import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo } from "../probe/media.ts";
import { TaskError } from "../task/errors.ts";
import { languageArgs, NOTHING_ELSE } from "./args/streams.ts";
import type { Step } from "./plan.ts";
import type { Part } from "./sliced.ts";

/** A file joined from the segments of one track: its name relative to the work folder, and what it holds. */
export type TrackFile = { readonly name: string; readonly media: MediaInfo };

const stepOf = (part: Part): Step => ({ name: "copy", share: 0, ...part });

/**
 * Puts the video and the audio of a stretch of time into one file, by stream copy. A single track becomes a file with an
 * index. The demuxers are pinned, so that ffmpeg takes no file of a source for a playlist.
 *
 * @throws {TaskError} `input_not_supported` if that would lose what the container crops
 */
export function joinTracks(main: TrackFile, audio: TrackFile | undefined, name: string): Step {
  const { video, audio: own } = main.media;
  const sound = audio?.media.audio;
  if (video?.crop)
    throw new TaskError(
      "input_not_supported",
      "Cannot read the source: the parts of its manifest are cropped, which this ffmpeg does not keep",
    );
  return stepOf({
    args: [
      ...inputOf(main),
      ...(audio ? ["-protocol_whitelist", "file", ...shiftOf(main, audio), ...inputOf(audio)] : []),
      ...(video ? ["-map", `0:${video.index}`] : []),
      ...(sound ? ["-map", `1:${sound.index}`] : own ? ["-map", `0:${own.index}`] : []),
      ...[...NOTHING_ELSE, ...languageArgs(sound ?? own), "-c", "copy", "-f", "mp4", name],
    ],
    writes: [name],
  });
}

const inputOf = ({ name, media }: TrackFile): readonly string[] => [
  ...["-f", demuxerOf(media.format), "-i", name],
];

/**
 * The distance between the starts of two inputs, which ffmpeg would both begin at zero. It is kept only if both have the
 * same format, and therefore the same clock.
 */
function shiftOf({ media: main }: TrackFile, { media: audio }: TrackFile): readonly string[] {
  const isOneClock = main.format === audio.format;
  const seconds = (audio.startSeconds ?? 0) - (main.startSeconds ?? 0);
  return isOneClock && seconds !== 0 ? ["-itsoffset", seconds.toFixed(6)] : [];
}

/** A step, and what has to be in the list that it reads. */
type Joining = { readonly step: Step; readonly text: string };

/**
 * Joins stretches of time one after the other, by stream copy.
 *
 * @param list - the name of the text file that the step reads
 * @throws {TaskError} `input_not_supported` if they do not hold the same streams
 */
export function joinSpans(spans: readonly TrackFile[], list: string, name: string): Joining {
  const [first] = spans;
  if (spans.some(({ media }) => kindOf(media) !== kindOf(first?.media)))
    throw new TaskError(
      "input_not_supported",
      "Cannot read the source: the parts of its manifest differ in codec or size",
    );
  const names = spans.map((span) => span.name);
  return joinFiles(names, list, name, [...NOTHING_ELSE, ...languageArgs(first?.media.audio)]);
}

/**
 * Joins the parts of a recording one after the other, by stream copy.
 *
 * @param list - as of `joinSpans`
 */
export const joinParts = (parts: readonly string[], list: string, name: string): Joining =>
  joinFiles(parts, list, name);

function joinFiles(
  files: readonly string[],
  list: string,
  name: string,
  options: readonly string[] = [],
): Joining {
  const text = ["ffconcat version 1.0", ...files.map((file) => `file ${file}`), ""].join("\n");
  const args = [
    ...["-f", "concat", "-i", list, "-map", "0"],
    ...[...options, "-c", "copy", "-f", "mp4", name],
  ];
  return { step: stepOf({ args, writes: [name] }), text };
}

const kindOf = ({ video, audio }: Pick<MediaInfo, "video" | "audio"> = {}): string =>
  [
    video?.codec,
    video?.width,
    video?.height,
    audio?.codec,
    audio?.channels,
    audio?.samplerateHz,
  ].join();
