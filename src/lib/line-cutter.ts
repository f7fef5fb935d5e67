/** Cuts a text that comes in chunks, cut anywhere, into lines; what follows the last line break waits for more. */
export function createLineCutter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
