/** The errno name of a foreign error, such as `ENOSPC`; undefined if it has none. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
