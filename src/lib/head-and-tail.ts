// Causes stand at the beginning or at the end of ffmpeg's complaints; a damaged file makes megabytes in between.
const STDERR_PART_CHARS_MAX = 32_768;

/** Keeps the beginning and the end of a text that may be long. */
export function keepHeadAndTail() {
  let head = "";
  let tail = "";
  return {
    push(chunk: string): void {
      const room = STDERR_PART_CHARS_MAX - head.length;
      head += chunk.slice(0, room);
      tail = (tail + chunk.slice(room)).slice(-STDERR_PART_CHARS_MAX);
    },
    text: (): string => head + tail,
  };
}
