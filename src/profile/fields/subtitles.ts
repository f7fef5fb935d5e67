/**
 * Which tracks of a kind are taken: all, or those of some languages and places. A place counts the source's tracks of that kind, from
 * 0 on.
 */
export type TrackChoice = "all" | readonly (string | number)[];

/** What a parameter group says of subtitles, as the API writes it. */
export type SubtitleFields = {
  readonly subtitle_tracks?: TrackChoice | undefined;
};

/** What a rendition takes over of a source's subtitles. */
export type SubtitleChoice = {
  readonly tracks: TrackChoice;
};

/** Reads the fields on subtitles of a group; nothing if it has none of them. */
export const subtitlesOf = ({
  subtitle_tracks: tracks,
}: SubtitleFields): { readonly subtitles?: SubtitleChoice } =>
  tracks === undefined ? {} : { subtitles: { tracks } };

/** Writes them as the fields of an answer. */
export const subtitleFields = (choice: SubtitleChoice | undefined): SubtitleFields =>
  choice ? { subtitle_tracks: choice.tracks } : {};
