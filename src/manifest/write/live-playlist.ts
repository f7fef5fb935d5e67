/** A finished segment of a live set. */
export type ListedSegment = {
  /** Its bare name, which is the same wherever it lies. */
  readonly name: string;
  readonly seconds: number;
  /** The number of the run that made it; another run begins after a break. */
  readonly part: number;
  /** The bare name of the init segment of its run, if segments are fragments of mp4. */
  readonly init?: string;
};

/**
 * How many of the newest segments are named while a set is live: half an hour of segments of two seconds. A playlist of all would be sent
 * again with each of them. When the set has ended, all are named.
 */
export const WINDOW_SEGMENTS = 900;

/** What a playlist states: that more is to come, that nothing more is, or, finally, everything. */
export type Telling = "grows" | "ends" | "whole";

/** The types of playlists that name all segments: of a film that is still made, and of a whole one. */
const TYPES = { event: "EVENT", whole: "VOD" } as const;

/** The segments that a playlist of ffmpeg's `hls` muxer names, in their order. */
export function segmentsIn(text: string, part: number): readonly ListedSegment[] {
  let seconds = 0;
  let init: string | undefined;
  const segments: ListedSegment[] = [];
  for (const line of text.split("\n")) {
    const [, length] = /^#EXTINF:([\d.]+)/.exec(line) ?? [];
    if (length !== undefined) seconds = Number(length);
    init = /^#EXT-X-MAP:URI="([^"]+)"/.exec(line)?.[1] ?? init;
    if (line === "" || line.startsWith("#")) continue;
    segments.push({
      name: bare(line),
      seconds,
      part,
      ...(init !== undefined && { init: bare(init) }),
    });
  }
  return segments;
}

const bare = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/**
 * The playlist of a live set. When the set has ended, it names all segments, so that it can be played from the beginning.
 *
 * Sequence numbers identify segments, so that a player finds its place again when the window has moved. The playlist of all is for players
 * that come when all others have read that the stream ends: its first number may be lower than the last one published.
 *
 * @param segments - all from the first on
 * @param folder - the folder beside the playlist that they lie in; empty if they lie beside the playlist
 * @param firstNumber - the number of the first segment
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-6.2.2
 */
export function livePlaylist(
  segments: readonly ListedSegment[],
  folder: string,
  telling: Telling | "event",
  firstNumber = 0,
): string {
  const type = telling === "event" || telling === "whole" ? TYPES[telling] : undefined;
  const first = type ? 0 : Math.max(0, segments.length - WINDOW_SEGMENTS);
  const shown = segments.slice(first);
  const before = folder === "" ? "" : `${encodeURIComponent(folder)}/`;
  const uriOf = (name: string) => before + encodeURIComponent(name);
  const isBreak = (at: number) => at > 0 && segments[at]?.part !== segments[at - 1]?.part;
  const breaksBefore = segments.slice(0, first + 1).filter((_, at) => isBreak(at)).length;
  const lines = shown.flatMap(({ name, seconds, init, part }, index) => {
    const begins = index === 0 || shown[index - 1]?.part !== part;
    return [
      ...(isBreak(first + index) && index > 0 ? ["#EXT-X-DISCONTINUITY"] : []),
      ...(begins && init !== undefined ? [`#EXT-X-MAP:URI="${uriOf(init)}"`] : []),
      `#EXTINF:${seconds.toFixed(6)},`,
      uriOf(name),
    ];
  });
  const longest = segments.reduce((most, { seconds }) => Math.max(most, seconds), 1);
  return [
    "#EXTM3U",
    `#EXT-X-VERSION:${shown.some(({ init }) => init !== undefined) ? 7 : 3}`,
    `#EXT-X-TARGETDURATION:${Math.round(longest)}`,
    `#EXT-X-MEDIA-SEQUENCE:${firstNumber + first}`,
    ...(breaksBefore > 0 ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${breaksBefore}`] : []),
    ...(type ? [`#EXT-X-PLAYLIST-TYPE:${type}`] : []),
    ...(telling === "event" ? ["#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"] : []),
    ...lines,
    ...(telling === "grows" || telling === "event" ? [] : ["#EXT-X-ENDLIST"]),
    "",
  ].join("\n");
}
