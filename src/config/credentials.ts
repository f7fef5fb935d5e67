import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { errnoOf } from "../lib/errno-of.ts";
import type { Client } from "../store/store.ts";
import { clientsSchema } from "./clients.ts";
import { ConfigError } from "./config.ts";

const FILE = "credentials.json";
const OWNER_ONLY = 0o600;

/** The client of the first start, and the file that holds its keys. */
export type Credentials = {
  readonly client: Client;
  readonly path: string;
  readonly isNew: boolean;
};

/**
 * The client of a service that was configured with none: made with random keys at the first start, and kept in `credentials.json`
 * in the data folder, readable by its owner alone.
 *
 * @throws {ConfigError} if the file does not hold what was written there; the system's error if it can be neither read nor made
 */
export function firstClient(dataFolder: string): Credentials {
  const path = join(dataFolder, FILE);
  mkdirSync(dataFolder, { recursive: true });
  const isNew = writeNew(path, {
    client_code: "default",
    public_key: randomBytes(16).toString("hex"),
    private_key: randomBytes(32).toString("hex"),
  });
  const text = readFileSync(path, "utf8").trim();
  // Read only as JSON. `PONTUS_CLIENTS` may also be a path; here it may not.
  const read = v.safeParse(clientsSchema, /^[[{]/.test(text) ? text : "{");
  const client = read.success ? read.output[0] : undefined;
  if (!client)
    throw new ConfigError([
      `Cannot use ${JSON.stringify(path)}: it holds no client; remove it, and one with new keys is made`,
    ]);
  return { client, path, isNew };
}

/**
 * Durably writes a file that does not exist yet; another instance that starts at the same time may be first. The file is whole from
 * the moment it has its name: a crash leaves nothing that the next start could not use.
 */
function writeNew(path: string, content: object): boolean {
  if (existsSync(path)) return false;
  const part = `${path}.${randomBytes(8).toString("hex")}.part`;
  try {
    const options = { mode: OWNER_ONLY, flag: "wx", flush: true } as const;
    writeFileSync(part, `${JSON.stringify(content, undefined, 2)}\n`, options);
    // Unlike a rename, a link does not replace a file that is there.
    linkSync(part, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}
