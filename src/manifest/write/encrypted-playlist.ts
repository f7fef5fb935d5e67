import { segmentsOf } from "./set-playlists.ts";

/** A segment to be encrypted: which key it gets, counted from 0, and the number that its initialization vector is. */
export type EncryptedSegment = {
  readonly name: string;
  readonly key: number;
  readonly sequence: number;
};

/**
 * A media playlist of ours whose segments are encrypted whole (AES-128), and what has to be done to them. The initialization vector of
 * a segment is its media sequence number, so the playlist names keys alone. The init segment stays as it is.
 *
 * @param rotateSegments - how many segments have one key; undefined for all
 * @param urlOf - the address of a key
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-5.2
 */
export function encryptedPlaylist(
  text: string,
  rotateSegments: number | undefined,
  urlOf: (key: number) => string,
): { readonly text: string; readonly segments: readonly EncryptedSegment[] } {
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0);
  const segments: EncryptedSegment[] = [];
  const lines = text.split("\n").flatMap((line) => {
    if (!line.startsWith("#EXTINF:")) return line;
    const at = segments.length;
    const key = rotateSegments === undefined ? 0 : Math.floor(at / rotateSegments);
    const isNew = key !== segments.at(-1)?.key;
    segments.push({ name: "", key, sequence: first + at });
    return isNew ? [`#EXT-X-KEY:METHOD=AES-128,URI="${urlOf(key)}"`, line] : line;
  });
  const inits = [...text.matchAll(/^#EXT-X-MAP:.*URI="([^"]*)"/gm)].map(([, uri]) => uri);
  const names = segmentsOf(text).filter((name) => !inits.includes(name));
  return {
    text: lines.join("\n"),
    segments: segments.map((segment, at) => ({ ...segment, name: names[at] ?? "" })),
  };
}
