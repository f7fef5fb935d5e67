import { rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Config } from "./config.ts";

/**
 * The PEM texts of all authorities that are trusted: the usual ones and those of `PONTUS_CA_FILE`.
 *
 * @returns nothing where only the usual ones are
 */
export async function allTrusted(
  more: Config["moreTrusted"],
): Promise<readonly string[] | undefined> {
  if (more.length === 0) return undefined;
  // To load it takes as long as to open the database: only where it is needed.
  const { rootCertificates } = await import("node:tls");
  return [...rootCertificates, ...more];
}

/**
 * Writes them all into one file of the data folder: ffmpeg, given a file, trusts nobody else.
 *
 * @returns its absolute path; nothing where only the usual ones are trusted, which ffmpeg knows
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
