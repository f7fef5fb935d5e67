import { copyFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SubtitleTrack } from "../../plan/plan.ts";
import {
  namedSubtitles,
  type SetSubtitles,
  subtitlePlaylist,
} from "../../plan/verify/finished-subtitles.ts";

/** A track that lies among the segments of its set. */
export type PlacedSubtitles = SetSubtitles & { readonly bytes: number };

/**
 * Puts the subtitles of a set among its segments.
 *
 * @param folder - the work folder
 * @param seconds - how long the set lasts
 * @param hasPlaylists - whether it is told of by HLS
 */
export async function placeSubtitles(
  tracks: readonly SubtitleTrack[],
  folder: string,
  segments: string,
  { seconds, hasPlaylists }: { readonly seconds: number; readonly hasPlaylists: boolean },
): Promise<readonly PlacedSubtitles[]> {
  const placed: PlacedSubtitles[] = [];
  for (const [at, named] of namedSubtitles(tracks).entries()) {
    const path = join(segments, named.file);
    await copyFile(join(folder, tracks[at]?.file ?? ""), path);
    if (hasPlaylists)
      await writeFile(join(segments, named.playlist), subtitlePlaylist(named, seconds));
    placed.push({ ...named, bytes: (await stat(path)).size });
  }
  return placed;
}
