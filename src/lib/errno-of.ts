/** The errno name of a foreign error, such as `ENOSPC`; undefined if it has none. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** Whether a foreign error says that a disk, or a quota of it, is full. */
export const isDiskFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT"].includes(errnoOf(error) ?? "");

/** What the host lacks, by the errno of a call that needed it. */
const LACKS: ReadonlyMap<string, string> = new Map([
  ["EMFILE", "has no file descriptors left"],
  ["ENFILE", "has no file descriptors left"],
  ["ENOMEM", "has no memory left"],
  ["EIO", "cannot read or write one of its disks"],
]);

/** What the host lacks, as an error or one of its causes says: `has no memory left`; undefined if none does. */
export function hostLackOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const lack = LACKS.get(errnoOf(cause) ?? "");
    if (lack !== undefined) return lack;
  }
  return undefined;
}
