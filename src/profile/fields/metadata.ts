import type { FieldError } from "../../task/errors.ts";
import { type Container, factsOf, isOfSource } from "../containers.ts";

/** What an output takes over of what its source says of itself. Where a source was made is told only if that is asked for. */
export type MetadataChoice = {
  /** Title, artist, album, date and the like. */
  readonly tags?: true;
  readonly location?: true;
  readonly chapters?: true;
};

/** The fields of a parameter group on what its file says of itself. */
export type MetadataQlty = {
  readonly keep_tags?: boolean | undefined;
  readonly keep_location?: boolean | undefined;
  readonly keep_chapters?: boolean | undefined;
  readonly faststart?: boolean | undefined;
};

/** What these fields ask of a rendition. */
export type MetadataWishes = {
  readonly metadata?: MetadataChoice;
  /** The index of its file stays at the end, where ffmpeg writes it: a player has to have all of it before it begins. */
  readonly isIndexLast?: true;
};

/** Whether a container holds such things; the source's own is known only with the source. */
const holdsTags = (container: Container): boolean =>
  isOfSource(container) || factsOf(container).says?.includes("tags") === true;
const holdsChapters = (container: Container): boolean =>
  isOfSource(container) || factsOf(container).says?.includes("chapters") === true;
const hasIndex = (container: Container): boolean =>
  isOfSource(container) || factsOf(container).wholeArgs !== undefined;

/** Reads the fields. @param faults - gets those that the container does not hold */
export function metadataWishes(
  { keep_tags, keep_location, keep_chapters, faststart }: MetadataQlty,
  container: Container,
  faults: FieldError[],
): MetadataWishes {
  const refuse = (path: string, message: string) =>
    faults.push({ path, message: `${message}, and ${container} has none` });
  if (keep_tags && !holdsTags(container)) refuse("keep_tags", "needs a container with tags");
  if (keep_location && !holdsTags(container))
    refuse("keep_location", "needs a container with tags");
  if (keep_chapters && !holdsChapters(container))
    refuse("keep_chapters", "needs a container with chapters");
  if (faststart !== undefined && !hasIndex(container))
    refuse("faststart", "is about an index that could be at the end");
  const metadata: MetadataChoice = {
    ...(keep_tags && { tags: true }),
    ...(keep_location && { location: true }),
    ...(keep_chapters && { chapters: true }),
  };
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(faststart === false && { isIndexLast: true }),
  };
}

/** The same fields, as answers have them. */
export const metadataFields = ({ metadata = {}, isIndexLast }: MetadataWishes): MetadataQlty => ({
  ...(metadata.tags && { keep_tags: true }),
  ...(metadata.location && { keep_location: true }),
  ...(metadata.chapters && { keep_chapters: true }),
  ...(isIndexLast && { faststart: false }),
});
