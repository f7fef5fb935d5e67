/**
 * The last line of the playlist at a target while its set grows: a comment, which players pass over. By it is known what was left there by
 * a service that is gone.
 */
const MARK = "# pontus: grows";

/** Whether a playlist at a target is one of ours that was to grow further. */
export const isStillGrowing = (text: string): boolean => text.trimEnd().endsWith(MARK);

/** A playlist at a target, which says that its set grows. */
export const markedGrowing = (text: string): string => `${text}${MARK}\n`;
