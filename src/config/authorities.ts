import type { Config } from "./config.ts";

/**
 * The PEM texts of all trusted authorities: the usual ones and those of `PONTUS_CA_FILE`.
 *
 * @returns undefined if only the usual ones are trusted
 */
export async function allTrusted(
  more: Config["moreTrusted"],
): Promise<readonly string[] | undefined> {
  if (more.length === 0) return undefined;
  // Loading this takes as long as opening the database, so it is loaded only if it is needed.
  const { rootCertificates } = await import("node:tls");
  return [...rootCertificates, ...more];
}
