import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { factsOf } from "../../profile/containers.ts";
import type { ContactSheet } from "../../profile/fields/contact-sheet.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import { ahead } from "../args/drawn/drawn-outputs.ts";
import { slowInput } from "../args/input.ts";
import { momentArgs, posterAheadSeconds, posterArgs } from "../args/poster.ts";
import { streamsArgs } from "../args/streams.ts";
import { steadyInput } from "../args/turn.ts";
import { encodedVideo } from "../args/video.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import { isSoughtByPacket } from "../decide/seeking.ts";
import { clippedSeconds } from "../decide/spans.ts";
import { type Filter, formatSeconds } from "../encode/filters.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { inOrder } from "../encode/video-filters.ts";
import type { FurtherFile } from "../further.ts";
import type { Step } from "../plan.ts";
import { waveformArgs } from "./waveform.ts";

/** The runs that make a picture, without what is known of all runs. */
type PictureStep = Pick<Step, "name" | "args" | "writes">;

/** What pictures are made from. */
type Input = {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  readonly further?: readonly FurtherFile[];
};

/** If pictures of a sheet are further apart, each is sought by a run of its own; otherwise the film is decoded once, which takes less. */
const SOUGHT_APART_SECONDS = 10;

/** The runs that make one picture: one for a moment of a film, or those of a sheet. */
export function pictureSteps(
  decision: OutputDecision,
  { media, clip, further }: Input,
): readonly PictureStep[] {
  const { product, video } = decision;
  if (video?.contactSheet) return sheetSteps(decision, video, video.contactSheet, media, clip);
  if (video?.waveform) {
    const args = waveformArgs(decision, video, video.waveform, media, clip);
    return [{ name: "encode", args, writes: [product.entry] }];
  }
  const own = ahead(decision, posterAheadSeconds(media, clip));
  const args = posterArgs(own, media, clip, further);
  return [{ name: "encode", args, writes: [product.entry] }];
}

function sheetSteps(
  { product, folder }: OutputDecision,
  encoding: VideoEncoding,
  sheet: ContactSheet,
  media: MediaInfo,
  clip: Clip | undefined,
): readonly PictureStep[] {
  const { start, seconds, count } = momentsOf(sheet, media, clip);
  const apart = seconds / count;
  const { format } = encoding.filters;
  const filters = { ...encoding.filters, rate: [], format: [] };
  const lay: Filter = { name: "tile", values: [`${sheet.columns}x${sheet.rows}`] };
  const { muxer = product.container } = factsOf(product.container);
  const end = [
    ...["-frames:v", "1", ...(muxer === "image2" ? ["-update", "1"] : [])],
    ...["-f", muxer, product.entry],
  ];
  const whole = (map: string, before: readonly Filter[]): readonly string[] => [
    ...streamsArgs(
      [{ ...encodedVideo(encoding, map), filters: [...before, lay, ...format] }],
      false,
    ),
    ...end,
  ];
  const map = `0:${media.video?.index ?? 0}`;
  if (isSoughtByPacket(media) || apart <= SOUGHT_APART_SECONDS) {
    const isRead = isSoughtByPacket(media);
    const seek = isRead || start === 0 ? [] : ["-ss", formatSeconds(start)];
    // After a seek, the beginning of the clip is at time zero.
    const at = formatSeconds((isRead ? start : 0) + apart / 2);
    // What stands at each moment, however long it has; what looks at pictures beside each other comes before.
    const options = { start_time: at, round: "up" };
    const pick: Filter = { name: "fps", values: [`1/${formatSeconds(apart)}`], options };
    const each = inOrder({ ...filters, denoise: [...filters.denoise, pick] });
    // The last picture may stand for long.
    const stays: Filter = {
      name: "tpad",
      options: { stop_mode: "clone", stop_duration: formatSeconds(seconds + 1) },
    };
    const input = [...steadyInput(media), ...slowInput(media), "-i", "input"];
    const args = [
      "-f",
      demuxerOf(media.format),
      ...seek,
      ...input,
      ...whole(map, [stays, ...each]),
    ];
    return [{ name: "encode", args, writes: [product.entry] }];
  }
  const files = Array.from({ length: count }, (_, at) => `${folder}/still-${at}.png`);
  const stills = files.map((file, at): PictureStep => {
    const { input, filters: first } = momentArgs(media, start + apart * (at + 0.5));
    const own = [...first, ...inOrder(filters), { name: "format", values: ["rgb24"] } as const];
    const stream = { kind: "video", map, codec: "png", filters: own } as const;
    const args = [
      ...[...input, ...streamsArgs([stream], false)],
      ...["-frames:v", "1", "-update", "1", "-f", "image2", file],
    ];
    return { name: "first pass", args, writes: [file] };
  });
  // The guards of sources stand before the first input, so that the stills are the second.
  const read = [
    ...["-f", demuxerOf(media.format), "-i", "input"],
    ...["-f", "image2", "-start_number", "0", "-i", `${folder}/still-%d.png`],
  ];
  return [
    ...stills,
    { name: "encode", args: [...read, ...whole("1:0", [])], writes: [product.entry] },
  ];
}

/** When the pictures of a sheet are: in the middle of as many parts of the film. @throws {TaskError} `output_not_supported` */
function momentsOf({ columns, rows }: ContactSheet, media: MediaInfo, clip: Clip | undefined) {
  const own = media.video?.durationSeconds ?? media.durationSeconds;
  const seconds = clip ? clippedSeconds(own, clip) : own;
  if (seconds === undefined)
    throw new TaskError(
      "output_not_supported",
      "Cannot make the contact sheet: it is not known how long the source is; a clip with a duration says it",
    );
  return { start: clip?.startSeconds ?? 0, seconds, count: columns * rows };
}
