import { readIsoCrop } from "./bytes/iso-crop.ts";
import { readMatroskaCrop } from "./bytes/matroska-crop.ts";
import type { ReadAt, ToldCrop } from "./crop.ts";
import { demuxerOf } from "./formats.ts";
import type { MediaInfo, VideoStream } from "./media.ts";

type Reader = (read: ReadAt, index: number) => Promise<ToldCrop | undefined>;

/** The readers of containers that can crop, by demuxer. */
const READERS: Readonly<Record<string, Reader>> = { mov: readIsoCrop, matroska: readMatroskaCrop };

/** Filters do not crop to less. */
const SIDE_MIN = 2;

/** Whether the container of a source may crop its video in a way that is not known yet. */
export const mayBeCropped = ({ format, video }: MediaInfo): boolean =>
  video !== undefined && !video.isCropped && demuxerOf(format) in READERS;

/**
 * Adds what the container crops of the video, read from a few bytes of the file's header. For engines that do not know of it
 * themselves.
 */
export async function withContainerCrop(media: MediaInfo, read: ReadAt): Promise<MediaInfo> {
  const { format, video } = media;
  const told = video && (await READERS[demuxerOf(format)]?.(read, video.index));
  const cropped = told && croppedBy(video, told);
  return cropped ? { ...media, video: cropped } : media;
}

/** Applies a crop; undefined if it crops nothing or leaves nothing. */
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
