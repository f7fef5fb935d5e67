/**
 * Kinds of warnings of a task: what was found or chosen that its caller may not expect. Part of the API: a code keeps its
 * meaning, and callers must take codes that they do not know.
 */
export const WARNING_CODES = [
  /** A target's name ends in the extension of another container. */
  "target_name",
  /** An edit list hides a part of the source: a copy became an encode for it, or keeps what decoding needs of it. */
  "hidden_media",
  /** The source's header is wrong about how long it is; what it holds was made. */
  "source_duration",
  /** A small part of the source is missing or could not be decoded; the rest was made. */
  "source_damage",
  /** Of several streams of the source another one was taken than by its marks and places, or two as one. */
  "stream_chosen",
  /** Captions in the source's pictures are left out, as they would not come out whole. */
  "captions_dropped",
] as const;

/** One of `WARNING_CODES`. */
export type WarningCode = (typeof WARNING_CODES)[number];

/** What a caller may not expect of a task that goes on all the same. `message` is one plain English sentence, free of secrets. */
export type Warning = { readonly code: WarningCode; readonly message: string };

/** So many of one task are kept: what is said about one stream is said about all like it. */
const WARNINGS_MAX = 32;

/** Warnings with others behind them, each once. */
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
