/** How many bytes of its head show which picture a file is. */
export const PICTURE_HEAD_BYTES = 16;

const isAt = (head: Uint8Array, at: number, bytes: readonly number[] | string): boolean => {
  const wanted = typeof bytes === "string" ? [...bytes].map((one) => one.charCodeAt(0)) : bytes;
  return wanted.every((byte, index) => head[at + index] === byte);
};

/**
 * The demuxer of a picture, by its first bytes; undefined if it is none that is read here.
 *
 * ffmpeg itself would take a JPEG by the name of its file, and read that name as a pattern of names.
 */
export function pictureDemuxerOf(head: Uint8Array): string | undefined {
  if (isAt(head, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "png_pipe";
  if (isAt(head, 0, [0xff, 0xd8, 0xff])) return "jpeg_pipe";
  if (isAt(head, 0, "RIFF") && isAt(head, 8, "WEBP")) return "webp_pipe";
  return undefined;
}
