import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { factsOf } from "../../profile/containers.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import { isSoughtByPacket } from "../decide/seeking.ts";
import { type Filter, formatSeconds } from "../encode/filters.ts";
import { markedChains } from "../encode/overlay/marked-chains.ts";
import { inOrder } from "../encode/video-filters.ts";
import { type FurtherFile, furtherArgs } from "../further.ts";
import { slowInput } from "./input.ts";
import { graphArgs, streamsArgs } from "./streams.ts";
import { steadyInput } from "./turn.ts";
import { encodedVideo } from "./video.ts";

/** The moment if none is asked for, as a part of the film: after what films fade in from, before what they end with. */
const MOMENT_PART = 0.1;

/** What its graph calls the picture. */
const LABEL = "picture";

/** The moment of the source that a picture of it shows: the start of the clip, or a tenth into the film. */
function momentOf(media: MediaInfo, clip: Clip | undefined): number {
  if (clip) return clip.startSeconds;
  return (media.video?.durationSeconds ?? media.durationSeconds ?? 0) * MOMENT_PART;
}

/** How much later the source's time is than that of the pictures in the run of `posterArgs`. */
export const posterAheadSeconds = (media: MediaInfo, clip: Clip | undefined): number =>
  isSoughtByPacket(media) ? 0 : momentOf(media, clip);

/**
 * How a moment of a source is read, and the filters that take its picture.
 *
 * It decodes from the key frame before the moment on, and takes the first frame at or after the moment. If the last frame
 * comes before the moment, as in a film of stills, that one is taken.
 */
export function momentArgs(
  media: MediaInfo,
  moment: number,
): { readonly input: readonly string[]; readonly filters: readonly Filter[] } {
  const isRead = isSoughtByPacket(media);
  const at = formatSeconds(moment);
  const seek = isRead || moment === 0 ? [] : ["-noaccurate_seek", "-ss", at];
  // After a seek, the moment is at time zero.
  const wanted = isRead ? at : "0";
  const rest = Math.max(0, (media.durationSeconds ?? 0) - moment) + 1;
  const stays: Filter = {
    name: "tpad",
    options: { stop_mode: "clone", stop_duration: formatSeconds(rest) },
  };
  const first: Filter = { name: "select", values: [`gte(t,${wanted})`] };
  return {
    input: [
      ...["-f", demuxerOf(media.format), ...seek],
      ...[...steadyInput(media), ...slowInput(media), "-i", "input"],
    ],
    filters: [stays, first],
  };
}

/** The arguments of a run that makes one picture and nothing else. */
export function posterArgs(
  { product, video: encoding }: OutputDecision,
  media: MediaInfo,
  clip: Clip | undefined,
  further: readonly FurtherFile[] = [],
): readonly string[] {
  const { video } = media;
  if (!video || !encoding) return [];
  const moment = momentArgs(media, momentOf(media, clip));
  const filters = [...moment.filters, ...inOrder({ ...encoding.filters, rate: [] })];
  const { muxer = product.container } = factsOf(product.container);
  const map = `0:${video.index}`;
  const { mark } = encoding;
  const graph = markedChains(mark, { from: [map], filters, to: LABEL });
  const drawn = mark ? { map: `[${LABEL}]`, filters: [] } : { filters };
  const stream = { ...encodedVideo(encoding, map), ...drawn };
  return [
    ...moment.input,
    ...(mark ? [...furtherArgs(further), ...graphArgs([{ video: graph, audio: [] }])] : []),
    ...streamsArgs([stream], false),
    ...["-frames:v", "1", ...(muxer === "image2" ? ["-update", "1"] : [])],
    ...["-f", muxer, product.entry],
  ];
}
