import { readIsoCrop } from "./bytes/iso-crop.ts";
import { readMatroskaCrop } from "./bytes/matroska-crop.ts";
import type { ReadAt, ToldCrop } from "./crop.ts";
import { demuxerOf } from "./formats.ts";
import type { MediaInfo, VideoStream } from "./media.ts";

type Reader = (read: ReadAt, index: number) => Promise<ToldCrop | undefined>;

/** By demuxer: the containers that can crop. */
const READERS: Readonly<Record<string, Reader>> = { mov: readIsoCrop, matroska: readMatroskaCrop };

/** No filter crops to less. */
const SIDE_MIN = 2;

/** Whether a source's container can crop its picture. */
export const mayBeCropped = ({ format, video }: MediaInfo): boolean =>
  video !== undefined && !video.isCropped && demuxerOf(format) in READERS;

/**
 * Media with what its container cuts off at the sides of its picture, read from the file: a few bytes of its header. For engines that
 * do not know of it themselves.
 */
export async function withContainerCrop(media: MediaInfo, read: ReadAt): Promise<MediaInfo> {
  const { format, video } = media;
  const told = video && (await READERS[demuxerOf(format)]?.(read, video.index));
  const cropped = told && croppedBy(video, told);
  return cropped ? { ...media, video: cropped } : media;
}

/** A crop that leaves nothing is none. */
function croppedBy(video: VideoStream, { crop, widened }: ToldCrop): VideoStream | undefined {
  const [across, down] = [crop.left + crop.right, crop.top + crop.bottom];
  const [width, height] = [video.width - across, video.height - down];
  if (across + down === 0 || width < SIDE_MIN || height < SIDE_MIN) return undefined;
  const { num, den } = video.sampleAspect;
  const sampleAspect = widened
    ? { num: num * widened.num, den: den * widened.den }
    : video.sampleAspect;
  return { ...video, width, height, sampleAspect, isCropped: true, crop };
}
