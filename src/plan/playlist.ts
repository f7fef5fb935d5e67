const MAP_URI = /^(#EXT-X-MAP:(?:.*,)?URI=")([^"]*)(".*)$/;

/** The file that a line names, with what stands before and after it; nothing where it names none. */
function named(line: string): { before: string; uri: string; after: string } | undefined {
  const map = MAP_URI.exec(line);
  if (map) return { before: map[1] ?? "", uri: map[2] ?? "", after: map[3] ?? "" };
  return line.trim() === "" || line.startsWith("#")
    ? undefined
    : { before: "", uri: line.trimEnd(), after: "" };
}

/**
 * The files that an HLS media playlist names, as written in it, each once, in order: initialisation section and segments.
 *
 * They are not judged: a stranger's playlist may name any address.
 */
export function segmentsOf(text: string): readonly string[] {
  const uris = text.split(/\r?\n/).flatMap((line) => named(line)?.uri ?? []);
  return [...new Set(uris)];
}

/** The playlist with every file it names called as `rename` says; all else stays. */
export function rewritePlaylist(text: string, rename: (segment: string) => string): string {
  return text
    .split("\n")
    .map((line) => {
      const file = named(line.replace(/\r$/, ""));
      return file ? `${file.before}${rename(file.uri)}${file.after}` : line;
    })
    .join("\n");
}
