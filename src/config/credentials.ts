import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
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
 * The client of a service that was given none: made with random keys at the first start, and kept in `credentials.json`
 * of the data folder for its owner alone.
 *
 * @throws {ConfigError} when the file is not what was written there; the system's error when it can be neither read nor made
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
  // Read as JSON and never as a path, which clients may be elsewhere.
  const read = v.safeParse(clientsSchema, /^[[{]/.test(text) ? text : "{");
  const client = read.success ? read.output[0] : undefined;
  if (!client)
    throw new ConfigError([
      `Cannot use ${JSON.stringify(path)}: it holds no client; remove it, and one with new keys is made`,
    ]);
  return { client, path, isNew };
}

/**
 * Writes a file that is not there yet, durably; another instance that starts at the same time may win. Under its name it
 * is whole from the first moment on: a crash leaves nothing that the next start could not use.
 */
function writeNew(path: string, content: object): boolean {
  if (existsSync(path)) return false;
  const part = `${path}.${randomBytes(8).toString("hex")}.part`;
  try {
    const options = { mode: OWNER_ONLY, flag: "wx", flush: true } as const;
    writeFileSync(part, `${JSON.stringify(content, undefined, 2)}\n`, options);
    // Unlike a rename, a link replaces nothing.
    linkSync(part, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}
