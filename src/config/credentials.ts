import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Client } from "../store/store.ts";
import { clientsSchema } from "./clients.ts";

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
 * @throws {Error} when the file can be neither read nor made, or is not what was written there
 */
export function firstClient(dataFolder: string): Credentials {
  const path = join(dataFolder, FILE);
  mkdirSync(dataFolder, { recursive: true });
  const isNew = writeNew(path, {
    client_code: "default",
    public_key: randomBytes(16).toString("hex"),
    private_key: randomBytes(32).toString("hex"),
  });
  const [client] = v.parse(clientsSchema, readFileSync(path, "utf8"));
  if (!client) throw new Error(`Cannot use ${path}: there is no client in it`);
  return { client, path, isNew };
}

/** Writes a file that is not there yet, durably; another instance that starts at the same time may win. */
function writeNew(path: string, content: object): boolean {
  let file: number;
  try {
    file = openSync(path, "wx", OWNER_ONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    writeSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return true;
}
