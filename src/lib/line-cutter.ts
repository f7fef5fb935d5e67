/** Far more than any line of an answer has. */
const LINE_CHARS_MAX = 65_536;

/**
 * Cuts a text that comes in chunks, cut anywhere, into lines; what follows the last line break waits for more.
 *
 * @param charsMax - of a longer line only the beginning is kept
 */
export function createLineCutter(
  onLine: (line: string) => void,
  charsMax = LINE_CHARS_MAX,
): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = (lines.pop() ?? "").slice(0, charsMax);
    for (const line of lines) onLine(line.slice(0, charsMax));
  };
}
