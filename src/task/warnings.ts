/**
 * Kinds of warnings of a task: what was found or chosen that its caller may not expect. They are part of the API: a code keeps
 * its meaning, and callers must accept codes that they do not know.
 */
export const WARNING_CODES = [
  /** A target's name ends in the extension of another container. */
  "target_name",
  /** An edit list hides a part of the source: so a copy became an encode, or keeps what decoding needs of that part. */
  "hidden_media",
  /** The source's header is wrong about its length; what the source really holds was transcoded. */
  "source_duration",
  /** A small part of the source is missing or could not be decoded; the rest was transcoded. */
  "source_damage",
  /** The source has several streams, and not the marked or first one was taken, or two were taken as one. */
  "stream_chosen",
  /** A sound that `audio_tracks` names is not in the source, or cannot be used; the others were taken. */
  "audio_track_missing",
  /** A sound could not be brought to the loudness that was asked for. */
  "loudness_missed",
  /** Captions in the source's video are left out, as they would not come out whole. */
  "captions_dropped",
  /** Subtitles that were asked for are left out: the source lacks them, or they are no text; or there are no captions to make texts of. */
  "subtitles_missing",
  /** A file of subtitles is no Unicode, and was read as was usual in its language: its characters may be wrong. */
  "charset_guessed",
  /** The output came out larger than the source, whose picture was copied in its place, as asked. */
  "source_kept",
  /** The output is larger than the source, whose picture could not be copied in its place as asked. */
  "output_larger",
  /** The quality of an output could not be measured. */
  "quality_unmeasured",
  /** The quality of an output is below its target, although it was encoded twice or as well as can be. */
  "quality_missed",
  /** The title of the task is left out of an output whose container has none. */
  "title_dropped",
  /** The hardware encoder failed in a run, which was made once more in software. */
  "hardware_failed",
  /** Only of a live task: nobody publishes its source yet; it is waited for. Gone once the source has come. */
  "source_awaited",
  /** Only of a plan: parts of the source were read for it, not all. */
  "source_sampled",
] as const;

/** One of `WARNING_CODES`. */
export type WarningCode = (typeof WARNING_CODES)[number];

/** A warning about a task that goes on. `message` is one plain English sentence without secrets. */
export type Warning = { readonly code: WarningCode; readonly message: string };

/** The limit for one task: a warning about one stream stands for all streams like it. */
const WARNINGS_MAX = 32;

/** Warnings and further ones behind them, each once. */
export function addWarnings(
  known: readonly Warning[],
  more: readonly Warning[],
): readonly Warning[] {
  const all = [...known];
  for (const { code, message } of more)
    if (!all.some((one) => one.code === code && one.message === message))
      all.push({ code, message });
  return all.slice(0, WARNINGS_MAX);
}
