import * as v from "valibot";
import { known, text } from "./ffprobe-values.ts";
import type { VideoStream } from "./media.ts";
import { isMirrored, lightOf, matrixTurn, SIDE_DATA_ENTRIES, sideDataSchema } from "./side-data.ts";

/** Transfers of a high dynamic range: PQ and HLG. */
export const HDR_TRANSFERS: readonly string[] = ["smpte2084", "arib-std-b67"];
/** PQ, whose films say for which displays they are made: often the frames alone do. */
const PQ = "smpte2084";

const frameSchema = v.object({
  frames: v.array(
    v.object({
      color_transfer: text,
      color_primaries: text,
      color_space: text,
      color_range: text,
      side_data_list: sideDataSchema,
    }),
  ),
});

/** Whether a picture has more than 8 bits. */
export const isDeep = ({ pixelFormat }: Pick<VideoStream, "pixelFormat">): boolean =>
  /(?:9|1[0-6])[lb]e$/.test(pixelFormat ?? "");

/**
 * Whether the frames of a stream may say something else than its header; what they say is what is decoded, shown and encoded. This
 * holds for deep or wide colours if the header does not mention HDR (Matroska's `Colour` may be incomplete, and ffmpeg from 8 on then
 * takes nothing from the frames) or mentions PQ and no display, and for JPEGs, each of which may state how it is turned.
 */
export function mayDiffer(video: VideoStream): boolean {
  const { codec, color, light } = video;
  if (codec === "mjpeg") return true;
  if (HDR_TRANSFERS.includes(color.transfer ?? "")) return color.transfer === PQ && !light;
  return isDeep(video) || [color.primaries, color.space].some((name) => name?.startsWith("bt2020"));
}

/** The arguments that ask ffprobe for the first frame of a stream, for `withFirstFrame`. */
export const firstFrameArgs = (index: number): readonly string[] => [
  // If frames refer to later ones, the decoder needs some packets before it returns the first one.
  ...["-select_streams", String(index), "-read_intervals", "%+#8"],
  "-show_entries",
  `frame=color_transfer,color_primaries,color_space,color_range:frame_side_data=${SIDE_DATA_ENTRIES}`,
  ...["-print_format", "json"],
];

/** A stream with what its first frame says; unchanged if there is no frame. */
export function withFirstFrame(video: VideoStream, json: unknown): VideoStream {
  const parsed = v.safeParse(frameSchema, json);
  const frames = parsed.success ? parsed.output.frames : [];
  const [frame] = frames;
  if (!frame) return video;
  const data = frame.side_data_list;
  const told = matrixTurn(data);
  const rotation = told ?? video.rotation;
  const isOther = rotation !== video.rotation || isMirrored(data) !== (video.isMirrored ?? false);
  const isTurned = told !== undefined && isOther;
  const isSteady = frames.every((one) => matrixTurn(one.side_data_list) !== undefined);
  return {
    ...video,
    // If the header has a matrix, ffmpeg hands it to every frame.
    rotation,
    ...(isTurned && { isTurnedByFrames: true, ...(!isSteady && { isTurnedAtTimes: true }) }),
    ...(isMirrored(data) && { isMirrored: true }),
    ...lightOf(data),
    color: {
      ...video.color,
      ...known({
        transfer: frame.color_transfer,
        primaries: frame.color_primaries,
        space: frame.color_space,
        range: frame.color_range,
      }),
    },
  };
}
