/** Far more than any line that is read here has. */
const LINE_CHARS_MAX = 65_536;

/**
 * Cuts a text that comes in chunks, cut anywhere, into lines; what follows the last line break waits for more. Of a longer line
 * than `LINE_CHARS_MAX` only its beginning is kept.
 */
export function createLineCutter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_CHARS_MAX);
    for (const line of lines) onLine(line.slice(0, LINE_CHARS_MAX));
  };
}
