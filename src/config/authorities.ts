import { rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
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

/**
 * Writes all trusted authorities into one file of the data folder: with a file of its own, ffmpeg trusts nobody else.
 *
 * @returns its absolute path; undefined if only the usual ones are trusted, which ffmpeg knows
 */
export async function writeAuthorities({
  moreTrusted,
  dataFolder,
}: Pick<Config, "moreTrusted" | "dataFolder">): Promise<string | undefined> {
  const trusted = await allTrusted(moreTrusted);
  if (!trusted) return undefined;
  const path = join(resolve(dataFolder), "authorities.pem");
  // Another instance's ffmpeg may read it right now.
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, `${trusted.join("\n")}\n`);
  await rename(part, path);
  return path;
}
