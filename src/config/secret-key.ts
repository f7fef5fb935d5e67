import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../lib/errno-of.ts";
import { type Config, ConfigError } from "./config.ts";
import { writeNew } from "./own-files.ts";

const FILE = "secret.key";
const HEX = /^[0-9a-f]{64}$/i;
const BYTES = 32;

/** What an operator does about keys that cannot be decrypted any more. */
const WAY_OUT =
  "if it is lost, delete all rows of the table clients, and the next start writes them anew from PONTUS_CLIENTS or credentials.json";

/**
 * The key that clients' private keys are encrypted with: `PONTUS_SECRET_KEY`, else that of `secret.key` in the data folder, which is made
 * at the first start.
 *
 * @param isInUse - whether keys are encrypted already, so that a new one would be of no use
 * @throws {ConfigError} if it is needed and missing, or the file holds none; the system's error if it can be neither read nor made
 */
export function secretKey(
  { secretKey: given, dataFolder, databasePath, databaseUrl }: Config,
  isInUse: boolean,
): Uint8Array {
  if (given !== "") return Buffer.from(given, "hex");
  if (databasePath === ":memory:" && databaseUrl === undefined) return randomBytes(BYTES);
  const path = join(dataFolder, FILE);
  const found = readIfAny(path);
  if (found === undefined && isInUse)
    throw new ConfigError([
      `Cannot decrypt the private keys of clients: PONTUS_SECRET_KEY is not set, and ${JSON.stringify(path)} is missing; set the one, or put the other back; ${WAY_OUT}`,
    ]);
  if (found === undefined) writeNew(path, `${randomBytes(BYTES).toString("hex")}\n`);
  const text = (found ?? readFileSync(path, "utf8")).trim();
  if (HEX.test(text)) return Buffer.from(text, "hex");
  throw new ConfigError([
    `Cannot use ${JSON.stringify(path)}: it does not hold 64 hex digits; put the file back that was made at the first start; ${WAY_OUT}`,
  ]);
}

/** The error of a key that is not the one that was used before. */
export const wrongSecretKey = ({ secretKey: given, dataFolder }: Config): ConfigError => {
  const what = given === "" ? JSON.stringify(join(dataFolder, FILE)) : "PONTUS_SECRET_KEY";
  return new ConfigError([
    `Cannot decrypt the private keys of clients: ${what} is not the key that they were encrypted with; put that one back; ${WAY_OUT}`,
  ]);
};

function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
