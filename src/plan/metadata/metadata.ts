import type { Chapter, FileMetadata, MediaInfo, Tags } from "../../probe/media.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { MetadataChoice } from "../../profile/fields/metadata.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import type { Warning } from "../../task/warnings.ts";
import type { PlannedOutput } from "../plan.ts";

/**
 * What an output says of itself: what is asked for and there of the source's tags and chapters, and the title of the task.
 *
 * @param title - of the task; it goes before the source's own
 * @returns undefined if it says nothing
 * @throws {TaskError} `output_not_supported` if the source's own container is kept, and cannot hold what is asked for
 */
export function metadataOf(
  choice: MetadataChoice | undefined,
  container: Written,
  media: MediaInfo,
  { title, clip }: { readonly title: string | undefined; readonly clip: Clip | undefined },
): FileMetadata | undefined {
  const { says = [] } = factsOf(container);
  if ((choice?.tags || choice?.location) && !says.includes("tags"))
    throw refused("tags", container);
  if (choice?.chapters && !says.includes("chapters")) throw refused("chapters", container);
  const { location, ...described } = media.tags ?? {};
  const tags: Tags = {
    ...(choice?.tags && described),
    ...(choice?.location && location !== undefined && { location }),
    ...(title !== undefined && says.includes("tags") && { title }),
  };
  const { chapters = [] } = media;
  const lastsSeconds = endOf(media);
  const kept = choice?.chapters ? within(chapters, lastsSeconds, clip) : [];
  if (kept.length === 0 && Object.keys(tags).length === 0) return undefined;
  const isBeyond = clip?.durationSeconds === undefined && chapters.some(isAfter(lastsSeconds));
  const endSeconds = lastsSeconds - (clip?.startSeconds ?? 0);
  return { tags, chapters: kept.length, ...(kept.length > 0 && isBeyond && { endSeconds }) };
}

const refused = (what: string, container: Written): TaskError =>
  new TaskError("output_not_supported", `Cannot keep ${what} in "${container}": it has none`);

/** When picture and sound end: an MP4 says that it lasts as long as its chapters. */
function endOf({ video, audio, durationSeconds = Number.POSITIVE_INFINITY }: MediaInfo): number {
  const ends = [video, audio].flatMap((stream) =>
    stream ? (stream.durationSeconds ?? durationSeconds) + (stream.startSeconds ?? 0) : [],
  );
  return Math.min(durationSeconds, Math.max(...ends));
}

const isAfter =
  (seconds: number) =>
  ({ endSeconds }: Chapter): boolean =>
    endSeconds > seconds;

/** The chapters that the source, or a part of it, has something of. */
function within(
  chapters: readonly Chapter[],
  lastsSeconds: number,
  clip: Clip | undefined,
): readonly Chapter[] {
  const from = clip?.startSeconds ?? 0;
  const to = Math.min(lastsSeconds, from + (clip?.durationSeconds ?? Number.POSITIVE_INFINITY));
  return chapters.filter(({ startSeconds, endSeconds }) => endSeconds > from && startSeconds < to);
}

/** Warns of outputs that cannot hold the title of the task. */
export function titleWarnings(
  products: readonly PlannedOutput[],
  title: string | undefined,
): readonly Warning[] {
  if (title === undefined) return [];
  const without = products.filter(({ container }) => !factsOf(container).says?.includes("tags"));
  return without.map(({ targets, container }) => ({
    code: "title_dropped",
    message: `The title is left out of ${targets.map((at) => `targets[${at}]`).join(", ")}: ${container} has none`,
  }));
}
