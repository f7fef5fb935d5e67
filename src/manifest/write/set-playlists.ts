const QUOTED_URI = /^(#EXT-X-(?:MAP|MEDIA):(?:.*,)?URI=")([^"]*)(".*)$/;

/** The file that a line names, with what stands before and after it; undefined if it names none. */
function named(line: string): { before: string; uri: string; after: string } | undefined {
  const quoted = QUOTED_URI.exec(line);
  if (quoted) return { before: quoted[1] ?? "", uri: quoted[2] ?? "", after: quoted[3] ?? "" };
  return line.trim() === "" || line.startsWith("#")
    ? undefined
    : { before: "", uri: line.trimEnd(), after: "" };
}

/**
 * The files that an HLS playlist names, as they are written in it, each once and in order: init segments and segments, or media
 * playlists.
 *
 * The addresses are not judged: a playlist of somebody else may name any.
 */
export function segmentsOf(text: string): readonly string[] {
  const uris = text.split(/\r?\n/).flatMap((line) => named(line)?.uri ?? []);
  return [...new Set(uris)];
}

/** Renames every file that a playlist names by `rename`; everything else stays. */
export function rewritePlaylist(text: string, rename: (segment: string) => string): string {
  return text
    .split("\n")
    .map((line) => {
      const file = named(line.replace(/\r$/, ""));
      return file ? `${file.before}${rename(file.uri)}${file.after}` : line;
    })
    .join("\n");
}

/**
 * Renames the templates of segments' names, and the files of subtitles, in a DASH manifest of ours by `rename`, which must keep `$…$`.
 */
export const rewriteManifest = (text: string, rename: (template: string) => string): string =>
  text
    .replace(
      /\b(initialization|media)="([^"]*)"/g,
      (_, attribute: string, template: string) => `${attribute}="${rename(template)}"`,
    )
    .replace(
      /<BaseURL>([^<]*)<\/BaseURL>/g,
      (_, file: string) => `<BaseURL>${rename(file)}</BaseURL>`,
    );

/** Renames the files of pictures in a WebVTT track by `rename`; the place in the file (`#xywh=`) stays. */
export const rewriteVideoTrack = (text: string, rename: (picture: string) => string): string =>
  text.replace(
    /^([^#\n]+)(#xywh=)/gm,
    (_, picture: string, rest: string) => rename(picture) + rest,
  );

/** How long a media playlist lasts: the sum of its segments. */
export const playlistSeconds = (text: string): number =>
  lengthsOf(text).reduce((sum, length) => sum + length, 0);

/** How long the segments of a media playlist last, in s, in their order. */
const lengthsOf = (text: string): readonly number[] =>
  [...text.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, length]) => Number(length));

/**
 * Sets the target duration of a media playlist to that of its longest segment, rounded as the standard says: ffmpeg's `hls` muxer rounds
 * 6.5 s to 6, and players may refuse longer segments than stated.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-4.3.3.1
 */
export function withTargetDuration(text: string): string {
  const longest = Math.round(lengthsOf(text).reduce((most, length) => Math.max(most, length), 1));
  return text.replace(/^#EXT-X-TARGETDURATION:\d+/m, `#EXT-X-TARGETDURATION:${longest}`);
}
