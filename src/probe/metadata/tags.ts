import * as v from "valibot";
import { type Chapter, TAG_NAMES, type Tags } from "../media.ts";

/** Longer texts are left out: they are no title. */
const TAG_CHARS_MAX = 1024;
/** The names under which files say where they were made. */
const LOCATION_NAMES = ["location", "com.apple.quicktime.location.ISO6709"];

const READ = [...TAG_NAMES, ...LOCATION_NAMES];
/** Matroska and Ogg have most names in capitals. */
const spelled = (name: string): readonly string[] => [name, name.toUpperCase()];

/** What ffprobe is asked for (`-show_entries`): of a file, and of a stream, as Ogg has all tags at its streams. */
export const TAG_ENTRIES = READ.flatMap(spelled).join(",");

/** Tags as ffprobe writes them: whatever is no short text is left out. */
export const tagsSchema = v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined);

type ToldTags = v.InferOutput<typeof tagsSchema>;

/** The tags of a file, from those of the file itself or else of its first stream that has some; undefined if there are none. */
export function tagsOf(all: readonly ToldTags[]): Tags | undefined {
  return all.map((tags) => readTags(tags ?? {})).find((tags) => Object.keys(tags).length > 0);
}

function readTags(told: Readonly<Record<string, unknown>>): Tags {
  const usable = (names: readonly string[]): string | undefined =>
    names
      .flatMap(spelled)
      .map((name) => told[name])
      .find((value): value is string => typeof value === "string" && isUsable(value));
  const entries = [
    ...TAG_NAMES.map((name) => [name, usable([name])] as const),
    ["location", usable(LOCATION_NAMES)] as const,
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** ffmpeg's arguments hold no NUL, and other control characters are no part of a title. */
const isUsable = (value: string): boolean =>
  value !== "" && value.length <= TAG_CHARS_MAX && !/\p{Cc}/u.test(value);

/** The entries of chapters that ffprobe is asked for. */
export const CHAPTER_ENTRIES = "chapter=start_time,end_time";

const seconds = v.pipe(v.string(), v.transform(Number), v.finite());
const chaptersSchema = v.object({
  chapters: v.array(v.object({ start_time: seconds, end_time: seconds })),
});

/** The chapters of a file, by ffprobe's JSON of it. */
export function chaptersOf(json: unknown): readonly Chapter[] {
  const parsed = v.safeParse(chaptersSchema, json);
  if (!parsed.success) return [];
  return parsed.output.chapters.map(({ start_time, end_time }) => ({
    startSeconds: start_time,
    endSeconds: end_time,
  }));
}
