/**
 * How much less than a segment's length ffmpeg is given, so that a rounded time does not miss the key frame that ends the
 * segment.
 */
const SEGMENT_MARGIN_SECONDS = 0.005;

/** How a set is written: how long its segments are, and which of its streams a player switches between. */
export type SetFiles = { readonly segmentSeconds: number; readonly adaptationSets: string };

/**
 * The options that write a set's streams, ending with the manifest; all files lie beside it.
 *
 * @param prefix - what the names of segments begin with
 */
export const dashArgs = (
  { segmentSeconds, adaptationSets: sets }: SetFiles,
  manifest: string,
  prefix = "",
): readonly string[] => [
  ...["-f", "dash", "-dash_segment_type", "mp4", "-hls_playlist", "1"],
  ...["-seg_duration", (segmentSeconds - SEGMENT_MARGIN_SECONDS).toFixed(6)],
  ...["-use_template", "1", "-use_timeline", "1", "-adaptation_sets", sets],
  ...["-init_seg_name", `${prefix}init-$RepresentationID$.mp4`],
  ...["-media_seg_name", `${prefix}chunk-$RepresentationID$-$Number%05d$.m4s`, manifest],
];
